import { calls, CHAT, CHAT_RUN, CHAT_SESSION, SCHEDULED_RUN } from './support/calls';
import { startEventHarness, type EventHarness } from './support/eventHarness';

/** Longer than a channel has to report. */
const LONG_MS = 60_000;
const YEAR_MS = 31_536_000_000;

let harness: EventHarness;

beforeEach(async () => {
	harness = await startEventHarness({
		findSession: (sessionKey) =>
			sessionKey === CHAT ? { sessionId: CHAT_SESSION, chatType: 'direct' } : undefined,
	});
});

afterEach(() => {
	expect(harness.complaints).toEqual([]);
	harness.close();
});

const sent = () => harness.events.filter(({ type }) => type === 'message.sent');
const errors = () => harness.events.filter(({ type }) => type === 'error.occurred');
const call = (...all: Array<Parameters<EventHarness['call']>[0]>) => {
	for (const one of all) harness.call(one);
};
const turn = (runId: string, text: string) => [
	calls.modelInput(runId),
	calls.modelOutput(runId, text),
	calls.runEnd(runId, { terminalReply: { disposition: 'visible', text } }),
];

describe('message.received', () => {
	it('names agent, session, channel, user and message', () => {
		call(calls.received('Hello'));

		expect(harness.events.at(-1)).toEqual({
			type: 'message.received',
			data: {
				agentId: 'main',
				sessionId: CHAT_SESSION,
				sessionKey: CHAT,
				channel: 'telegram',
				userId: '777',
				sender: { id: '777' },
				conversation: { id: '777', type: 'direct' },
				message: { role: 'user', content: 'Hello', messageId: '1' },
			},
		});
	});

	it('takes ids that are numbers, and leaves out what is unknown', () => {
		call({
			hook: 'message_received',
			event: { content: 'Hello', messageId: 5, senderId: 6, sessionKey: '' },
			context: { channelId: 'matrix' },
		});

		expect(harness.events).toEqual([
			{
				type: 'message.received',
				data: {
					channel: 'matrix',
					userId: '6',
					sender: { id: '6' },
					message: { role: 'user', content: 'Hello', messageId: '5' },
				},
			},
		]);
	});

	it('is told although it has no text', () => {
		call(calls.received('', { content: undefined }));

		expect(harness.events.at(-1)?.data.message).toEqual({
			role: 'user',
			content: '',
			messageId: '1',
		});
	});
});

describe('message.sent', () => {
	it('has model and tokens of the run whose reply was delivered', () => {
		call(...turn('run-1', 'Hi'), calls.sent('Hi'));

		expect(sent()).toEqual([
			{
				type: 'message.sent',
				data: {
					agentId: 'main',
					sessionId: CHAT_SESSION,
					sessionKey: CHAT,
					channel: 'telegram',
					userId: '777',
					runId: 'run-1',
					trigger: 'user',
					conversation: { id: '777' },
					message: { role: 'assistant', content: 'Hi', messageId: '2' },
					model: 'model-1',
					usage: { inputTokens: 10, outputTokens: 5 },
				},
			},
		]);
	});

	it.each([YEAR_MS, -YEAR_MS])('has them when the clock was set by %i ms meanwhile', (ms) => {
		call(...turn('run-1', 'Hi'));
		harness.setClock(ms);
		call(calls.sent('Hi'));

		expect(sent()).toMatchObject([{ data: { runId: 'run-1', model: 'model-1' } }]);
	});

	it('has no model or tokens when the same text of two runs is under way', () => {
		call(...turn('run-1', 'Done'), ...turn('run-2', 'Done'));
		call(calls.sent('Done'), calls.sent('Done', { messageId: '3' }));

		expect(sent()).toHaveLength(2);
		for (const { data } of sent()) {
			expect(data).not.toHaveProperty('model');
			expect(data).not.toHaveProperty('usage');
			expect(data).not.toHaveProperty('runId');
			expect(data).toMatchObject({ agentId: 'main', sessionId: CHAT_SESSION, channel: 'telegram' });
		}
	});

	it('is certain again when the report names the run', () => {
		call(...turn('run-1', 'Done'), ...turn('run-2', 'Done'));
		call(calls.sent('Done', { runId: 'run-2' }), calls.sent('Done', { runId: 'run-1' }));

		expect(sent().map(({ data }) => [data.runId, data.model])).toEqual([
			['run-2', 'model-1'],
			['run-1', 'model-1'],
		]);
	});

	it('is certain for the next reply with the same text', () => {
		call(...turn('run-1', 'OK'), calls.sent('OK'), ...turn('run-2', 'OK'), calls.sent('OK'));

		expect(sent().map(({ data }) => data.runId)).toEqual(['run-1', 'run-2']);
	});

	it('is not joined with a reply of another session', () => {
		const other = 'agent:main:telegram:direct:888';
		call(...turn('run-1', 'Hi'), {
			...calls.sent('Hi', { sessionKey: other, to: 'telegram:888' }),
			context: { channelId: 'telegram', sessionKey: other },
		});

		expect(sent()[0]?.data).not.toHaveProperty('runId');
	});

	it('counts the tokens of a run once, however many messages it sends', () => {
		call(calls.modelInput('run-1'));
		call(calls.modelOutput('run-1', 'Two', {}, { assistantTexts: ['One', 'Two'] }));
		call(calls.runEnd('run-1'), calls.sent('One'), calls.sent('Two'));

		expect(sent().map(({ data }) => data.model)).toEqual(['model-1', 'model-1']);
		expect(sent().map(({ data }) => data.usage)).toEqual([
			{ inputTokens: 10, outputTokens: 5 },
			undefined,
		]);
	});

	it('has no model when the gateway wrote it', () => {
		call(calls.received('Hello'), ...turn('run-1', 'Hi'));
		call(calls.sent('LLM request failed'), calls.sent('New', { runId: 'run-1' }));

		expect(sent().map(({ data }) => data.model)).toEqual([undefined, undefined]);
		expect(sent().map(({ data }) => data.userId)).toEqual(['777', '777']);
	});

	it('is joined although the report names the chat only, as that of a live preview does', () => {
		const preview = { channelId: 'telegram', accountId: 'default', conversationId: '777' };
		call(calls.received('Hello'), ...turn('run-1', 'Hi'), {
			...calls.sent('Hi', { to: '777', sessionKey: undefined }),
			context: preview,
		});

		expect(sent()).toMatchObject([
			{ data: { sessionKey: CHAT, sessionId: CHAT_SESSION, runId: 'run-1', model: 'model-1' } },
		]);
		expect(sent()[0]?.data.conversation).toEqual({ id: '777', type: 'direct' });
	});

	it('is of a topic where the chat has several, by its run only', () => {
		const topic = (id: string) => ({
			...calls.received('Hello', {
				sessionKey: `agent:main:telegram:group:-100:topic:${id}`,
				threadId: Number(id),
			}),
			context: { channelId: 'telegram', conversationId: `telegram:-100:topic:${id}` },
		});
		const sessionKey = 'agent:main:telegram:group:-100:topic:11';
		const run = { sessionKey, sessionId: 's-11', channelId: '-100:topic:11', chatId: '-100' };
		const preview = { channelId: 'telegram', conversationId: '-100' };
		call(topic('11'), topic('12'), calls.modelInput('run-1', run));
		call(calls.modelOutput('run-1', 'Hi', run), calls.runEnd('run-1', {}, sessionKey));
		const report = (text: string) => ({
			...calls.sent(text, { to: '-100', sessionKey: undefined }),
			context: preview,
		});
		call(report('Hi'), report('Something else'));

		expect(sent().map(({ data }) => [data.sessionKey, data.conversation])).toEqual([
			[sessionKey, { id: '-100', type: 'group', threadId: '11' }],
			[undefined, { id: '-100' }],
		]);
	});

	it('is told once per message although its run is gone from memory', () => {
		call(calls.sent('Hi', { runId: 'never-heard-of' }));

		expect(sent()).toMatchObject([
			{ data: { runId: 'never-heard-of', message: { content: 'Hi' } } },
		]);
	});

	it('is left to the channel', () => {
		call(...turn('run-1', 'Hi'));
		harness.advance(LONG_MS);
		expect(sent()).toEqual([]);

		call(calls.sent('Hi'));
		expect(sent()).toHaveLength(1);
	});

	it('is not told of a reply in a chat that nothing was sent of', () => {
		call(calls.modelInput('run-1'), calls.modelOutput('run-1', 'Hi'), calls.runEnd('run-1'));
		harness.advance(LONG_MS);

		expect(sent()).toEqual([]);
	});
});

describe('message.sent of runs that the gateway itself delivers', () => {
	const scheduled = (runId: string, text: string) => [
		calls.modelInput(runId, SCHEDULED_RUN),
		calls.modelOutput(runId, text, SCHEDULED_RUN),
		calls.runEnd(runId, {}, String(SCHEDULED_RUN.sessionKey)),
	];
	const report = (content: string, to = '777') => ({
		...calls.sent(content, { to }),
		context: { channelId: 'telegram', accountId: 'default', conversationId: to, sessionKey: CHAT },
	});

	it('has run, model and tokens', () => {
		call(...scheduled('run-1', 'Good morning'), report('Good morning'));
		harness.advance(LONG_MS);

		expect(sent()).toMatchObject([
			{ data: { sessionKey: CHAT, runId: 'run-1', trigger: 'cron', usage: { inputTokens: 10 } } },
		]);
		// That of the run belongs to another session.
		expect(sent()[0]?.data.sessionId).toBe(CHAT_SESSION);
	});

	it('finds a report that came before the end of the run', () => {
		const [input, output, end] = scheduled('run-1', 'Good morning');
		if (input === undefined || output === undefined || end === undefined) throw new Error();
		call(input, output, report('Good morning'), end);
		harness.advance(LONG_MS);

		expect(sent()).toMatchObject([{ data: { runId: 'run-1', channel: 'telegram' } }]);
	});

	it('is not joined with a message to another chat', () => {
		call(...scheduled('run-1', 'Good morning'), report('Good morning', '999'));

		expect(sent()[0]?.data).not.toHaveProperty('runId');
	});

	it('is not joined when two runs say the same', () => {
		call(...scheduled('run-1', 'Good morning'), ...scheduled('run-2', 'Good morning'));
		call(report('Good morning'), report('Good morning'));
		harness.advance(LONG_MS);

		expect(sent().map(({ data }) => data.runId)).toEqual([undefined, undefined]);
	});

	it('is told without a channel when nothing is sent to the chat', () => {
		const at = harness.now();
		call(...scheduled('run-1', 'Good morning'));
		expect(sent()).toEqual([]);
		harness.advance(LONG_MS);

		expect(sent()).toMatchObject([
			{ at, data: { runId: 'run-1', sessionId: 'session-of-the-run' } },
		]);
		expect(sent()[0]?.data).not.toHaveProperty('channel');
	});

	it.each([YEAR_MS, -YEAR_MS])('is told in time when the clock is set by %i ms', (ms) => {
		call(...scheduled('run-1', 'Good morning'));
		harness.setClock(ms);
		harness.advance(LONG_MS);

		expect(sent()).toMatchObject([{ data: { runId: 'run-1' } }]);
	});

	it('is not told again when the chat gets it after all', () => {
		call(...scheduled('run-1', 'Good morning'));
		harness.advance(LONG_MS);
		call(report('Good morning'));

		expect(sent()).toHaveLength(1);
	});

	it('is not mistaken for a later reply with the same text', () => {
		call(...scheduled('run-1', 'All is well'));
		harness.advance(LONG_MS);
		call(...turn('run-2', 'All is well'), calls.sent('All is well'));

		expect(sent().map(({ data }) => [data.runId, data.model])).toEqual([
			['run-1', 'model-1'],
			['run-2', 'model-1'],
		]);
	});

	it('is told at once when the plugin ends', () => {
		call(...scheduled('run-1', 'Good morning'));
		harness.end();

		expect(sent()).toHaveLength(1);
	});
});

describe('message.sent of runs without a channel', () => {
	const KEY = 'agent:main:webhook:tickets';
	const HEADLESS = {
		...CHAT_RUN,
		sessionKey: KEY,
		channel: undefined,
		senderId: undefined,
		trigger: 'cron',
	};
	const end = (data = {}) => calls.runEnd('run-1', data, KEY);

	it('is told at the end of the run', () => {
		call(calls.modelInput('run-1', HEADLESS), calls.modelOutput('run-1', 'Hi', HEADLESS));
		expect(sent()).toEqual([]);
		call(end());

		expect(sent()).toMatchObject([{ data: { runId: 'run-1', trigger: 'cron', model: 'model-1' } }]);
	});

	it('is told when the end comes before the answer', () => {
		call(calls.modelInput('run-1', HEADLESS), end());
		call(calls.modelOutput('run-1', 'Hi', HEADLESS));
		harness.advance(LONG_MS);

		expect(sent()).toMatchObject([{ data: { message: { content: 'Hi' } } }]);
	});

	it('adds up the tokens of all attempts', () => {
		call(
			calls.modelOutput('run-1', 'I will', HEADLESS),
			calls.modelOutput('run-1', 'Done', HEADLESS),
		);
		call(end());

		expect(sent()).toMatchObject([
			{ data: { message: { content: 'Done' }, usage: { inputTokens: 20, outputTokens: 10 } } },
		]);
	});

	it.each(['NO_REPLY', ' no_reply\n', 'HEARTBEAT_OK', '   ', ''])('is not told of %j', (text) => {
		call(calls.modelOutput('run-1', text, HEADLESS), end());
		harness.advance(LONG_MS);

		expect(sent()).toEqual([]);
	});

	it('is not told when the gateway calls the reply silent', () => {
		call(calls.modelOutput('run-1', 'Hi', HEADLESS));
		call(end({ terminalReply: { disposition: 'silent', text: 'Hi' } }));
		harness.advance(LONG_MS);

		expect(sent()).toEqual([]);
	});

	it("is not told of the gateway's own runs", () => {
		const memory = { ...HEADLESS, trigger: 'memory' };
		call(calls.modelOutput('run-1', 'Remembered', memory), end());
		harness.advance(LONG_MS);

		expect(sent()).toEqual([]);
	});

	it('is told again when a run is started anew under its id', () => {
		for (const text of ['One', 'Two']) {
			call(calls.runStart('run-1', KEY), calls.modelOutput('run-1', text, HEADLESS), end());
		}

		expect(sent().map(({ data }) => data.message)).toMatchObject([
			{ content: 'One' },
			{ content: 'Two' },
		]);
	});
});

describe('a delivery that fails', () => {
	it('is an error with what was not delivered, and no message.sent', () => {
		call(...turn('run-1', 'Hi'));
		call(calls.sent('Hi', { success: false, error: 'blocked by the user', messageId: undefined }));
		harness.advance(LONG_MS);

		expect(sent()).toEqual([]);
		expect(errors()).toMatchObject([
			{
				data: {
					channel: 'telegram',
					userId: '777',
					runId: 'run-1',
					error: { message: 'blocked by the user', source: 'delivery' },
					message: { role: 'assistant', content: 'Hi' },
				},
			},
		]);
	});

	it('has a text although the gateway gives none', () => {
		call(calls.sent('Hi', { success: false }));

		expect(errors()).toMatchObject([
			{ data: { error: { message: 'The message was not delivered' } } },
		]);
	});
});

describe('a long reply', () => {
	const KEY = 'agent:main:openai-user:u1';
	const whole = `Begin ${'and so on '.repeat(800)}end.`;
	const cut = `${whole.slice(0, 4095)}…`;
	const api = { ...CHAT_RUN, sessionKey: KEY, channel: 'webchat', senderId: undefined };
	const end = calls.runEnd('chatcmpl_1', { terminalReply: { text: cut } }, KEY);

	it('is told whole, though the gateway cuts what it gives at the end of a run', () => {
		call(calls.modelOutput('chatcmpl_1', whole, api), end);

		expect(sent().map(({ data }) => data.message)).toEqual([{ role: 'assistant', content: whole }]);
	});

	it('says so where only the cut one is known', () => {
		call({ ...calls.modelInput('chatcmpl_1', api) }, end);

		expect(sent().map(({ data }) => data.message)).toEqual([
			{ role: 'assistant', content: cut, truncated: true },
		]);
	});
});

describe('the control UI', () => {
	const KEY = 'agent:main:main';
	const received = {
		hook: 'message_received',
		event: { content: '/status', messageId: 'm-1', senderId: 'ui', sessionKey: KEY },
		context: { channelId: 'webchat', conversationId: KEY, sessionKey: KEY },
	};
	const written = (message: object, fields = {}) => ({
		hook: 'transcript',
		event: { sessionKey: KEY, message: { role: 'assistant', ...message }, ...fields },
		context: {},
	});
	const text = (words: string) => [{ type: 'text', text: words }];

	it("is told the gateway's own answers, by what it writes into the session", () => {
		const notice = { model: 'gateway-injected', idempotencyKey: 'm-1', content: text('All well') };
		call(received, written(notice), written({ ...notice, idempotencyKey: undefined }));
		call(written({ model: 'delivery-mirror', idempotencyKey: 'x', content: text('No') }));

		expect(sent()).toEqual([
			{
				type: 'message.sent',
				data: {
					agentId: 'main',
					sessionKey: KEY,
					channel: 'webchat',
					userId: 'ui',
					sender: { id: 'ui' },
					message: { role: 'assistant', content: 'All well' },
				},
			},
		]);
	});

	it('is told each message of a run that others were written into', () => {
		const run = { ...CHAT_RUN, sessionKey: KEY, channel: 'webchat', channelId: KEY, chatId: KEY };
		call(received, calls.modelInput('run-1', run));
		call(written({ content: text('One') }, { runId: 'run-1' }));
		call(written({ content: text('Two') }, { runId: 'run-1' }));
		call(calls.modelOutput('run-1', 'Two', run), calls.runEnd('run-1', {}, KEY));

		expect(sent().map(({ data }) => [data.message, data.model, data.usage])).toEqual([
			[{ role: 'assistant', content: 'One' }, 'model-1', undefined],
			[{ role: 'assistant', content: 'Two' }, 'model-1', { inputTokens: 10, outputTokens: 5 }],
		]);
	});
});

it("a heartbeat's text is told only when the channel reports it", () => {
	const heartbeat = { ...CHAT_RUN, trigger: 'heartbeat', senderId: undefined };
	for (const runId of ['run-1', 'run-2', 'run-3']) {
		call(calls.modelInput(runId, heartbeat), calls.modelOutput(runId, 'All is well', heartbeat));
		call(calls.runEnd(runId));
		if (runId === 'run-1') call(calls.sent('All is well'));
		harness.advance(LONG_MS);
	}

	expect(sent()).toMatchObject([
		{ data: { runId: 'run-1', trigger: 'heartbeat', message: { messageId: '2' } } },
	]);
});

it('what a sub-agent writes is no message', () => {
	const sessionKey = 'agent:main:subagent:1';
	const child = { ...CHAT_RUN, sessionKey, sessionId: 's-1' };
	call(calls.modelInput('run-1', child), calls.modelOutput('run-1', 'Done', child));
	call(calls.runEnd('run-1', {}, sessionKey));
	harness.advance(LONG_MS);

	expect(sent()).toEqual([]);
});
