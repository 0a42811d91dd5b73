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

it('replaces secrets of the parameters in both events, and nothing else', () => {
	const params = { url: 'https://example.org', headers: { Authorization: 'Bearer t' } };
	harness.call(calls.toolCall(params));
	harness.call(calls.toolResult({ params, result: { token: 'kept as it is' } }));

	const redacted = { url: 'https://example.org', headers: { Authorization: '[redacted]' } };
	expect(harness.events.map(({ data }) => data.tool)).toMatchObject([
		{ params: redacted },
		{ params: redacted, result: { token: 'kept as it is' } },
	]);
	expect(params.headers.Authorization).toBe('Bearer t');
});

it('tells of a failure as an error too', () => {
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
