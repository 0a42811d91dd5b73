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
	expect(calls.map((batch) => batch.length)).toEqual([1, 49]);
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
	failures = 4;
	const [one, two, three] = await Promise.allSettled(
		['b', 'c', 'd'].map(async (id) => events.isNew('node', id, unsteady)),
	);
	expect([one?.status, two?.status, three?.status]).toEqual(['rejected', 'rejected', 'rejected']);
	expect(await events.isNew('node', 'e', unsteady)).toBe(true);
});
