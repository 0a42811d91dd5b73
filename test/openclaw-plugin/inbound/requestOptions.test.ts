import { readRequestOptions } from '../../../openclaw-plugin/src/inbound/requestOptions';

const OWN = 'agent:support-bot:webhook:ticket-update';
const RULES = {
	session: {
		agentId: 'support-bot',
		own: OWN,
		others: [],
		caller: { id: 'n8n', scopes: ['inbound', 'sessions'] as const },
		prefixes: [],
		hooks: { mayNameSession: false, sessionKeyPrefixes: [] },
		isThere: () => undefined,
	},
	callbacks: {
		origins: ['https://n8n.example', 'http://127.0.0.1:5678'],
		isAnyAllowed: false,
		findSigner: () => 'n8n',
		findReceiver: () => undefined,
	},
};

function read(headers: Record<string, string>, query = '') {
	return readRequestOptions(headers, new URLSearchParams(query), RULES);
}

function refused(headers: Record<string, string>, query = ''): string {
	const result = read(headers, query);
	return result.ok ? 'taken' : result.refusal.code;
}

it('asks for nothing by itself', () => {
	expect(read({})).toEqual({
		ok: true,
		value: { waitSeconds: 0, deliver: false, sessionKey: OWN, origin: { hops: 1 } },
	});
});

describe('where a message comes from', () => {
	const SOURCE = 'n8n:1f3a5c7e:xk2LmWQ0';

	it.each([
		['0', 1],
		['1', 2],
		['7', 8],
	])('after %s runs it is the one with number %i', (before, hops) => {
		const headers = { 'x-openclaw-source': SOURCE, 'x-openclaw-hops': before };
		expect(read(headers)).toMatchObject({ ok: true, value: { origin: { source: SOURCE, hops } } });
	});

	it.each(['8', '9', '123456789'])('after %s runs it goes round in a circle', (before) => {
		const headers = { 'x-openclaw-source': SOURCE, 'x-openclaw-hops': before };
		expect(read(headers)).toMatchObject({
			ok: false,
			refusal: {
				status: 508,
				code: 'loop-detected',
				message: expect.stringContaining(SOURCE) as string,
			},
		});
	});

	it.each(['', '-1', '1.5', 'eight', '1234567890'].map((hops) => [hops]))(
		'%j are no hops, but for none at all',
		(hops) => {
			expect(refused({ 'x-openclaw-hops': hops })).toBe(hops === '' ? 'taken' : 'invalid-hops');
		},
	);

	it.each(['x'.repeat(201), 'zwei\u0000', '工作流'])('%j is no source', (source) => {
		expect(refused({ 'x-openclaw-source': source })).toBe('invalid-source');
	});
});

it.each([
	['', {}, 0],
	['wait=true', {}, 60],
	['wait=false', {}, 0],
	['wait=0', {}, 0],
	['wait=300', {}, 300],
	['', { prefer: 'wait=45' }, 45],
	['', { prefer: 'respond-async, wait=10' }, 10],
	['', { prefer: 'wait=100000' }, 300],
	['wait=5', { prefer: 'wait=9' }, 9],
	['', { prefer: 'return=minimal' }, 0],
])('%j and %j wait %i seconds', (query, headers, seconds) => {
	expect(read(headers, query)).toMatchObject({ ok: true, value: { waitSeconds: seconds } });
});

it.each(['wait=301', 'wait=-1', 'wait=1.5', 'wait=yes', 'wait=1e2'])('refuses %s', (query) => {
	expect(refused({}, query)).toBe('invalid-wait');
});

it.each([
	['agent:support-bot:main', 'agent:support-bot:main'],
	['ticket-1042', 'agent:support-bot:ticket-1042'],
])('the session %s is %s', (given, sessionKey) => {
	const headers = { 'x-openclaw-session-key': given };
	expect(read(headers)).toMatchObject({ ok: true, value: { sessionKey } });
	expect(read({}, `sessionKey=${given}`)).toMatchObject({ value: { sessionKey } });
});

it('takes what a header cannot carry from the query alone', () => {
	const query = new URLSearchParams({ sessionKey: '工单:1042' }).toString();
	expect(read({}, query)).toMatchObject({ value: { sessionKey: 'agent:support-bot:工单:1042' } });
	// What arrives when a client writes it into a header anyway.
	const mangled = Buffer.from('工单:1042').toString('latin1');
	expect(refused({ 'x-openclaw-session-key': mangled })).toBe('invalid-session-key');
});

it.each(['https://n8n.example/webhook-waiting/1', 'http://127.0.0.1:5678/x?y=1'])(
	'calls back to %s',
	(callbackUrl) => {
		expect(read({ 'x-openclaw-callback-url': callbackUrl })).toMatchObject({
			value: { callback: { url: callbackUrl, endpoint: 'n8n' } },
		});
	},
);

it.each([
	'https://n8n.example.evil.example/',
	'http://n8n.example/',
	'https://n8n.example:8443/',
	'https://user:pass@n8n.example/',
	'https://n8n.example@evil.example/',
	'//n8n.example/x',
	'javascript:alert(1)',
	'file:///etc/passwd',
	'n8n.example',
	`https://n8n.example/${'x'.repeat(2048)}`,
])('does not call back to %s', (callbackUrl) => {
	expect(refused({ 'x-openclaw-callback-url': callbackUrl })).toBe('callback-not-allowed');
});

it('delivers when asked to in plain words', () => {
	expect(read({ 'x-openclaw-deliver': 'true' })).toMatchObject({ value: { deliver: true } });
	expect(read({}, 'deliver=true')).toMatchObject({ value: { deliver: true } });
	expect(refused({}, 'deliver=1')).toBe('invalid-deliver');
});
