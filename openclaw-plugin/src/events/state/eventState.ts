import { processState } from '../../processState';
import { BoundedMap } from './boundedMap';
import { createExpectedReplies } from './expectedReplies';
import type { ExpectedReplies } from './expectedReplies';
import { createRun } from './run';
import type { Run } from './run';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const RUNS = { limit: 1000, keptMs: 6 * HOUR_MS };
const SESSIONS = { limit: 10_000, keptMs: 24 * HOUR_MS };
const AHEAD = { limit: 1000, keptMs: MINUTE_MS };

/** What the instances of the plugin in one process know together, as each gets some of the hooks. */
export interface EventState {
	readonly runs: BoundedMap<Run>;
	/** The last run of a session. */
	readonly runOfSession: BoundedMap<string>;
	readonly replies: ExpectedReplies;
	/** Runs whose reply may still be reported by a channel: by run, until when to wait for that. */
	readonly awaiting: Map<string, number>;
	/** By session: runs whose reply was handed to its channel, which has not reported anything yet. */
	readonly offering: BoundedMap<Set<string>>;
	/** The ids of sessions by their key. */
	readonly sessionIds: BoundedMap<string>;
	/** Sessions that were told as created before the gateway's `session_start`. */
	readonly ahead: BoundedMap<true>;
	/** Whether a payload was not seen yet: a hook may reach more than one instance. */
	isNew(hook: string, payload: unknown): boolean;
}

/**
 * The state of one gateway.
 *
 * @param scope tells gateways apart: the folder of the plugin's data
 */
export function eventState(scope: string, now: () => number): EventState {
	const states = processState('event-hooks/1', () => new Map<string, EventState>());
	const known = states.get(scope) ?? createEventState(now);
	states.set(scope, known);
	return known;
}

/** The run with an id, a new one when it is not known. */
export function openRun(state: EventState, id: string): Run {
	const run = state.runs.get(id) ?? createRun(id);
	state.runs.set(id, run);
	return run;
}

function createEventState(now: () => number): EventState {
	const seen = new Map<string, WeakSet<object>>();
	const runs = new BoundedMap<Run>(RUNS, now);
	return {
		runs,
		runOfSession: new BoundedMap(RUNS, now),
		replies: createExpectedReplies(now, (runId) => runs.get(runId)?.isTold === true),
		awaiting: new Map(),
		offering: new BoundedMap(RUNS, now),
		sessionIds: new BoundedMap(SESSIONS, now),
		ahead: new BoundedMap(AHEAD, now),
		isNew: (hook, payload) => {
			if (typeof payload !== 'object' || payload === null) return true;
			const payloads = seen.get(hook) ?? new WeakSet();
			seen.set(hook, payloads);
			if (payloads.has(payload)) return false;
			payloads.add(payload);
			return true;
		},
	};
}
