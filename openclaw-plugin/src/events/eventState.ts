import { createHash } from 'node:crypto';
import type { EmitEvent } from '../outbox/emitter';
import { sharedOf } from '../shared';
import { BoundedMap } from './boundedMap';
import { isSameChat, isSubagent } from './place';
import type { ConversationType, Place } from './place';
import { createRun } from './run';
import type { Run } from './run';
import type { SessionRegistry } from './sessionRegistry';

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

/** Asks the gateway for the session that a key stands for now. */
export type FindSession = (sessionKey: string) => StoredSession | undefined;

/** What hooks have told of a session, for those that come later and say less. */
export interface KnownSession {
	sessionId?: string | undefined;
	/** What the store has said of its chat; null before it was asked. */
	stored: StoredSession | null;
	/** Where its last message came from. */
	lastPlace?: Place | undefined;
	/** When that was, milliseconds since 1970. */
	placedAt: number;
	/** Whether messages of several people or chats have come: the last one's is not everybody's. */
	isShared: boolean;
}

/** A chat of a channel, by its last message. */
export interface KnownChat {
	readonly lastPlace: Place;
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
	/** Runs whose reply may still be reported by a channel, the oldest first; each waits for itself. */
	readonly awaiting: Map<string, object>;
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

/** What the handlers of the hooks work with. */
export interface EventParts {
	readonly emit: EmitEvent;
	readonly sessions: SessionRegistry;
	readonly state: EventState;
	readonly findSession: FindSession;
	/** Milliseconds since 1970. */
	readonly now: () => number;
	/** Milliseconds for durations: no change of the system's clock moves them. */
	readonly elapsed: () => number;
	/** Calls back later, unless the process ends before. */
	readonly later: (ms: number, callback: () => void) => void;
}

/**
 * The state of one gateway.
 *
 * @param folder tells gateways apart: the folder of the plugin's data
 * @param elapsed milliseconds that no change of the system's clock moves
 */
export function eventState(folder: string, elapsed: () => number): EventState {
	return sharedOf(folder).slot('events', () => createEventState(elapsed));
}

/** The run with an id, a new one when it is not known. */
export function openRun(state: EventState, id: string): Run {
	const run = state.runs.get(id) ?? createRun(id);
	state.runs.set(id, run);
	return run;
}

function createEventState(elapsed: () => number): EventState {
	const seen = new Map<string, WeakSet<object>>();
	return {
		runs: new BoundedMap(RUNS, elapsed),
		runOfSession: new BoundedMap(RUNS, elapsed),
		replies: createExpectedReplies(elapsed),
		awaiting: new Map(),
		sessions: new BoundedMap(SESSIONS, elapsed),
		chats: new BoundedMap(SESSIONS, elapsed),
		parents: new BoundedMap(RUNS, elapsed),
		calls: new BoundedMap(RUNS, elapsed),
		ahead: new BoundedMap(AHEAD, elapsed),
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

/**
 * What runs have written, to tell which run a delivered message belongs to: the report of a delivery
 * often names no run. What fits more than one run is joined with none.
 */
export interface ExpectedReplies {
	/** A run has written something that may be delivered. */
	expect(run: Run, text: string): void;
	/** Finds the run whose text was delivered, which is then no longer expected. */
	take(place: Place, content: string): ReplyMatch;
}

export interface ReplyMatch {
	/** Undefined when it is of no run, or when it is not certain of which. */
	readonly run: Run | undefined;
	/** Runs that it may be of. */
	readonly candidates: readonly Run[];
}

interface Expected {
	readonly run: Run;
	/** Another run's text was the same, and it is not known which one was delivered. */
	isUncertain: boolean;
}

const EXPECTED = { limit: 2000, keptMs: 30 * 60_000 };
const MAX_EQUAL = 20;
/** Longer texts are compared by their hash. */
const MAX_TEXT = 200;

function createExpectedReplies(elapsed: () => number): ExpectedReplies {
	const expected = new BoundedMap<readonly Expected[]>(EXPECTED, elapsed);
	return {
		expect: (run, text) => {
			// What a sub-agent writes goes to the agent that has started it.
			if (isSubagent(run.place.sessionKey)) return;
			const key = textKey(text);
			const known = expected.get(key) ?? [];
			// A run that is tried anew says the same again.
			if (key === '' || known.some((other) => other.run === run)) return;
			expected.set(key, [...known, { run, isUncertain: false }].slice(-MAX_EQUAL));
		},
		take: (place, content) => {
			const key = textKey(content);
			const known = expected.get(key) ?? [];
			const fitting = known.filter(({ run }) => fits(run, place));
			// What was told or reported before is hardly delivered now, when there is another.
			const open = fitting.filter(({ run }) => !run.isTold && !run.isReported);
			const candidates = open.length === 0 ? fitting : open;
			const [taken] = candidates;
			if (taken === undefined) return { run: undefined, candidates: [] };
			if (candidates.length > 1) for (const one of candidates) one.isUncertain = true;
			expected.set(
				key,
				known.filter((other) => other !== taken),
			);
			return {
				run: taken.isUncertain ? undefined : taken.run,
				candidates: candidates.map(({ run }) => run),
			};
		},
	};
}

/** Whether a message may be of a run: it is in its session, or in the chat that it replies to. */
function fits({ place: run }: Run, message: Place): boolean {
	if (message.runId !== undefined) return message.runId === run.runId;
	if (message.sessionKey !== undefined && message.sessionKey === run.sessionKey) return true;
	if (run.channel === undefined || run.channel !== message.channel) return false;
	const isOther =
		run.accountId !== undefined &&
		message.accountId !== undefined &&
		run.accountId !== message.accountId;
	return (
		!isOther &&
		run.conversation !== undefined &&
		message.conversation !== undefined &&
		isSameChat(run.conversation, message.conversation)
	);
}

function textKey(content: string): string {
	const text = content.trim();
	return text.length <= MAX_TEXT ? text : createHash('sha256').update(text).digest('base64');
}
