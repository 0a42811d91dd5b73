import { hostname } from 'node:os';
import {
	describeFault,
	readSettings,
	usableInbound,
	type ConfiguredEndpoint,
	type Settings,
} from '../../../openclaw-plugin/src/settings/settings';

const ENDPOINT = { name: 'sink', url: 'https://sink.example/', events: ['*'] };
const INBOUND = { endpoints: { alert: { agentId: 'alerts', template: '{{body.title}}' } } };
const OUTBOX = { retentionDays: 14, maxMegabytes: 1024, powerSafe: false };

type FaultyEndpoint = Extract<ConfiguredEndpoint, { kind: 'faulty' }>;

/** The endpoint beside a good one, which has to stay usable whatever is wrong with the other. */
function beside(other: unknown): FaultyEndpoint {
	const { endpoints, hasAllEndpoints } = readSettings({ endpoints: [other, ENDPOINT] });
	expect(endpoints[1]).toEqual({ kind: 'usable', position: 1, config: ENDPOINT });
	const [faulty] = endpoints;
	if (faulty?.kind !== 'faulty') throw new Error('The endpoint has no fault');
	expect(hasAllEndpoints).toBe(!faulty.name.startsWith('endpoints['));
	return faulty;
}

function faultOf(settings: Settings): string {
	const [fault, ...others] = settings.faults;
	expect(others).toEqual([]);
	return fault === undefined ? '' : describeFault(fault);
}

describe('settings without a fault', () => {
	it.each([undefined, {}])('are the defaults where the gateway has none: %j', (config) => {
		expect(readSettings(config)).toEqual({
			instanceId: hostname(),
			endpoints: [],
			hasAllEndpoints: true,
			inbound: {
				enabled: true,
				basePath: '/webhooks/inbound',
				endpoints: {},
				callbackOrigins: [],
				sessionKeys: [],
			},
			approvals: [],
			outbox: OUTBOX,
			faults: [],
		});
	});

	it('are what is written', () => {
		const settings = readSettings({
			instanceId: 'node-1',
			endpoints: [ENDPOINT, { name: 'n8n', kind: 'connection', events: ['*'], holdHours: 24 }],
			inbound: { ...INBOUND, sessionKeys: ['agent:alerts:webhook:'] },
			outbox: { retentionDays: 90 },
		});
		expect(settings).toMatchObject({
			instanceId: 'node-1',
			endpoints: [
				{ kind: 'usable', position: 0, config: ENDPOINT },
				{ kind: 'usable', position: 1, config: { kind: 'connection', holdHours: 24 } },
			],
			inbound: { sessionKeys: ['agent:alerts:webhook:'] },
			outbox: { ...OUTBOX, retentionDays: 90 },
			faults: [],
		});
		expect(usableInbound(settings.inbound)).toEqual(INBOUND.endpoints);
	});
});

describe('an endpoint with a fault', () => {
	it.each([
		['a misspelt key', { eventz: ['*'] }, "eventz' is not a known key. Did you mean 'events'?"],
		['a misspelt filter', { fitler: {} }, "fitler' is not a known key. Did you mean 'filter'?"],
		[
			'a key of something else',
			{ retry: { delay: 1 } },
			"retry.delay' is not a known key. Did you mean 'delaysMs'?",
		],
		[
			'a misspelt event',
			{ events: ['message.recieved'] },
			"events[0]' is not an event. Did you mean 'message.received'?",
		],
		[
			'a header that ends in a line break',
			{ headers: { 'X-Key': 'k\n' } },
			`headers["X-Key"]' ends in a line break`,
		],
		[
			'a template that is none',
			{ transform: { text: '{{#if}}' } },
			"transform.text' has a template",
		],
		['no filled in variable', { secret: '${SECRET}' }, "secret' needs SECRET, which is not set"],
		[
			'an unresolved filter',
			{ filter: { channels: ['${A}-${B}'] } },
			"filter.channels[0]' needs A and B, which is not set",
		],
		[
			'an unresolved reference',
			{ secret: { source: 'env', id: 'X' } },
			"secret' refers to 'X', which",
		],
	])('is the only one that it concerns: %s', (_, change, reason) => {
		const faulty = beside({ ...ENDPOINT, name: 'bad', ...change });
		expect(faulty).toMatchObject({ name: 'bad', position: 0, url: ENDPOINT.url });
		expect(faulty.reason).toContain(`'endpoints[0].${reason}`);
		expect(faultOf(readSettings({ endpoints: [{ ...ENDPOINT, ...change }] }))).toMatch(
			/Nothing is sent to 'sink' until this is mended\. Events for it are kept\. All else goes on$/,
		);
	});

	it.each([null, 7, 'https://sink.example/', [], { url: 'x' }, { name: 7 }, { name: ' ' }])(
		'has its place for a name where it has none: %j',
		(written) => {
			expect(beside(written)).toMatchObject({
				name: 'endpoints[0]',
				subscription: { events: ['*'] },
			});
		},
	);

	it('is the later one of two of the same name', () => {
		const { endpoints, faults, hasAllEndpoints } = readSettings({
			endpoints: [ENDPOINT, { ...ENDPOINT, events: ['message.sent'] }],
		});
		expect(endpoints).toMatchObject([
			{ kind: 'usable' },
			{ kind: 'faulty', name: 'endpoints[1]', subscription: { events: ['message.sent'] } },
		]);
		expect(faults).toMatchObject([{ path: 'endpoints[1].name' }]);
		expect(hasAllEndpoints).toBe(true);
	});

	it.each([
		[
			{ events: ['message.recieved', 'tool.called'] },
			{ events: ['message.received', 'tool.called'] },
		],
		[{ events: 'message.sent' }, { events: ['message.sent'] }],
		[{ events: undefined, event: ['tool.called'] }, { events: ['tool.called'] }],
		[{ events: ['x'] }, { events: ['*'] }],
		[{ events: [7] }, { events: ['*'] }],
		[{ events: undefined }, { events: ['*'] }],
		[{ enabled: false }, { events: [] }],
		[{ enable: false }, { events: [] }],
		[
			{ filter: { agentIds: ['a'], channels: 'telegram', userIds: [1] } },
			{ events: ['*'], filter: { agentIds: ['a'] } },
		],
		[{ filter: { agentId: ['a'] } }, { events: ['*'] }],
	])('keeps what it seems to want: %j', (change, subscription) => {
		const faulty = beside({ ...ENDPOINT, name: 'bad', retry: 1, ...change });
		expect(faulty.subscription).toEqual(subscription);
	});

	it('is none where somebody else fills the references in', () => {
		const written = { ...ENDPOINT, url: '${URL}', secret: { source: 'env', id: 'X' } };
		const { endpoints, faults } = readSettings({ endpoints: [written] }, undefined, false);
		expect(endpoints).toEqual([{ kind: 'usable', position: 0, config: written }]);
		expect(faults).toEqual([]);
	});

	it('that is switched off keeps nothing, and says so', () => {
		const settings = readSettings({ endpoints: [{ ...ENDPOINT, enabled: false, retry: 1 }] });
		expect(faultOf(settings)).toContain('mended. All else goes on');
	});

	it.each([
		[{ endpoints: { sink: ENDPOINT } }, "'endpoints' must be a list"],
		[{ endpoints: null }, "'endpoints' must be a list"],
		['text', 'The configuration must be an object'],
		[[], 'The configuration must be an object'],
	])('may be any of them: %j', (config, message) => {
		const settings = readSettings(config);
		expect(settings).toMatchObject({ endpoints: [], hasAllEndpoints: false });
		expect(faultOf(settings)).toContain(`${message}. Nothing is sent to the endpoints`);
	});
});

describe('other faults', () => {
	it('at the root stop nothing', () => {
		const settings = readSettings({ endpoints: [ENDPOINT], inbound: INBOUND, outbx: {} });
		expect(settings.endpoints).toMatchObject([{ kind: 'usable' }]);
		expect(usableInbound(settings.inbound)).toEqual(INBOUND.endpoints);
		expect(faultOf(settings)).toBe(
			"'outbx' is not a known key. Did you mean 'outbox'? It is passed over. All else goes on",
		);
	});

	it('in an instance id leave the name of the host', () => {
		const settings = readSettings({ instanceId: 7 });
		expect(settings.instanceId).toBe(hostname());
		expect(faultOf(settings)).toContain(`Events name '${hostname()}' instead`);
	});

	it.each([
		[{ retentionDays: '90' }, OUTBOX, 'retentionDays'],
		[{ retentionDays: '90' }, { ...OUTBOX, retentionDays: 90 }, 'retentionDays'],
		[{ maxMegabytes: 0, retentionDays: 30 }, { ...OUTBOX, maxMegabytes: 9 }, 'maxMegabytes'],
	])('in the outbox leave the last good value: %j', (outbox, lastGood, key) => {
		const settings = readSettings({ outbox }, lastGood);
		expect(settings.outbox).toEqual({
			...lastGood,
			...outbox,
			[key]: lastGood[key as 'retentionDays'],
		});
		expect(faultOf(settings)).toContain(
			`'outbox.${key}' stays ${String(lastGood[key as 'retentionDays'])}. All else goes on`,
		);
	});

	it('in the whole outbox leave all of its last good values', () => {
		const lastGood = { retentionDays: 90, maxMegabytes: 9, powerSafe: true };
		for (const config of [{ outbox: [] }, 7]) {
			expect(readSettings(config, lastGood).outbox).toEqual(lastGood);
		}
		expect(faultOf(readSettings({ outbox: 'x' }, lastGood))).toContain(
			"'outbox.retentionDays' stays 90, 'outbox.maxMegabytes' stays 9, 'outbox.powerSafe' stays true",
		);
	});

	it('forget a last good value when the key is gone', () => {
		const lastGood = { retentionDays: 90, maxMegabytes: 9, powerSafe: true };
		expect(readSettings({}, lastGood).outbox).toEqual(OUTBOX);
		expect(readSettings({ outbox: { powerSave: true } }, lastGood).outbox).toEqual(OUTBOX);
	});
});

describe('faults of inbound', () => {
	it('in one endpoint leave the others', () => {
		const settings = readSettings({
			inbound: {
				basePath: '/in',
				endpoints: { ...INBOUND.endpoints, bad: { agentID: 'x', template: 'y' }, 'a/b': {} },
			},
		});
		expect(usableInbound(settings.inbound)).toEqual(INBOUND.endpoints);
		expect(settings.inbound.endpoints).toMatchObject({
			alert: { kind: 'usable' },
			bad: { kind: 'faulty', reason: expect.stringContaining("Did you mean 'agentId'?") as string },
			'a/b': { kind: 'faulty' },
		});
		expect(settings.faults.map(({ path }) => path)).toEqual([
			'inbound.endpoints.bad.agentID',
			'inbound.endpoints.bad.agentId',
			'inbound.endpoints["a/b"]',
		]);
		expect(settings.faults[0]?.consequence).toBe(
			"Calls of '/in/bad' are refused until this is mended. All else goes on",
		);
	});

	it('elsewhere leave its path, so that it still is where callers look', () => {
		const { inbound } = readSettings({
			inbound: { ...INBOUND, basePath: '/in', callbackOrigin: [] },
			endpoints: 7,
		});
		expect(inbound).toMatchObject({ enabled: true, basePath: '/in' });
		expect(usableInbound(inbound)).toEqual(INBOUND.endpoints);
	});

	it.each([
		[{ enabled: 'no' }, false, 'No call is let in'],
		[{ enable: false }, false, 'No call is let in'],
		[[], false, 'No call is let in'],
		[{ enable: true }, true, 'It is passed over'],
		[{ basePath: 'in' }, true, "Calls are taken under '/webhooks/inbound' instead"],
		[{ endpoints: [] }, true, 'It is passed over'],
		[{ callbackOrigins: ['https://a.example', 'b'] }, true, 'It allows no callback'],
		[{ sessionKeys: ['agent:a:', 7] }, true, 'It allows no session'],
	])('are on the safe side: %j', (inbound, enabled, consequence) => {
		const settings = readSettings({ inbound });
		expect(settings.inbound.enabled).toBe(enabled);
		expect(faultOf(settings)).toContain(consequence);
	});

	it('in lists leave what is right in them', () => {
		const { inbound } = readSettings({
			inbound: { callbackOrigins: ['https://a.example', 'b'], sessionKeys: ['agent:a:', 7] },
		});
		expect(inbound).toMatchObject({
			callbackOrigins: ['https://a.example'],
			sessionKeys: ['agent:a:'],
		});
	});
});

describe('approvals', () => {
	const RULE = { name: 'payments', tools: ['pay_*'] };
	const rulesOf = (approvals: unknown) => readSettings({ approvals }).approvals;

	it('are rules, each usable or not', () => {
		expect(rulesOf([RULE, { name: 'broken', tools: ['exec'], timeoutSeconds: 1 }])).toEqual([
			{ kind: 'usable', ...RULE, timeoutSeconds: 300 },
			{ kind: 'faulty', name: 'broken', tools: ['exec'], agentIds: undefined },
		]);
	});

	it.each([
		[
			[{ ...RULE, agentIds: ['finance'], timeoutSeconds: 1 }],
			"'approvals[0].timeoutSeconds' must be a whole number from 5 to 600. Calls by finance of pay_* are denied until this is mended. All else goes on",
		],
		[
			[{ name: 'payments', tools: 7 }],
			"'approvals[0].tools' must be a list. Every tool call is denied until this is mended. All else goes on",
		],
		[
			RULE,
			"'approvals' must be a list. Calls of pay_* are denied until this is mended. All else goes on",
		],
	])('say what a fault denies: %j', (approvals, text) => {
		expect(faultOf(readSettings({ approvals }))).toBe(text);
	});

	it('stop what was meant where the key is misspelt', () => {
		const settings = readSettings({ aprovals: [RULE] });
		expect(settings.approvals).toMatchObject([{ kind: 'faulty', tools: ['pay_*'] }]);
		expect(faultOf(settings)).toBe(
			"'aprovals' is not a known key. Did you mean 'approvals'? Calls of pay_* are denied until this is mended. All else goes on",
		);
	});

	it.each([
		[{ ...RULE, tools: ['${TOOL}'] }, undefined],
		[{ ...RULE, agentIds: ['${AGENT}'] }, ['pay_*']],
	])('let nothing pass for want of a variable: %j', (rule, tools) => {
		expect(rulesOf([rule])).toMatchObject([{ kind: 'faulty', tools, agentIds: undefined }]);
		expect(readSettings({ approvals: [rule] }, undefined, false).approvals).toMatchObject([
			{ kind: 'usable' },
		]);
	});
});
