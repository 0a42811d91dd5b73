import { ExecuteContext } from 'n8n-core';
import type { INode, INodeExecutionData } from 'n8n-workflow';
import {
	installDeduplicator,
	type CoreHarness,
	type MemoryDeduplicator,
} from '../../support/coreHarness';
import { event, open, signed, TRIGGER } from './support/triggerHarness';

const HOUR_SECONDS = 3_600;

let deduplicator: MemoryDeduplicator;
/** What n8n's database waits for; nothing unless a test says so. */
let database = Promise.resolve();
const warn = jest.fn();

beforeAll(async () => {
	jest.spyOn(ExecuteContext.prototype, 'logger', 'get').mockReturnValue({ warn } as never);
	deduplicator = await installDeduplicator();
	const { checkProcessedAndRecord } = deduplicator;
	deduplicator.checkProcessedAndRecord = async (...given) => {
		await database;
		return await checkProcessedAndRecord(...given);
	};
});

/** n8n has been running for an hour; its engine goes on in real time. */
beforeEach(() => {
	warn.mockClear();
	jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
	jest.advanceTimersByTime(HOUR_SECONDS * 1000);
});

afterEach(() => {
	jest.useRealTimers();
});

const happenedNow = () => event({ timestamp: new Date().toISOString() });

/** Lets n8n's database answer when it is told to. */
function holdDatabase(): () => void {
	let release = (): void => undefined;
	database = new Promise<void>((resolve) => (release = resolve));
	return release;
}

/** Waits until everything is recorded that runs behind the executions. */
async function recorded(): Promise<void> {
	await jest.advanceTimersByTimeAsync(250);
	for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
}

async function ran(harness: CoreHarness, data: INodeExecutionData[][] | undefined) {
	return 'A' in (await harness.outputs(TRIGGER, data ?? []));
}

/** As if another process, or an earlier life of this one, had run it. */
function hasRunElsewhere(workflowId: string, { id }: { id: string }): void {
	deduplicator.entries.set(`${workflowId} node-1`, [id]);
}

test('runs before the database has answered, and is known there soon', async () => {
	const { harness, id } = open();
	const release = holdDatabase();
	const sent = happenedNow();
	const { workflowData } = await harness.receive(TRIGGER, signed(sent));
	expect(await ran(harness, workflowData)).toBe(true);
	expect(deduplicator.entries.get(`${id} node-1`)).toBeUndefined();
	release();
	await recorded();
	expect(deduplicator.entries.get(`${id} node-1`)).toEqual([sent.id]);
	// As after a restart: this process hasn't reserved it.
	expect(await ran(harness, workflowData)).toBe(false);
});

test.each<[string, () => ReturnType<typeof event>, INode['parameters']]>([
	['happened before the start', () => event(), {}],
	[
		'happened within twice the tolerance of the start',
		happenedNow,
		{ options: { toleranceSeconds: HOUR_SECONDS / 2 } },
	],
	[
		'says that it happens later',
		() => event({ timestamp: new Date(Date.now() + 5_000).toISOString() }),
		{},
	],
])('is looked up where that is not proven: it %s', async (_name, create, parameters) => {
	const { harness, id } = open({ parameters });
	const sent = create();
	hasRunElsewhere(id, sent);
	const { workflowData } = await harness.receive(TRIGGER, signed(sent));
	expect(workflowData).toHaveLength(1);
	expect(await ran(harness, workflowData)).toBe(false);
});

test('is looked up where another process has received it', async () => {
	const { harness, id } = open();
	const sent = happenedNow();
	hasRunElsewhere(id, sent);
	expect(await ran(harness, [[{ json: sent }]])).toBe(false);
});

test('is known to the process that has run it, even when another one has written over the database', async () => {
	const { harness, id } = open();
	const sent = happenedNow();
	expect(await ran(harness, [[{ json: sent }]])).toBe(true);
	deduplicator.entries.delete(`${id} node-1`);
	expect(await ran(harness, [[{ json: sent }]])).toBe(false);
	expect(await ran(harness, [[{ json: happenedNow() }]])).toBe(true);
});

test('costs one access to the database together with those around it', async () => {
	const { harness, id } = open();
	const release = holdDatabase();
	const before = deduplicator.calls;
	for (let count = 0; count < 20; count += 1) {
		const { workflowData } = await harness.receive(TRIGGER, signed(happenedNow()));
		expect(await ran(harness, workflowData)).toBe(true);
	}
	release();
	await recorded();
	// The first of them is not made to wait.
	expect(deduplicator.calls - before).toBe(2);
	expect(deduplicator.entries.get(`${id} node-1`)).toHaveLength(20);
});

test('runs again when the sender was answered with a failure, and proves nothing', async () => {
	const { harness, id } = open();
	const sent = happenedNow();
	const first = await harness.receive(TRIGGER, signed(sent), 'webhook', 500);
	expect(await ran(harness, first.workflowData)).toBe(true);
	const retry = await harness.receive(TRIGGER, signed(sent));
	expect(await ran(harness, retry.workflowData)).toBe(true);
	await recorded();
	expect(deduplicator.entries.get(`${id} node-1`)).toEqual([sent.id]);

	const next = await harness.receive(TRIGGER, signed(happenedNow()));
	const release = holdDatabase();
	expect(await ran(harness, next.workflowData)).toBe(true);
	release();
	await recorded();
	expect(warn).not.toHaveBeenCalled();
});

test('runs and is told of when it cannot be recorded', async () => {
	const { harness } = open();
	deduplicator.failures = [new Error('locked'), new Error('locked')];
	const { workflowData } = await harness.receive(TRIGGER, signed(happenedNow()));
	expect(await ran(harness, workflowData)).toBe(true);
	await recorded();
	expect(warn).toHaveBeenCalledWith(
		'OpenClaw Trigger could not record an event, and may run it again after a restart',
		{ reason: 'locked' },
	);
});

// Last: what it shows holds for the rest of the process.
test('is looked up from then on when one has run in another process all the same', async () => {
	const { harness, id } = open();
	const [one, other] = [happenedNow(), happenedNow()];
	deduplicator.entries.set(`${id} node-1`, [one.id, other.id]);
	const first = await harness.receive(TRIGGER, signed(one));
	expect(await ran(harness, first.workflowData)).toBe(true);
	await recorded();
	expect(warn).toHaveBeenCalledTimes(1);
	expect(warn.mock.calls[0]).toEqual([
		expect.stringContaining('which another n8n process has run too'),
		{ eventId: one.id },
	]);
	const second = await harness.receive(TRIGGER, signed(other));
	expect(await ran(harness, second.workflowData)).toBe(false);
});
