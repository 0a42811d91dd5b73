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

const call = (...all: Array<Parameters<EventHarness['call']>[0]>) => {
	for (const one of all) harness.call(one);
};
const told = () =>
	harness.events.filter(({ type }) => type.startsWith('session.')).map(({ type }) => type);

describe('session.created', () => {
	it('is told before the first message of a session, once', () => {
		call(calls.received('One'), calls.received('Two'));

		expect(harness.events.map(({ type }) => type)).toEqual([
			'session.created',
			'message.received',
			'message.received',
		]);
		expect(harness.events[0]?.data).toEqual({
			agentId: 'main',
			sessionKey: CHAT,
			channel: 'telegram',
			userId: '777',
			sender: { id: '777' },
			conversation: { id: '777', type: 'direct' },
		});
	});

	it.each([
		['the message first', [calls.received('One'), calls.sessionStart()]],
		['session_start first', [calls.sessionStart(), calls.received('One')]],
		['the run first', [calls.runStart('run-1'), calls.sessionStart(), calls.modelInput('run-1')]],
	])('is told once when both tell of the session: %s', (_order, all) => {
		call(...all);

		expect(told()).toEqual(['session.created']);
	});

	it('is told for each session_start after that', () => {
		call(
			calls.received('One'),
			calls.sessionStart(),
			calls.sessionStart({ resumedFrom: CHAT_SESSION }),
		);

		expect(told()).toEqual(['session.created', 'session.created']);
		expect(harness.events.at(-1)?.data).toEqual({
			agentId: 'main',
			sessionId: CHAT_SESSION,
			sessionKey: CHAT,
			channel: 'telegram',
			userId: '777',
			sender: { id: '777' },
			conversation: { id: '777', type: 'direct' },
			resumedFrom: CHAT_SESSION,
		});
	});

	it('is told when session_start comes much later than the first message', () => {
		call(calls.received('One'));
		harness.advance(3_600_000);
		call(calls.sessionStart());

		expect(told()).toEqual(['session.created', 'session.created']);
	});

	it('is told of a session_start without a key', () => {
		call({ hook: 'session_start', event: { sessionId: 's-1' }, context: {} });

		expect(harness.events).toEqual([{ type: 'session.created', data: { sessionId: 's-1' } }]);
	});

	it('is told anew after a session was deleted', () => {
		call(calls.received('One'), calls.sessionEnd('deleted'), calls.received('Two'));

		expect(told()).toEqual(['session.created', 'session.ended', 'session.created']);
	});

	it('is not told of a deleted session whose run is still ending', () => {
		call(calls.received('One'), calls.modelInput('run-1'), calls.sessionEnd('deleted'));
		call(calls.modelOutput('run-1', 'Hi'), calls.runEnd('run-1'), calls.sent('Hi'));

		expect(told()).toEqual(['session.created', 'session.ended']);
	});

	it.each(['first', 'last'])('is told once when the end of the one before comes %s', (order) => {
		call(calls.received('One'));
		const end = calls.sessionEnd('new', { nextSessionId: CHAT_SESSION });
		const start = calls.sessionStart({ resumedFrom: CHAT_SESSION });
		call(...(order === 'first' ? [end, start] : [start, end]), calls.received('Two'));

		expect(told().sort()).toEqual(['session.created', 'session.created', 'session.ended']);
	});
});

describe('session.ended', () => {
	it('names why, and how much was counted', () => {
		call(calls.sessionEnd('idle', { messageCount: 4, durationMs: 9000 }));

		expect(harness.events).toEqual([
			{
				type: 'session.ended',
				data: {
					agentId: 'main',
					sessionId: CHAT_SESSION,
					sessionKey: CHAT,
					channel: 'telegram',
					reason: 'idle',
					messageCount: 4,
					durationMs: 9000,
				},
			},
		]);
	});

	it('leaves out a count of 0, which the gateway gives where it has not counted', () => {
		call(calls.sessionEnd('new'));

		expect(harness.events[0]?.data).not.toHaveProperty('messageCount');
	});

	it.each(['shutdown', 'restart'])('is not told when the gateway stops (%s)', (reason) => {
		call(calls.received('One'), calls.sessionEnd(reason), calls.received('Two'));

		expect(told()).toEqual(['session.created']);
	});

	it('is told with an unknown reason', () => {
		call(calls.sessionEnd('new', { reason: undefined }));

		expect(harness.events[0]?.data.reason).toBe('unknown');
	});
});

describe('the id of a session', () => {
	it('is asked of the gateway once', async () => {
		const asked: string[] = [];
		const other = await startEventHarness({
			findSession: (sessionKey) => {
				asked.push(sessionKey);
				return { sessionId: 'from-the-store' };
			},
		});
		other.call(calls.received('One'));
		other.call(calls.received('Two'));

		expect(asked).toEqual([CHAT]);
		expect(other.events.map(({ data }) => data.sessionId)).toEqual(Array(3).fill('from-the-store'));
		other.close();
	});

	it('is asked again after the session was deleted', async () => {
		let id = 'first';
		const other = await startEventHarness({ findSession: () => ({ sessionId: id }) });
		other.call(calls.received('One'));
		other.call(calls.sessionEnd('deleted'));
		id = 'second';
		other.call(calls.received('Two'));

		expect(other.events.at(-1)?.data.sessionId).toBe('second');
		other.close();
	});

	it('is the next one after a session that goes on under another', () => {
		call(calls.sessionEnd('compaction', { nextSessionId: 'next' }), calls.received('Two'));

		expect(harness.events.at(-1)?.data.sessionId).toBe('next');
	});

	it('is unknown when the store fails', async () => {
		const other = await startEventHarness({
			findSession: () => {
				throw new Error('no store');
			},
		});
		other.call(calls.received('One'));

		expect(other.events.at(-1)?.data).not.toHaveProperty('sessionId');
		expect(other.complaints).toEqual([]);
		other.close();
	});
});

describe('the place of a session that begins anew', () => {
	const by = (userId: string) => ({
		...calls.received('/new', { senderId: userId, sessionKey: 'agent:main:main' }),
		context: { channelId: 'telegram', accountId: 'bot', conversationId: `telegram:${userId}` },
	});
	const end = () =>
		calls.sessionEnd('new', { sessionKey: 'agent:main:main', nextSessionId: CHAT_SESSION });
	const last = () => harness.events.at(-1)?.data;

	it('is that of the messages around', () => {
		call(by('777'));
		harness.advance(3_600_000);
		call(end());

		expect(last()).toMatchObject({
			channel: 'telegram',
			accountId: 'bot',
			userId: '777',
			conversation: { id: '777', type: 'direct' },
			reason: 'new',
		});
	});

	it('is the last message of several people only where that is the cause', () => {
		call(by('777'), by('778'), end());
		expect(last()).toMatchObject({ userId: '778', conversation: { id: '778' } });

		harness.advance(3_600_000);
		call(end());
		expect(last()).toMatchObject({ channel: 'telegram', accountId: 'bot' });
		expect(last()).not.toHaveProperty('userId');
		expect(last()).not.toHaveProperty('conversation');
	});
});

describe('a sub-agent', () => {
	const sessionKey = 'agent:main:subagent:1';
	const context = { runId: 'run-2', childSessionKey: sessionKey, requesterSessionKey: CHAT };
	const spawned = {
		hook: 'subagent_spawned',
		event: {
			runId: 'run-2',
			childSessionKey: sessionKey,
			agentId: 'main',
			requester: { channel: 'telegram', accountId: 'default' },
		},
		context,
	};
	const ended = {
		hook: 'subagent_ended',
		event: { targetSessionKey: sessionKey, runId: 'run-2', outcome: 'ok' },
		context,
	};
	const session = { sessionKey, parentSessionKey: CHAT };

	it('has a session with a parent, which begins and ends', () => {
		call(spawned, calls.runStart('run-2', sessionKey), ended);

		expect(harness.events).toMatchObject([
			{ type: 'session.created', data: { ...session, channel: 'telegram' } },
			{ type: 'session.ended', data: { ...session, runId: 'run-2', reason: 'ok' } },
		]);
	});

	it('has one although it is heard of before it is told who has started it', async () => {
		const other = await startEventHarness({ findSession: () => ({ spawnedBy: CHAT }) });
		other.call(calls.runStart('run-2', sessionKey));
		other.call(spawned);

		expect(other.events).toMatchObject([{ type: 'session.created', data: session }]);
		other.close();
	});

	it('is not what a plugin has started in a session', () => {
		const own = { runId: 'run-2', childSessionKey: CHAT, requesterSessionKey: CHAT };
		call({ hook: 'subagent_ended', event: { targetSessionKey: CHAT }, context: own });

		expect(harness.events).toEqual([]);
	});
});
