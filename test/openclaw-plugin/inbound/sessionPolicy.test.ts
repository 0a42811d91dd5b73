import { chooseSession } from '../../../openclaw-plugin/src/inbound/sessionPolicy';
import type { SessionRules } from '../../../openclaw-plugin/src/inbound/sessionPolicy';

const OWN = 'agent:support-bot:webhook:ticket-update';

/** Of a sender's token, in whose favor nothing is set. */
const SENDER: SessionRules = {
	agentId: 'support-bot',
	own: OWN,
	others: ['agent:support-bot:webhook:ticket', `${OWN}:vip`],
	caller: { id: '4mzq0c7k2v', scopes: ['inbound'] },
	prefixes: [],
	hooks: { mayNameSession: true, sessionKeyPrefixes: [] },
	isThere: () => undefined,
};
const WITH_SCOPE: SessionRules = {
	...SENDER,
	caller: { id: '4mzq0c7k2v', scopes: ['inbound', 'sessions'] },
};
const GATEWAY: SessionRules = {
	...SENDER,
	caller: { id: 'hooks', scopes: ['inbound', 'agents'] },
	hooks: { mayNameSession: false, sessionKeyPrefixes: [] },
};

function choose(asked: string | undefined, rules: SessionRules, deliver = false): string {
	const chosen = chooseSession(asked, deliver, rules);
	return chosen.ok ? chosen.value : chosen.refusal.code;
}

describe.each([
	['a token for inbound endpoints', SENDER],
	['a token with the scope sessions', WITH_SCOPE],
	['the hook token', GATEWAY],
])('%s', (_, rules) => {
	it.each([
		[undefined, OWN],
		[OWN, OWN],
		[`${OWN}:1042`, `${OWN}:1042`],
		['webhook:ticket-update:工单:7', `${OWN}:工单:7`],
		['Agent:Support-Bot:Webhook:Ticket-Update:x', 'Agent:Support-Bot:Webhook:Ticket-Update:x'],
	])('may write into %s', (asked, key) => {
		expect(choose(asked, rules)).toBe(key);
	});

	it.each([
		'agent:main:main',
		'agent:support-bot2:main',
		'AGENT:MAIN:x',
		'agent:support-bot:',
		'agent:support-bot::1042',
		':1042',
		'agent:support-bot',
		'agent:',
		'two words',
		'line\u0007',
		'x'.repeat(257),
	])('may not write into %j, which is none of the agent', (asked) => {
		expect(choose(asked, rules)).toBe('invalid-session-key');
	});
});

const OTHERS = [
	'agent:support-bot:telegram:direct:777',
	'agent:support-bot:main',
	'agent:support-bot:webhook',
	'agent:support-bot:webhook:ticket',
	'agent:support-bot:webhook:ticket-updates',
	// Looks as if it were below the own one, and is that of another endpoint.
	`${OWN}:vip`,
	`${OWN}:vip:7`,
	'telegram:direct:777',
];

describe('sessions of others', () => {
	it.each(OTHERS)('%s is not for a token for inbound endpoints', (asked) => {
		expect(choose(asked, SENDER)).toBe('session-not-allowed');
		expect(choose(asked, SENDER, true)).toBe('session-not-allowed');
	});

	it.each(OTHERS)('%s is for one with the scope sessions', (asked) => {
		expect(choose(asked, WITH_SCOPE, true)).toMatch(/^agent:support-bot:/);
	});

	it.each([
		['agent:support-bot:telegram:', true],
		['Agent:Support-Bot:Telegram:', true],
		['telegram:direct:', true],
		['agent:support-bot:telegram:direct:778', false],
		['agent:main:', false],
		['direct:', false],
	])('are open to everybody below %s: %j', (prefix, isOpen) => {
		for (const asked of ['agent:support-bot:telegram:direct:777', 'telegram:direct:777']) {
			const key = choose(asked, { ...SENDER, prefixes: [prefix] }, true);
			expect(key !== 'session-not-allowed').toBe(isOpen);
		}
	});
});

it('delivers replies for tokens with the scope sessions, and where the owner allows it', () => {
	expect(choose(undefined, SENDER, true)).toBe('deliver-not-allowed');
	expect(choose(undefined, WITH_SCOPE, true)).toBe(OWN);
	expect(choose(undefined, { ...SENDER, prefixes: ['webhook:'] }, true)).toBe(OWN);
	expect(choose(undefined, GATEWAY, true)).toBe(OWN);
});

describe("the gateway's own rules, for its token", () => {
	const asked = 'agent:support-bot:main';

	it.each([
		[{ mayNameSession: false, sessionKeyPrefixes: [] }, asked, false],
		[{ mayNameSession: false, sessionKeyPrefixes: ['agent:'] }, asked, false],
		[{ mayNameSession: true, sessionKeyPrefixes: [] }, asked, true],
		[{ mayNameSession: true, sessionKeyPrefixes: ['hook:'] }, asked, false],
		[{ mayNameSession: true, sessionKeyPrefixes: ['hook:'] }, 'Hook:7', true],
		[{ mayNameSession: true, sessionKeyPrefixes: ['agent:support-bot:'] }, asked, true],
	])('%j open %s: %j', (hooks, key, isOpen) => {
		expect(choose(key, { ...GATEWAY, hooks }) !== 'session-not-allowed').toBe(isOpen);
	});
});

it('says how to go on', () => {
	const refusal = (rules: SessionRules) => {
		const chosen = chooseSession('agent:support-bot:main', false, rules);
		return chosen.ok ? '' : chosen.refusal.message;
	};
	expect(refusal(SENDER)).toContain("the scope 'sessions'");
	expect(refusal(SENDER)).toContain("'inbound.sessionKeys'");
	expect(refusal(GATEWAY)).toContain("'hooks.allowRequestSessionKey'");
});

it('delivers nothing to a conversation that is not there, and tells nobody who may not know', () => {
	const asked: string[] = [];
	const isThere = (key: string) => {
		asked.push(key);
		return key.endsWith(':main');
	};
	const key = 'agent:support-bot:gone';
	expect(choose(key, { ...SENDER, isThere }, true)).toBe('session-not-allowed');
	expect(asked).toEqual([]);
	expect(choose(key, { ...WITH_SCOPE, isThere }, true)).toBe('no-conversation');
	expect(choose('main', { ...WITH_SCOPE, isThere }, true)).toBe('agent:support-bot:main');
	// A message makes the session that it names.
	expect(choose(key, { ...WITH_SCOPE, isThere })).toBe(key);
	expect(choose(key, WITH_SCOPE, true)).toBe(key);
});
