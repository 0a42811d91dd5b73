import { RecordedEvents } from '../../../nodes/OpenClawTrigger/recordedEvents';

/** A store that is read and written as n8n's: with other calls in between. */
function createStore() {
	let known: string[] = [];
	const calls: string[][] = [];
	const record = async (ids: string[]) => {
		calls.push(ids);
		const before = known;
		await new Promise((resolve) => setImmediate(resolve));
		const fresh = ids.filter((id) => !before.includes(id));
		known = [...before, ...fresh];
		return { new: fresh };
	};
	return { calls, record };
}

test('tells new events from known ones', async () => {
	const { record } = createStore();
	const events = new RecordedEvents();
	expect(await events.isNew('node', 'a', record)).toBe(true);
	expect(await events.isNew('node', 'a', record)).toBe(false);
	expect(await events.isNew('node', 'b', record)).toBe(true);
});

test('loses none of many at once, and asks for those that wait together', async () => {
	const { calls, record } = createStore();
	const events = new RecordedEvents();
	const ids = Array.from({ length: 50 }, (_, index) => `evt_${index}`);
	const ask = async () => Promise.all(ids.map(async (id) => events.isNew('node', id, record)));
	expect((await ask()).every(Boolean)).toBe(true);
	expect(calls.map((batch) => batch.length)).toEqual([50]);
	expect((await ask()).some(Boolean)).toBe(false);
});

test('lets one of several with the same id through', async () => {
	const { record } = createStore();
	const events = new RecordedEvents();
	const answers = await Promise.all(
		['first', 'a', 'a', 'a'].map(async (id) => events.isNew('node', id, record)),
	);
	expect(answers).toEqual([true, true, false, false]);
});

test('records an event again that another process has written over', async () => {
	jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
	try {
		const row = new Set<string>();
		const record = async (ids: string[]) => {
			const fresh = ids.filter((id) => !row.has(id));
			for (const id of ids) row.add(id);
			return await Promise.resolve({ new: fresh });
		};
		const events = new RecordedEvents();
		expect(await events.isNew('node', 'a', record)).toBe(true);
		const kept = events.keep('node', 'a', record);
		row.delete('a');
		await jest.advanceTimersByTimeAsync(600);
		expect(row.has('a')).toBe(true);
		// That too may have been written over.
		row.delete('a');
		await jest.advanceTimersByTimeAsync(600);
		expect(row.has('a')).toBe(true);
		await jest.advanceTimersByTimeAsync(600);
		await kept;
		row.delete('a');
		await jest.advanceTimersByTimeAsync(5_000);
		expect(row.has('a')).toBe(false);
	} finally {
		jest.useRealTimers();
	}
});

test('does not let nodes wait for each other', async () => {
	const events = new RecordedEvents();
	const never = new Promise<{ new: unknown[] }>(() => undefined);
	void events.isNew('slow', 'a', () => never);
	const { record } = createStore();
	expect(await events.isNew('quick', 'a', record)).toBe(true);
});

test('tries once more, then says so to all that wait', async () => {
	const events = new RecordedEvents();
	const { record } = createStore();
	let failures = 1;
	const unsteady = async (ids: string[]) => {
		failures -= 1;
		if (failures >= 0) throw new Error('UNIQUE constraint failed');
		return await record(ids);
	};
	expect(await events.isNew('node', 'a', unsteady)).toBe(true);
	failures = 2;
	const [one, two, three] = await Promise.allSettled(
		['b', 'c', 'd'].map(async (id) => events.isNew('node', id, unsteady)),
	);
	expect([one?.status, two?.status, three?.status]).toEqual(['rejected', 'rejected', 'rejected']);
	expect(await events.isNew('node', 'e', unsteady)).toBe(true);
});

describe('events that nobody waits for', () => {
	beforeEach(() => {
		jest.useFakeTimers({ doNotFake: ['setImmediate'] });
	});

	afterEach(() => {
		jest.useRealTimers();
	});

	function start() {
		const { calls, record } = createStore();
		const events = new RecordedEvents();
		const answers = new Map<string, boolean>();
		return {
			calls,
			answers,
			recordSoon: (id: string) => {
				void events.recordSoon('node', id, record).then((isNew) => answers.set(id, isNew));
			},
			isNew: async (id: string) => events.isNew('node', id, record),
		};
	}

	/** Lets what is under way come to its end, without letting time pass. */
	async function settle(): Promise<void> {
		for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
	}

	test('are written at once, then together after a quarter of a second', async () => {
		const { calls, answers, recordSoon } = start();
		recordSoon('a');
		await settle();
		expect(calls).toEqual([['a']]);
		expect(answers).toEqual(new Map([['a', true]]));

		recordSoon('b');
		await jest.advanceTimersByTimeAsync(249);
		recordSoon('c');
		await settle();
		expect(calls).toHaveLength(1);
		await jest.advanceTimersByTimeAsync(1);
		await settle();
		expect(calls).toEqual([['a'], ['b', 'c']]);

		await jest.advanceTimersByTimeAsync(250);
		recordSoon('d');
		await settle();
		expect(calls).toEqual([['a'], ['b', 'c'], ['d']]);
	});

	test('are written without a pause when two hundred wait', async () => {
		const { calls, recordSoon } = start();
		recordSoon('first');
		await settle();
		for (let count = 0; count < 199; count += 1) recordSoon(`evt_${count}`);
		await settle();
		expect(calls).toHaveLength(1);
		recordSoon('evt_199');
		await settle();
		expect(calls.map((batch) => batch.length)).toEqual([1, 200]);
	});

	test('are written with those that somebody waits for, and before them', async () => {
		const { calls, recordSoon, isNew } = start();
		recordSoon('a');
		await settle();
		recordSoon('b');
		expect(await isNew('b')).toBe(false);
		expect(calls).toEqual([['a'], ['b']]);
	});

	test('say when one was known', async () => {
		const { answers, recordSoon, isNew } = start();
		await isNew('a');
		recordSoon('a');
		await settle();
		expect(answers).toEqual(new Map([['a', false]]));
	});

	test('keep their order when a write takes longer than the pause', async () => {
		const events = new RecordedEvents();
		const calls: string[][] = [];
		const done: (() => void)[] = [];
		const record = async (ids: string[]) => {
			calls.push(ids);
			await new Promise<void>((resolve) => done.push(resolve));
			return { new: ids };
		};
		void events.recordSoon('node', 'a', record);
		await settle();
		void events.recordSoon('node', 'b', record);
		await jest.advanceTimersByTimeAsync(1_000);
		expect(calls).toEqual([['a']]);
		done[0]?.();
		await settle();
		expect(calls).toEqual([['a'], ['b']]);
	});
});
