import type { IExecuteFunctions } from 'n8n-workflow';
import { confirm, NodeRecords } from '../../../../nodes/OpenClawTrigger/once/confirm';

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
	const records = new NodeRecords();
	expect(await records.add('a', record)).toBe(true);
	expect(await records.add('a', record)).toBe(false);
	expect(await records.add('b', record)).toBe(true);
});

test('loses none of many at once, and asks for those that wait together', async () => {
	const { calls, record } = createStore();
	const records = new NodeRecords();
	const ids = Array.from({ length: 50 }, (_, index) => `evt_${index}`);
	const ask = async () => Promise.all(ids.map(async (id) => records.add(id, record)));
	expect((await ask()).every(Boolean)).toBe(true);
	expect(calls.map((batch) => batch.length)).toEqual([50]);
	expect((await ask()).some(Boolean)).toBe(false);
});

test('lets one of several with the same id through', async () => {
	const { record } = createStore();
	const records = new NodeRecords();
	const ids = ['first', 'a', 'a', 'a'];
	const answers = await Promise.all(ids.map(async (id) => records.add(id, record)));
	expect(answers).toEqual([true, true, false, false]);
});

test('tries once more, then says so to all that wait', async () => {
	const records = new NodeRecords();
	const { record } = createStore();
	let failures = 1;
	const unsteady = async (ids: string[]) => {
		failures -= 1;
		if (failures >= 0) throw new Error('UNIQUE constraint failed');
		return await record(ids);
	};
	expect(await records.add('a', unsteady)).toBe(true);
	failures = 2;
	const asked = await Promise.allSettled(
		['b', 'c', 'd'].map(async (id) => records.add(id, unsteady)),
	);
	expect(asked.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
	expect(await records.add('e', unsteady)).toBe(true);
});

describe('a write whose answer is lost', () => {
	/** Writes, and fails the first time afterwards. */
	function losingAnswer(message: string) {
		const { record } = createStore();
		let isLost = false;
		return async (ids: string[]) => {
			const answer = await record(ids);
			if (isLost) return answer;
			isLost = true;
			throw new Error(message);
		};
	}

	test('does not make its event known: it runs', async () => {
		expect(await new NodeRecords().add('a', losingAnswer('Connection terminated'))).toBe(true);
	});

	test('is told from a write that another process was ahead of', async () => {
		const records = new NodeRecords();
		const { record } = createStore();
		await record(['a']);
		let isFirst = true;
		const behind = async (ids: string[]) => {
			if (!isFirst) return await record(ids);
			isFirst = false;
			throw new Error('duplicate key value violates unique constraint "PK_1"');
		};
		expect(await records.add('a', behind)).toBe(false);
	});
});

describe('asking before an event runs', () => {
	let nextNode = 0;

	function open(checkProcessedAndRecord: (ids: string[]) => Promise<{ new: unknown[] }>) {
		nextNode += 1;
		const id = `node-${nextNode}`;
		const warnings: string[] = [];
		const context = {
			getWorkflow: () => ({ id: 'workflow' }),
			getNode: () => ({ id }),
			helpers: { checkProcessedAndRecord },
			logger: { warn: (message: string) => warnings.push(message) },
		} as unknown as IExecuteFunctions;
		return { context, warnings };
	}

	test('remembers in this process what another one has written over', async () => {
		const forgetful = async (ids: string[]) => await Promise.resolve({ new: ids });
		const { context } = open(forgetful);
		expect(await confirm(context, 'evt_1', true)).toBe(true);
		expect(await confirm(context, 'evt_1', true)).toBe(false);
	});

	test('runs an event rather than loses it when the database gives no answer', async () => {
		const { context, warnings } = open(() => Promise.reject(new Error('locked')));
		expect(await confirm(context, 'evt_1', true)).toBe(true);
		expect(warnings).toEqual(['OpenClaw Trigger could not check whether an event has run before']);
	});

	test('records an event again that another process has written over', async () => {
		jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
		try {
			const row = new Set<string>();
			const { context } = open(async (ids) => {
				const fresh = ids.filter((id) => !row.has(id));
				for (const id of ids) row.add(id);
				return await Promise.resolve({ new: fresh });
			});
			expect(await confirm(context, 'a', false)).toBe(true);
			row.delete('a');
			await jest.advanceTimersByTimeAsync(600);
			expect(row.has('a')).toBe(true);
			// That too may have been written over.
			row.delete('a');
			await jest.advanceTimersByTimeAsync(600);
			expect(row.has('a')).toBe(true);
			await jest.advanceTimersByTimeAsync(600);
			row.delete('a');
			await jest.advanceTimersByTimeAsync(5_000);
			expect(row.has('a')).toBe(false);
		} finally {
			jest.useRealTimers();
		}
	});
});
