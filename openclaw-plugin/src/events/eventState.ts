import { sharedOf } from '../shared';
import { BoundedMap } from './boundedMap';
import { createExpectedReplies } from './expectedReplies';
import type { ExpectedReplies } from './expectedReplies';
import type { ConversationType, Origin } from './origin';
import { createRun } from './run';
import type { Run } from './run';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

const RUNS = { limit: 1000, keptMs: 6 * HOUR_MS };
const SESSIONS = { limit: 10_000, keptMs: 24 * HOUR_MS };
const AHEAD = { limit: 1000, keptMs: MINUTE_MS };

/** What the gateway's session store says of a session. */
export interface StoredSession {
	readonly sessionId: string | undefined;
	readonly type: ConversationType | undefined;
	/** Title of the group. */
	readonly name: string | undefined;
	/** Of a sub-agent: the session that has started it. */
	readonly parentSessionKey: string | undefined;
}

/** What hooks have told of a session, for those that come later and say less. */
export interface KnownSession {
	sessionId?: string | undefined;
	/** What the store has said of its chat; null before it was asked. */
	stored: StoredSession | null;
	/** Where its last message came from. */
	place?: Origin | undefined;
	/** When that was, milliseconds since 1970. */
	placedAt: number;
	/** Whether messages of several people or chats have come: the last one's is not everybody's. */
	isShared: boolean;
}

/** A chat of a channel, by its last message. */
export interface KnownChat {
	readonly place: Origin;
	/** Undefined where there are several, as each topic has its own. */
	readonly sessionKey: string | undefined;
	readonly hasSeveral: boolean;
}

/** A tool call whose beginning is known. */
export interface OpenCall {
	readonly runId: string | undefined;
	readonly callId: string;
	/** Of a call through the catalog: whether the tool itself was called. */
	readonly hasInner: boolean;
	readonly isTold: boolean;
	/** Whether its end was told already, and its beginning with it. */
	readonly isOver: boolean;
}

/** What the instances of the plugin in one process know together, as each gets some of the hooks. */
export interface EventState {
	readonly runs: BoundedMap<Run>;
	/** The last run of a session. */
	readonly runOfSession: BoundedMap<string>;
	readonly replies: ExpectedReplies;
	/** Runs whose reply may still be reported by a channel: by run, until when to wait for that. */
	readonly awaiting: Map<string, number>;
	/** By session key. */
	readonly sessions: BoundedMap<KnownSession>;
	/** By channel, account and chat. */
	readonly chats: BoundedMap<KnownChat>;
	/** Sub-agents' sessions: which session has started each. */
	readonly parents: BoundedMap<string>;
	/** Tool calls that have begun, by run and call. */
	readonly calls: BoundedMap<OpenCall>;
	/** Sessions that were told as created before the gateway's `session_start`. */
	readonly ahead: BoundedMap<true>;
	/** Whether a payload was not seen yet: a hook may reach more than one instance. */
	isNew(hook: string, payload: unknown): boolean;
}

/**
 * The state of one gateway.
 *
 * @param folder tells gateways apart: the folder of the plugin's data
 */
export function eventState(folder: string, now: () => number): EventState {
	return sharedOf(folder).slot('events', () => createEventState(now));
}

/** The run with an id, a new one when it is not known. */
export function openRun(state: EventState, id: string): Run {
	const run = state.runs.get(id) ?? createRun(id);
	state.runs.set(id, run);
	return run;
}

function createEventState(now: () => number): EventState {
	const seen = new Map<string, WeakSet<object>>();
	return {
		runs: new BoundedMap(RUNS, now),
		runOfSession: new BoundedMap(RUNS, now),
		replies: createExpectedReplies(now),
		awaiting: new Map(),
		sessions: new BoundedMap(SESSIONS, now),
		chats: new BoundedMap(SESSIONS, now),
		parents: new BoundedMap(RUNS, now),
		calls: new BoundedMap(RUNS, now),
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
