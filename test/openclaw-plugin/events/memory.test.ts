import { eventState } from '../../../openclaw-plugin/src/events/eventState';
import { calls, CHAT_RUN } from './support/calls';
import { startEventHarness, type EventHarness } from './support/eventHarness';

const RUNS = 100_000;
const SESSIONS = 20_000;

/** Turns whose end is told, and such whose end never is. */
function playRun(harness: EventHarness, run: number): void {
	const runId = `run-${String(run)}`;
	const sessionKey = `agent:main:telegram:direct:${String(run % SESSIONS)}`;
	const text = `Reply ${String(run)}`;
	harness.call(calls.received('Hello', { sessionKey }));
	harness.call(calls.modelInput(runId, { ...CHAT_RUN, sessionKey }));
	harness.call(calls.modelFailure(runId));
	harness.call(calls.modelOutput(runId, text, { ...CHAT_RUN, sessionKey }));
	if (run % 3 !== 0) harness.call(calls.runEnd(runId, {}, sessionKey));
	if (run % 7 === 0) harness.call(calls.sent(text, { sessionKey }));
	harness.advance(1);
}

it('keeps a bounded amount of state over 100,000 runs', async () => {
	const harness = await startEventHarness();
	const state = eventState(harness.scope, harness.now);
	for (let run = 0; run < RUNS; run += 1) {
		playRun(harness, run);
		if (run % 1000 === 0) harness.events.length = 0;
	}

	expect(state.runs.size).toBe(1000);
	expect(state.runOfSession.size).toBe(1000);
	expect(state.sessions.size).toBe(10_000);
	expect(state.ahead.size).toBe(1000);
	expect(state.awaiting.size).toBeLessThanOrEqual(1000);
	expect(harness.complaints).toEqual([]);
	harness.close();
}, 60_000);
