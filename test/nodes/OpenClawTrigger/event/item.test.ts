import { buildItem, simplifyEvent } from '../../../../nodes/OpenClawTrigger/event/item';
import { RefusalLog } from '../../../../nodes/shared/webhookExchange';

const ENVELOPE = {
	id: 'evt_1',
	type: 'message.sent',
	timestamp: '2026-03-14T10:30:00Z',
	instanceId: 'node-1',
};

const REQUEST = {
	headers: {
		'content-type': 'application/json',
		'x-openclaw-event': 'message.sent',
		'x-openclaw-signature': 'sha256=…',
		'webhook-signature': 'v1,…',
		authorization: 'Bearer x',
		'proxy-authorization': 'Basic x',
		cookie: 'a=b',
		'x-many': ['a', 'b'],
		'x-none': undefined,
	},
	bytes: Buffer.from('{"你":"好"}'),
	keyIndex: 1,
	timestamp: 1_700_000_000,
	verifiedAt: 1_700_000_001_500,
};

const PLAIN = { simplify: false, includeHeaders: false, includeRawBody: false };
const event = (data: Record<string, unknown>) => ({ ...ENVELOPE, data });

test('the item is the event and what is known about the request', () => {
	expect(buildItem({ ...event({ agentId: 'main' }), extra: 1 }, REQUEST, PLAIN).json).toEqual({
		...ENVELOPE,
		data: { agentId: 'main' },
		extra: 1,
		meta: {
			verifiedAt: '2023-11-14T22:13:21.500Z',
			signedAt: '2023-11-14T22:13:20.000Z',
			keyIndex: 1,
			unsigned: {},
		},
	});
});

test.each([
	['2', { attempt: 2 }],
	['1e9', {}],
	['-1', {}],
	['12345678', {}],
	['', {}],
])('the attempt %j of an unsigned header becomes %j', (attempt, unsigned) => {
	const headers = { 'x-openclaw-attempt': attempt };
	const { json } = buildItem(event({}), { ...REQUEST, headers }, PLAIN);
	expect(json.meta).toMatchObject({ unsigned });
});

test('headers come without what grants or proves something', () => {
	const { json } = buildItem(event({}), REQUEST, { ...PLAIN, includeHeaders: true });
	expect(json.headers).toEqual({
		'content-type': 'application/json',
		'x-openclaw-event': 'message.sent',
		'x-many': ['a', 'b'],
		'x-none': [],
	});
});

test('what is added to an event has a name of its own', () => {
	const all = { ...PLAIN, includeHeaders: true, includeRawBody: true };
	const { json } = buildItem({ ...event({}), headers: 'own', rawBody: 'own' }, REQUEST, all);
	expect(json).toMatchObject({ headers: 'own', rawBody: 'own', requestRawBody: '{"你":"好"}' });
	expect(json).toHaveProperty('requestHeaders.content-type');
});

test('a fetched event tells what the gateway says of it', () => {
	const arrival = { keyIndex: 0, timestamp: 1, verifiedAt: 2, delivery: 'dlv_1', attempt: 3 };
	expect(buildItem(event({}), arrival, PLAIN).json.meta).toEqual({
		verifiedAt: '1970-01-01T00:00:00.002Z',
		signedAt: '1970-01-01T00:00:01.000Z',
		keyIndex: 0,
		delivery: 'dlv_1',
		attempt: 3,
	});
});

test('the raw body is text', () => {
	const { json } = buildItem(event({}), REQUEST, { ...PLAIN, includeRawBody: true });
	expect(json.rawBody).toBe('{"你":"好"}');
});

test.each([
	[
		{
			agentId: 'main',
			message: { role: 'assistant', content: 'Hi', messageId: 'm1' },
			model: 'm',
			usage: { inputTokens: 1, outputTokens: 2 },
		},
		{
			agentId: 'main',
			role: 'assistant',
			text: 'Hi',
			messageId: 'm1',
			model: 'm',
			inputTokens: 1,
			outputTokens: 2,
		},
	],
	[
		{ tool: { name: 'read', callId: 'c', params: { a: 1 }, durationMs: 5, error: 'no', extra: 1 } },
		{
			toolName: 'read',
			toolCallId: 'c',
			toolParams: { a: 1 },
			durationMs: 5,
			toolError: 'no',
			extra: 1,
		},
	],
	[
		{ error: { message: 'late', code: 'timeout', source: 'model' } },
		{ errorMessage: 'late', errorCode: 'timeout', errorSource: 'model' },
	],
	[
		{ message: 'a text', error: null, tool: ['x'], toString: 1 },
		{ message: 'a text', error: null, tool: ['x'], toString: 1 },
	],
	[
		{ id: 'other', type: 'other', timestamp: 0 },
		{ dataId: 'other', dataType: 'other', dataTimestamp: 0 },
	],
	[
		{ agentId: 'main', text: 'own', tool: { agentId: 'of the tool', id: 't', name: 'read' } },
		{ agentId: 'main', text: 'own', toolAgentId: 'of the tool', toolId: 't', toolName: 'read' },
	],
	[
		{ text: 'own', message: { content: 'Hi', toString: 1 } },
		{ text: 'own', messageContent: 'Hi', toString: 1 },
	],
])('the simplified event of %j is flat', (data, expected) => {
	const { json } = buildItem(event(data), REQUEST, { ...PLAIN, simplify: true });
	expect(json).toEqual({ ...ENVELOPE, ...expected });
	expect(Object.keys(simplifyEvent(event(data))).slice(0, 4)).toEqual(Object.keys(ENVELOPE));
});

describe('the log of refusals', () => {
	test('has a line per second and kind, with the number of those withheld', () => {
		const log = new RefusalLog();
		expect(log.admit('a', 0)).toEqual({ write: true, withheld: 0 });
		expect(log.admit('a', 10)).toEqual({ write: false, withheld: 0 });
		expect(log.admit('b', 10)).toEqual({ write: true, withheld: 0 });
		expect(log.admit('a', 999)).toEqual({ write: false, withheld: 0 });
		expect(log.admit('a', 1_000)).toEqual({ write: true, withheld: 2 });
		expect(log.admit('a', 500)).toEqual({ write: true, withheld: 0 });
	});

	test('remembers a limited number of kinds', () => {
		const log = new RefusalLog();
		for (let kind = 0; kind <= 1_000; kind += 1) log.admit(String(kind), 0);
		expect(log.admit('0', 1)).toEqual({ write: true, withheld: 0 });
		expect(log.admit('1000', 1)).toEqual({ write: false, withheld: 0 });
	});
});
