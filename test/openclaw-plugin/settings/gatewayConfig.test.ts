import {
	followGatewaySettings,
	readGatewaySettings,
	reloadRules,
} from '../../../openclaw-plugin/src/settings/gatewayConfig';

it.each([
	[undefined, [{ id: 'main' }]],
	[{}, [{ id: 'main' }]],
	[{ agents: { entries: [] } }, [{ id: 'main' }]],
	[
		{ agents: { entries: { main: {}, ops: { identity: { name: 'Operations' } }, x: null } } },
		[{ id: 'main' }, { id: 'ops', name: 'Operations' }, { id: 'x' }],
	],
	[
		{ agents: { list: [{ id: 'a' }, { id: 'b', name: 'Bee' }, { name: 'none' }, 7] } },
		[{ id: 'a' }, { id: 'b', name: 'Bee' }],
	],
])('%j defines the agents %j', (config, agents) => {
	expect(readGatewaySettings(config).agents).toEqual(agents);
});

it.each([
	[{}, []],
	[{ channels: [] }, []],
	[{ channels: { telegram: {}, defaults: {}, slack: null, modelByChannel: {} } }, ['telegram']],
])('%j sets up the channels %j', (config, ids) => {
	expect(readGatewaySettings(config).channels.map(({ id }) => id)).toEqual(ids);
});

const CLOSED = {
	isEnabled: false,
	allowedAgentIds: undefined,
	mayNameSession: false,
	sessionKeyPrefixes: [],
};

it.each([
	[undefined, CLOSED],
	[{ enabled: 'true', token: { source: 'env', id: 'X' } }, CLOSED],
	[
		{ enabled: true, token: ' secret ' },
		{ ...CLOSED, isEnabled: true, token: 'secret' },
	],
	[{ token: ' ' }, CLOSED],
	[{ allowedAgentIds: [] }, { ...CLOSED, allowedAgentIds: [] }],
	[{ allowedAgentIds: [' Ops ', 7, ''] }, { ...CLOSED, allowedAgentIds: ['ops'] }],
	[{ allowedAgentIds: ['ops', '*'] }, CLOSED],
	[
		{ allowRequestSessionKey: true, allowedSessionKeyPrefixes: ['Hook:', ' '] },
		{ ...CLOSED, mayNameSession: true, sessionKeyPrefixes: ['hook:'] },
	],
])('hooks %j are read as %j', (hooks, read) => {
	expect(readGatewaySettings({ hooks }).hooks).toEqual(read);
});

it('follows the gateway, and stays the same object while nothing has changed', () => {
	let config: unknown = { hooks: { enabled: true, token: 'old' } };
	const gateway = followGatewaySettings(() => config);
	const before = gateway();
	expect(before.hooks.token).toBe('old');
	config = { hooks: { enabled: true, token: 'old' }, logging: {} };
	expect(gateway()).toBe(before);
	config = { hooks: { enabled: true, token: 'new' } };
	expect(gateway().hooks.token).toBe('new');
	config = { hooks: { enabled: false, token: 'new' } };
	expect(gateway().hooks.isEnabled).toBe(false);
});

it.each(['2026.9.2', '2026.9.6', '2026.10.1', '2027.1.1', '2026.9.4-beta.1'])(
	'OpenClaw %s restarts the service',
	(version) => {
		expect(reloadRules(version)?.hotPrefixes).toContain('plugins.entries.event-webhooks.config');
	},
);

it.each(['2026.9.1', '2026.8.2', '2025.12.3', 'unknown', '2026', undefined])(
	'OpenClaw %s replaces the plugin',
	(version) => {
		expect(reloadRules(version)).toBeUndefined();
	},
);

it('a gateway refuses to replace a plugin while an agent works, so that no setting may need it', () => {
	const { hotPrefixes = [], servicePrefixes = [] } = reloadRules('2026.9.6') ?? {};
	expect(servicePrefixes).toEqual(expect.arrayContaining([...hotPrefixes]));
});
