import { balance, type Entries } from '../../../trials/soak/books';
import type { EmittedEvent, RunEntry, TakenMessage } from '../../../trials/soak/entries';
import { FILTERED_USER } from '../../../trials/soak/names';

const event = (id: string, changes: Partial<EmittedEvent> = {}): EmittedEvent => ({
	id,
	type: 'message.received',
	agentId: 'support-bot',
	userId: '701',
	n8n: 'delivered',
	receiver: 'delivered',
	...changes,
});

const run = (eventId: string | undefined, changes: Partial<RunEntry> = {}): RunEntry => ({
	executionId: '1',
	eventId,
	status: 'success',
	isEmpty: false,
	ranDownstream: true,
	startedAt: 1000,
	toldRunId: undefined,
	couldNotTell: false,
	...changes,
});

const message = (runId: string, changes: Partial<TakenMessage> = {}): TakenMessage => ({
	runId,
	text: 'soak message 1',
	state: 'done',
	...changes,
});

const TYPES = ['message.received'];

/** Books with one event of each fate, all in order. */
function books(changes: Partial<Entries> = {}) {
	const events = [
		event('run'),
		event('queued', { n8n: 'pending', receiver: 'pending' }),
		event('filtered', { userId: FILTERED_USER }),
		event('kept-back', { agentId: 'main', n8n: undefined }),
	];
	const entries: Entries = {
		events,
		runs: [run('run')],
		messages: [],
		seenIds: new Set(['run']),
		received: new Map([
			['run', 1],
			['filtered', 2],
			['kept-back', 1],
		]),
		heard: new Set(),
		lives: [],
		...changes,
	};
	return balance(entries, TYPES);
}

const NOTHING_WRONG = {
	lost: [],
	unfiltered: [],
	forged: [],
	swallowed: [],
	repeats: [],
	vanished: [],
	notReceived: [],
	givenUp: [],
	untold: [],
	missingTypes: [],
};

it('balances when each event was run, was filtered, or waits', () => {
	expect(books()).toEqual({
		...NOTHING_WRONG,
		shares: { run: 1, queued: 1, filtered: 1, keptBack: 1 },
		cutOff: [],
	});
});

describe('events', () => {
	it('that were delivered and never run are lost', () => {
		expect(books({ runs: [] }).lost).toEqual(['run']);
	});

	it('that the plugin never sent to n8n are lost', () => {
		const events = [event('run', { n8n: undefined })];
		expect(books({ events, runs: [] }).lost).toEqual(['run']);
	});

	it('that left the outbox have vanished', () => {
		expect(books({ seenIds: new Set(['run', 'gone']) }).vanished).toEqual(['gone']);
	});

	it('that ran although a filter should have stopped them are found', () => {
		const runs = [run('run'), run('filtered'), run('kept-back')];
		expect(books({ runs }).unfiltered).toEqual(['filtered', 'kept-back']);
	});

	it("that the plugin's filter let through are found", () => {
		const events = [event('run'), event('other', { agentId: 'main' })];
		expect(books({ events }).unfiltered).toEqual(['other']);
	});

	it('whose second receiver got nothing are found', () => {
		expect(books({ received: new Map([['filtered', 1]]) }).notReceived).toEqual([
			'run',
			'kept-back',
		]);
	});

	it('that were given up are found', () => {
		const events = [event('run', { receiver: 'failed' })];
		expect(books({ events }).givenUp).toEqual(['run']);
	});

	it('of a type that never ran are missed', () => {
		expect(books({ runs: [] }).missingTypes).toEqual(TYPES);
	});
});

describe('an execution', () => {
	it('with an id that no event has is forged', () => {
		const runs = [run('run'), run('made-up', { executionId: '7' })];
		expect(books({ runs }).forged).toEqual(['execution 7, made-up']);
	});

	it('that does not tell its event is suspected, unless it found the event known', () => {
		const unknown = run(undefined, { executionId: '8', ranDownstream: false });
		expect(books({ runs: [run('run'), unknown] }).forged).toEqual(['execution 8, no event']);
		expect(books({ runs: [run('run'), { ...unknown, isEmpty: true }] }).forged).toEqual([]);
	});

	it('that ran nothing swallowed the event, unless a crash cut it off', () => {
		const runs = [run('run', { ranDownstream: false })];
		expect(books({ runs })).toMatchObject({ swallowed: ['run'], cutOff: [] });
		const crashed = [run('run', { ranDownstream: false, status: 'crashed' })];
		expect(books({ runs: crashed })).toMatchObject({ swallowed: [], cutOff: ['run'] });
	});
});

describe('a second run of an event', () => {
	const HOUR = 3_600_000;
	const twice = [run('run'), run('run', { startedAt: HOUR })];
	const repeats = (changes: Partial<Entries>) => books({ runs: twice, ...changes }).repeats;

	it('is not documented', () => {
		expect(repeats({})).toEqual([{ eventId: 'run', documented: undefined }]);
	});

	it('is none when the first one got nowhere', () => {
		const runs = [run('run', { ranDownstream: false, status: 'crashed' }), run('run')];
		expect(repeats({ runs })).toEqual([]);
	});

	it('is documented after a thousand others', () => {
		const others = Array.from({ length: 1000 }, (_, index) =>
			run(`other-${String(index)}`, { startedAt: 2000 + index }),
		);
		expect(repeats({ runs: [...twice, ...others] })).toEqual([
			{ eventId: 'run', documented: 'forgotten' },
		]);
		expect(repeats({ runs: [...twice, ...others.slice(1)] })).toMatchObject([
			{ documented: undefined },
		]);
	});

	it('is documented when n8n was killed before it could record the first one', () => {
		const runs = [run('run', { startedAt: HOUR }), run('run', { startedAt: 2 * HOUR })];
		const killed = (startedAt: number, killedAt: number) => [{ startedAt, killedAt }];
		const crash = [{ eventId: 'run', documented: 'crash' }];
		expect(repeats({ runs, lives: killed(0, HOUR + 200) })).toEqual(crash);
		const none = [{ eventId: 'run', documented: undefined }];
		expect(repeats({ runs, lives: killed(0, HOUR + 5000) })).toEqual(none);
		expect(repeats({ runs, lives: killed(HOUR - 60_000, HOUR + 200) })).toEqual(none);
	});
});

describe('a message to an agent', () => {
	it('that the agent never heard of is untold', () => {
		expect(books({ messages: [message('r1')] }).untold).toEqual(['r1']);
		const heard = new Set(['soak message 1']);
		expect(books({ messages: [message('r1')], heard }).untold).toEqual([]);
	});

	it('whose run failed is not: its sender is told', () => {
		expect(books({ messages: [message('r1', { state: 'failed' })] }).untold).toEqual([]);
	});

	it('that was answered and is not stored is untold', () => {
		expect(books({ runs: [run('run', { toldRunId: 'r2' })] }).untold).toEqual(['r2']);
	});
});
