import { textAt } from '../../../testbed/json';
import { calls, CHAT, CHAT_SESSION } from './support/calls';
import { startEventHarness, type EventHarness } from './support/eventHarness';

let harness: EventHarness;

beforeEach(async () => {
	harness = await startEventHarness();
});

afterEach(() => {
	expect(harness.complaints).toEqual([]);
	harness.close();
});

it('tells of a call and of its end, with what the run is about', () => {
	harness.call(calls.modelInput('run-1'));
	harness.events.length = 0;
	harness.call(calls.toolCall({ url: 'https://example.org' }));
	harness.call(calls.toolResult({ durationMs: 12, result: { ok: true } }));

	const where = {
		agentId: 'main',
		sessionId: CHAT_SESSION,
		sessionKey: CHAT,
		channel: 'telegram',
		userId: '777',
		runId: 'run-1',
		trigger: 'user',
		conversation: { id: '777' },
	};
	const tool = { name: 'fetch', callId: 'call-1' };
	expect(harness.events).toEqual([
		{
			type: 'tool.called',
			data: { ...where, tool: { ...tool, params: { url: 'https://example.org' } } },
		},
		{
			type: 'tool.completed',
			data: { ...where, tool: { ...tool, params: {}, durationMs: 12, result: { ok: true } } },
		},
	]);
});

it('takes channel and sender from who asked for it', () => {
	const { event, context } = calls.toolCall({});
	const requester = { channel: 'slack', senderId: 'U1' };
	harness.call({ hook: 'before_tool_call', event, context: { ...context, requester } });

	expect(harness.events[0]?.data).toMatchObject({ channel: 'slack', userId: 'U1' });
});

it('replaces secrets of parameters and results, and nothing else', () => {
	const params = { url: 'https://example.org', headers: { Authorization: 'Bearer t' } };
	const result = { rows: [{ id: 1, apiKey: 'k-1' }], tokens: 12 };
	harness.call(calls.toolCall(params));
	harness.call(calls.toolResult({ params, result }));

	const redacted = { url: 'https://example.org', headers: { Authorization: '[redacted]' } };
	expect(harness.events.map(({ data }) => data.tool)).toMatchObject([
		{ params: redacted },
		{ params: redacted, result: { rows: [{ id: 1, apiKey: '[redacted]' }], tokens: 12 } },
	]);
	expect(params.headers.Authorization).toBe('Bearer t');
});

it('tells of a failure as an error too', () => {
	harness.call(calls.toolCall({}));
	harness.events.length = 0;
	harness.call(calls.toolResult({ error: 'File not found', params: { secret: 's' } }));

	expect(harness.events.map(({ type }) => type)).toEqual(['tool.completed', 'error.occurred']);
	expect(harness.events[0]?.data.tool).toMatchObject({ error: 'File not found' });
	expect(harness.events[1]?.data).toEqual({
		agentId: 'main',
		sessionId: CHAT_SESSION,
		sessionKey: CHAT,
		channel: 'telegram',
		runId: 'run-1',
		error: { message: 'File not found', source: 'tool' },
		tool: { name: 'fetch', callId: 'call-1' },
	});
});

it('tells of calls without ids', () => {
	harness.call({ hook: 'before_tool_call', event: {}, context: {} });

	expect(harness.events).toEqual([{ type: 'tool.called', data: { tool: { name: 'unknown' } } }]);
});

it('tells of a call that is made twice with the same id', () => {
	harness.call(calls.toolCall({}));
	harness.call(calls.toolCall({}));

	expect(harness.events).toHaveLength(2);
});

describe('a call that another plugin has stopped before this one was asked', () => {
	const details = { status: 'blocked', deniedReason: 'plugin-before-tool-call', reason: 'Never' };
	const result = { content: [{ type: 'text', text: 'Never' }], details };
	const blocked = { error: 'Never', durationMs: 100, params: { path: '/' }, result };

	it('is told with its beginning, and is no error', () => {
		harness.call(calls.toolResult(blocked));

		expect(harness.events.map(({ type, at }) => [type, at])).toEqual([
			['tool.called', harness.now() - 100],
			['tool.completed', undefined],
		]);
		expect(harness.events[0]?.data.tool).toMatchObject({ callId: 'call-1', params: { path: '/' } });
		expect(harness.events[1]?.data.tool).toMatchObject({
			blocked: { by: 'plugin', reason: 'Never' },
			result,
		});
		expect(harness.events[1]?.data.tool).not.toHaveProperty('error');
	});

	it('is told once when this one is asked all the same', () => {
		harness.call(calls.toolResult(blocked));
		harness.call(calls.toolCall({}));

		expect(harness.events.map(({ type }) => type)).toEqual(['tool.called', 'tool.completed']);
	});

	it('has been decided by the gateway itself where that says so', () => {
		harness.call(
			calls.toolResult({ result: { details: { status: 'blocked', deniedReason: 'tool-loop' } } }),
		);

		expect(harness.events[1]?.data.tool).toMatchObject({
			blocked: { by: 'gateway', reason: 'tool-loop' },
		});
	});
});

describe('a call out of the catalog', () => {
	const outer = { toolName: 'tool_call', toolCallId: 'call-1' };
	const inner = {
		toolName: 'create_ticket',
		toolCallId: 'tool_search_code:call-1:create_ticket:1',
	};
	const args = { title: 'Printer' };

	it('is one call, of the tool itself', () => {
		harness.call(calls.toolCall({ id: 'create_ticket', args }, outer));
		harness.call(calls.toolCall(args, inner));
		harness.call(calls.toolResult({ ...inner, params: args, error: 'No such printer' }));
		harness.call(calls.toolResult({ ...outer, error: 'No such printer' }));

		expect(harness.events.map(({ type, data }) => [type, textAt(data, 'tool', 'name')])).toEqual([
			['tool.called', 'create_ticket'],
			['tool.completed', 'create_ticket'],
			['error.occurred', 'create_ticket'],
		]);
	});

	it('is the call itself when there is no such tool', () => {
		harness.call(calls.toolCall({ id: 'none' }, outer));
		expect(harness.events).toEqual([]);
		harness.call(calls.toolResult({ ...outer, error: 'Unknown tool id' }));

		expect(harness.events.map(({ type, data }) => [type, textAt(data, 'tool', 'name')])).toEqual([
			['tool.called', 'tool_call'],
			['tool.completed', 'tool_call'],
			['error.occurred', 'tool_call'],
		]);
	});
});
