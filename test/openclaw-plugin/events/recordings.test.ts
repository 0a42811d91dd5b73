import { createEvent } from '../../../openclaw-plugin/src/outbox/envelope';
import { faultsOf } from '../../../testbed/eventFaults';
import { startEventHarness, type EventHarness } from './support/eventHarness';
import { EXPECTED_EVENTS } from './support/expectedEvents';
import { recording, SCENARIOS, type HookCall } from './support/recordings';
import { summarize } from './support/summary';

/** Longer than anything waits for. */
const LONG_MS = 60_000;
/** What is farther apart keeps its order. */
const AT_ONCE_MS = 500;

let harness: EventHarness;

const start = async () => {
	harness = await startEventHarness();
};

beforeEach(start);

afterEach(() => {
	expect(harness.complaints).toEqual([]);
	harness.close();
});

const play = (calls: readonly HookCall[]) => {
	harness.play(calls);
	harness.advance(LONG_MS);
	for (const { type, data, at = harness.now() } of harness.events) {
		expect(
			faultsOf(JSON.parse(createEvent({ type, data, at, instanceId: 'node-1' }).body)),
		).toEqual([]);
	}
	return harness.events.map(summarize);
};

const swap = (calls: readonly HookCall[], index: number): readonly HookCall[] =>
	calls.map((call, position) => {
		const other = position === index ? index + 1 : position === index + 1 ? index : position;
		return { ...(calls[other] ?? call), after: call.after };
	});

const gap = (calls: readonly HookCall[], index: number) =>
	(calls[index + 1]?.after ?? 0) - (calls[index]?.after ?? 0);

/** Without what a later hook would have added. */
const gist = (summaries: readonly string[]) =>
	summaries.map((summary) => /^\S+|"[^"]*"/g.exec(summary)?.[0]).sort();

it('knows what to expect of every recording', () => {
	expect(SCENARIOS).toEqual(Object.keys(EXPECTED_EVENTS));
});

it('takes less than 1.5 KB for a plain message', () => {
	play(recording('telegram: a reply, and one to a message that waited for it'));
	const sizes = harness.events.map(({ type, data, at = harness.now() }) =>
		Buffer.byteLength(createEvent({ type, data, at, instanceId: 'node-1' }).body),
	);
	expect(sizes.length).toBeGreaterThan(3);
	expect(Math.max(...sizes)).toBeLessThan(1536);
});

describe.each(SCENARIOS)('%s', (name) => {
	it('becomes these events, each once', () => {
		expect(play(recording(name))).toEqual(EXPECTED_EVENTS[name]);
	});

	it('becomes the same when both instances get all hooks', () => {
		const calls = recording(name).flatMap((call) => [
			call,
			{ ...call, instance: call.instance === 'full' ? ('discovery' as const) : ('full' as const) },
		]);

		expect(play(calls)).toEqual(EXPECTED_EVENTS[name]);
	});

	it('becomes the same when one instance gets all hooks', () => {
		const calls = recording(name).map((call) => ({ ...call, instance: 'full' as const }));

		expect(play(calls)).toEqual(EXPECTED_EVENTS[name]);
	});

	it('becomes the same when the plugin is loaded anew in between', async () => {
		const calls = recording(name);
		const middle = Math.floor(calls.length / 2);

		harness.play(calls.slice(0, middle));
		await harness.reload();
		const rest = calls.slice(middle);
		const from = rest[0]?.after ?? 0;
		const summaries = play(rest.map((call) => ({ ...call, after: call.after - from })));

		expect(summaries).toEqual(EXPECTED_EVENTS[name]);
	});

	it('becomes the same events when two hooks change places', async () => {
		const calls = recording(name);
		for (let index = 0; index < calls.length - 1; index += 1) {
			if (gap(calls, index) > AT_ONCE_MS) continue;
			const swapped = swap(recording(name), index);
			const pair = swapped.slice(index, index + 2).map(({ hook }) => hook);
			// A transcript is written because of the message.
			if (pair.join() === 'transcript,message_received') continue;

			const summaries = play(swapped);

			expect([pair, gist(summaries)]).toEqual([pair, gist(EXPECTED_EVENTS[name] ?? [])]);
			harness.close();
			await start();
		}
	});
});

it('tells of all recordings in one gateway', () => {
	for (const name of SCENARIOS) play(recording(name));

	const sent = Object.values(EXPECTED_EVENTS).flat();
	const count = (summaries: readonly string[], type: string) =>
		summaries.filter((summary) => summary.startsWith(type)).length;
	const told = harness.events.map(summarize);
	for (const type of ['message.received', 'message.sent', 'tool.called', 'tool.completed']) {
		expect([type, count(told, type)]).toEqual([type, count(sent, type)]);
	}
});
