import {
	judgeEnded,
	judgeThrown,
	readTurn,
	readWaitAnswer,
} from '../../../openclaw-plugin/src/inbound/gatewayAnswers';
import { replyEntry, RESUMPTION, userEntry } from './support/standInRuns';

// Texts, codes and forms as OpenClaw 2026.9.6 was seen to give them.

const thrown = (message: string, code?: string) => Object.assign(new Error(message), { code });

describe('what subagent.run throws', () => {
	it.each([
		['agent unavailable during gateway startup', 'UNAVAILABLE', false],
		['agent unavailable during gateway restart', 'UNAVAILABLE', false],
		['missing scope: operator.write', 'INVALID_REQUEST', false],
		['Gateway client authority closed before dispatching agent.', undefined, false],
		['Pending input ownership ended; submit a new turn to continue', 'UNAVAILABLE', true],
		['Pending input idempotency key conflicts with the accepted input', 'UNAVAILABLE', true],
		['something new', undefined, false],
	])('%s passes', (message, code, isTaken) => {
		const fault = { kind: 'passing', message, isTaken };
		expect(judgeThrown(thrown(message, code), 'main')).toEqual(fault);
	});

	it.each([
		['Agent "nobody" no longer exists in configuration', 'INVALID_REQUEST'],
		['Invalid explicit agent id; refusing default-agent resolution.', undefined],
	])('%s names the agent and what to change', (message, code) => {
		expect(judgeThrown(thrown(message, code), 'nobody')).toEqual({
			kind: 'final',
			message:
				"The gateway has no agent 'nobody'. Add it to the gateway's agents, or change 'agentId' of the inbound endpoint",
		});
	});

	it('is final when the request is refused for what it is', () => {
		const error = thrown(
			'Channel is required\n(no configured channels detected).',
			'INVALID_REQUEST',
		);
		expect(judgeThrown(error, 'main')).toEqual({
			kind: 'final',
			message:
				'The gateway did not start the agent: Channel is required (no configured channels detected).',
		});
	});

	it('is cut to a line that fits into a log', () => {
		const { message } = judgeThrown('x\u0000'.repeat(1000), 'main');
		expect(message).toHaveLength(301);
		expect(message).not.toMatch(/\p{Cc}/u);
	});
});

describe('the error with which a run ended', () => {
	it.each([
		'Gateway is draining; new tasks are not accepted',
		'Session "agent:a:webhook:b" changed while starting work. Retry. | SESSION_WORK_START_CHANGED',
		'subagent run lost active execution context',
	])('%s passes', (error) => {
		expect(judgeEnded(error)).toMatchObject({ kind: 'passing', isTaken: true });
	});

	it.each(['LLM request failed: provider rejected the request schema or tool payload.', 'aborted'])(
		'%s is final',
		(error) => {
			expect(judgeEnded(error)).toEqual({ kind: 'final', message: error });
		},
	);
});

describe('what subagent.waitForRun answers', () => {
	it.each([
		[
			{ status: 'ok', endedAt: 1, terminalReply: { text: 'hi' } },
			{ kind: 'ended', reply: 'hi' },
		],
		[{ status: 'ok', endedAt: 1 }, { kind: 'ended' }],
		[
			{ status: 'error', error: 'no' },
			{ kind: 'failed', error: 'no' },
		],
		[{ status: 'error' }, { kind: 'failed', error: 'no reason was given' }],
		[{ runId: 'k4', status: 'timeout' }, { kind: 'running' }],
		[{ status: 'pending' }, { kind: 'running' }],
		[{ status: 'timeout', endedAt: 1 }, { kind: 'timed-out' }],
		[
			{ status: 'timeout', endedAt: 1, stopReason: 'stop' },
			{ kind: 'failed', error: 'The run was stopped by hand' },
		],
		[undefined, { kind: 'running' }],
		['ok', { kind: 'running' }],
	])('%j means %j', (answer, meaning) => {
		expect(readWaitAnswer(answer)).toEqual(meaning);
	});
});

describe('the transcript of a session', () => {
	const turnOf = async (...messages: unknown[]) =>
		await readTurn(
			{
				getSessionMessages: async ({ limit = 0 }) =>
					await Promise.resolve({ messages: messages.slice(-limit) }),
			},
			'agent:main:main',
			['run_1', 'run_1.2'],
		);
	const absent = { kind: 'absent' };
	const begun = { kind: 'begun' };
	const answered = (reply: string) =>
		expect.objectContaining({ kind: 'answered', reply }) as unknown;

	it.each([
		['is empty', [], absent],
		['has others only', [userEntry('run_2'), replyEntry('no')], absent],
		['has the message last', [userEntry('run_2'), replyEntry('no'), userEntry('run_1')], begun],
		['has its reply', [userEntry('run_1'), replyEntry('yes')], answered('yes')],
		[
			'has the reply to its second start',
			[userEntry('run_1.2'), replyEntry('yes')],
			answered('yes'),
		],
		['has the reply to another', [userEntry('run_1'), userEntry('run_2'), replyEntry('no')], begun],
		[
			'has it resumed after a restart',
			[userEntry('run_1'), RESUMPTION, replyEntry('yes'), userEntry('run_2'), replyEntry('no')],
			answered('yes'),
		],
		[
			'has a tool to be called',
			[userEntry('run_1'), replyEntry('let me see', { stopReason: 'toolUse' })],
			begun,
		],
		[
			'has a failure that may be tried again',
			[userEntry('run_1'), replyEntry('', { stopReason: 'error' })],
			begun,
		],
		[
			'has notes in it',
			[userEntry('run_1'), replyEntry('yes'), { role: 'custom', customType: 'note' }, 7, null],
			answered('yes'),
		],
		[
			'has a text as content',
			[userEntry('run_1'), replyEntry('', { content: 'yes' })],
			answered('yes'),
		],
		['has odd content', [userEntry('run_1'), replyEntry('', { content: { a: 1 } })], answered('')],
	])('%s', async (_, messages, turn) => {
		expect(await turnOf(...messages)).toEqual(turn);
	});

	it('adds up what all model calls of the turn used', async () => {
		const toolCall = replyEntry('', { stopReason: 'toolUse' });
		expect(await turnOf(userEntry('run_1'), toolCall, replyEntry('yes'))).toEqual({
			kind: 'answered',
			reply: 'yes',
			texts: ['yes'],
			usage: { inputTokens: 200, outputTokens: 44, cacheReadTokens: 22 },
		});
		expect(await turnOf(userEntry('run_1'), replyEntry('yes', { usage: undefined }))).toEqual({
			kind: 'answered',
			reply: 'yes',
			texts: ['yes'],
		});
	});

	it('is taken for begun when it is too long to see its start', async () => {
		const long = Array.from({ length: 1000 }, () => replyEntry('step'));
		expect(await turnOf(userEntry('run_1'), ...long)).toEqual(begun);
	});
});
