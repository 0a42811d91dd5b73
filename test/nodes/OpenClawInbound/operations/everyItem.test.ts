import type { INode } from 'n8n-workflow';
import { setImmediate as turn } from 'node:timers/promises';

import { workOnItems } from '../../../../nodes/OpenClawInbound/operations/everyItem';
import type { ItemWork } from '../../../../nodes/OpenClawInbound/operations/everyItem';

const node = { name: 'OpenClaw Inbound' } as INode;

async function run(more: Partial<ItemWork<number>> & Pick<ItemWork<number>, 'work'>) {
	const stop = new AbortController();
	return await workOnItems({ node, count: 4, limit: 4, goesOn: false, stop, ...more });
}

test('gives results in order, whichever is done first', async () => {
	const results = await run({
		work: async (index) => {
			for (let turns = 10 - 2 * index; turns > 0; turns--) await turn();
			return index;
		},
	});
	expect(results.map((result) => result.ok && result.value)).toEqual([0, 1, 2, 3]);
});

test.each([
	[100, 7, 7],
	[3, 7, 3],
	[5, 1, 1],
])('of %d items at most %d are under way', async (count, limit, expected) => {
	let active = 0;
	let most = 0;
	const results = await run({
		count,
		limit,
		work: async (index) => {
			most = Math.max(most, ++active);
			await turn();
			active--;
			return index;
		},
	});
	expect(most).toBe(expected);
	expect(results).toHaveLength(count);
});

/** The second of ten items fails, while the first and third are under way. */
function failSecond(goesOn: boolean, stop = new AbortController()) {
	const done: number[] = [];
	const work = async (index: number) => {
		for (let turns = index === 1 ? 0 : 5; turns > 0; turns--) await turn();
		done.push(index);
		if (index === 1) throw new Error('no');
		return index;
	};
	const outcome = run({ count: 10, limit: 3, goesOn, stop, work });
	return { outcome, done, stop };
}

test('starts nothing more after a failure, and waits for what is under way', async () => {
	const { outcome, done, stop } = failSecond(false);
	await expect(outcome).rejects.toMatchObject({
		name: 'NodeOperationError',
		message: 'no',
		context: { itemIndex: 1 },
	});
	expect(done.sort()).toEqual([0, 1, 2]);
	expect(stop.signal.aborted).toBe(true);
});

test('goes on after a failure where the node is set to', async () => {
	const results = await failSecond(true).outcome;
	expect(results.map(({ ok }) => ok)).toEqual(Array.from({ length: 10 }, (_, n) => n !== 1));
});

test('starts nothing once it was stopped', async () => {
	const stop = new AbortController();
	stop.abort();
	const { outcome, done } = failSecond(false, stop);
	expect(await outcome).toEqual([]);
	expect(done).toEqual([]);
});
