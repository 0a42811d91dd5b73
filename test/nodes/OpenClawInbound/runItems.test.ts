import { setImmediate as turn } from 'node:timers/promises';

import { runItems } from '../../../nodes/OpenClawInbound/runItems';

const goOn = () => true;

test('gives results in order, whichever is done first', async () => {
	const results = await runItems(
		4,
		4,
		async (index) => {
			for (let turns = 10 - 2 * index; turns > 0; turns--) await turn();
			return { ok: true, value: index };
		},
		goOn,
	);
	expect(results.map((result) => result.ok && result.value)).toEqual([0, 1, 2, 3]);
});

test.each([
	[100, 7, 7],
	[3, 7, 3],
	[5, 1, 1],
])('of %d items at most %d are under way', async (count, limit, expected) => {
	let active = 0;
	let most = 0;
	const results = await runItems(
		count,
		limit,
		async (index) => {
			most = Math.max(most, ++active);
			await turn();
			active--;
			return { ok: true, value: index };
		},
		goOn,
	);
	expect(most).toBe(expected);
	expect(results).toHaveLength(count);
});

test('starts nothing more once it is to stop, and waits for what is under way', async () => {
	const done: number[] = [];
	const results = await runItems(
		10,
		3,
		async (index) => {
			for (let turns = index === 1 ? 0 : 5; turns > 0; turns--) await turn();
			done.push(index);
			return index === 1 ? { ok: false, error: new Error('1') } : { ok: true, value: index };
		},
		(result) => result.ok,
	);
	expect(done.sort()).toEqual([0, 1, 2]);
	expect(results).toHaveLength(3);
});

test('does nothing with nothing', async () => {
	expect(await runItems(0, 5, () => Promise.resolve({ ok: true, value: 1 }), goOn)).toEqual([]);
});
