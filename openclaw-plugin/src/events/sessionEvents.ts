import type { EventParts } from './eventState';
import { amountOf, fieldsOf, idOf, inner, textOf } from './fields';
import { askStore, openSession, withLastPlace, withPlace } from './knownSessions';
import { agentIdOf, eventData, isSubagent, mergePlaces, sessionPlace } from './place';
import type { Place } from './place';

/**
 * The gateway says so for every open session when it stops, although all of them go on after the
 * restart: not the end of a session.
 */
const GATEWAY_STOPS: ReadonlySet<string> = new Set(['shutdown', 'restart']);

/**
 * Tells of a session when it is first heard of: the gateway has no hook for the new session of a chat
 * in a channel.
 */
export function noticeSession(place: Place, parts: EventParts): void {
	const { sessions, state, emit } = parts;
	const { sessionKey, sessionId } = place;
	if (sessionKey === undefined) return;
	if (sessionId !== undefined) openSession(state, sessionKey).sessionId = sessionId;
	if (!sessions.isFirstSight(sessionKey)) return;
	learnParent(sessionKey, parts);
	state.ahead.set(sessionKey, true);
	const known = withPlace({ ...place, runId: undefined }, state);
	emit('session.created', eventData(known, {}));
}

/** `session_start` */
export function onSessionStart(event: unknown, context: unknown, parts: EventParts): void {
	const { sessions, state, emit, elapsed } = parts;
	const place = sessionPlace(event, context);
	// The session that it goes on from: its own id after a reset.
	const resumedFrom = idOf(fieldsOf(event), 'resumedFrom');
	const { sessionKey, sessionId } = place;
	if (sessionKey !== undefined) {
		if (sessionId !== undefined) openSession(state, sessionKey).sessionId = sessionId;
		const isFirst = sessions.isFirstSight(sessionKey);
		// Its first message, a moment ago, was the same news.
		const isTold = state.ahead.delete(sessionKey) && resumedFrom === undefined;
		if (!isFirst && isTold) return;
		learnParent(sessionKey, parts);
	}
	emit('session.created', eventData(withLastPlace(place, state, elapsed()), { resumedFrom }));
}

/** `session_end` */
export function onSessionEnd(event: unknown, context: unknown, parts: EventParts): void {
	const { sessions, state, elapsed } = parts;
	const fields = fieldsOf(event);
	const reason = textOf(fields, 'reason') ?? 'unknown';
	if (GATEWAY_STOPS.has(reason)) return;
	const place = withLastPlace(sessionPlace(event, context), state, elapsed());
	const { sessionKey } = place;
	const nextSessionId = idOf(fields, 'nextSessionId');
	if (sessionKey !== undefined) {
		state.ahead.delete(sessionKey);
		if (nextSessionId === undefined) {
			sessions.forget(sessionKey);
			state.sessions.delete(sessionKey);
		} else {
			openSession(state, sessionKey).sessionId = nextSessionId;
		}
	}
	const messageCount = amountOf(fields, 'messageCount');
	parts.emit(
		'session.ended',
		eventData(place, {
			reason,
			// The gateway says 0 where it has not counted.
			messageCount: messageCount === 0 ? undefined : messageCount,
			durationMs: amountOf(fields, 'durationMs'),
		}),
	);
}

/** `subagent_spawned`: the session of a sub-agent begins. */
export function onSubagentSpawned(event: unknown, context: unknown, parts: EventParts): void {
	const child = childOf(event, context);
	if (child === undefined) return;
	const { sessionKey, parentSessionKey } = child;
	if (parentSessionKey !== undefined) parts.state.parents.set(sessionKey, parentSessionKey);
	const requester = inner(fieldsOf(event), 'requester');
	noticeSession(
		{
			...child,
			channel: textOf(requester, 'channel'),
			accountId: idOf(requester, 'accountId'),
			trigger: 'subagent',
		},
		parts,
	);
}

/** `subagent_ended`: a sub-agent has done what it was started for, or has failed to. */
export function onSubagentEnded(event: unknown, context: unknown, parts: EventParts): void {
	const { state, emit } = parts;
	const child = childOf(event, context);
	if (child === undefined) return;
	const fields = fieldsOf(event);
	const session = state.sessions.get(child.sessionKey);
	const reason = textOf(fields, 'outcome', 'reason') ?? 'unknown';
	const runId = idOf(fields, 'runId');
	const run = runId === undefined ? undefined : state.runs.get(runId);
	const own = { ...child, sessionId: session?.sessionId, runId, trigger: 'subagent' };
	const place = run === undefined ? own : mergePlaces(own, run.place);
	emit('session.ended', eventData(withPlace(place, state), { reason }));
}

/** A sub-agent's session may be heard of before it is told who has started it. */
function learnParent(sessionKey: string, { state, findSession }: EventParts): void {
	if (!isSubagent(sessionKey) || state.parents.has(sessionKey)) return;
	const parent = askStore({ sessionKey }, state, findSession).stored?.parentSessionKey;
	if (parent !== undefined) state.parents.set(sessionKey, parent);
}

/** The session of a sub-agent; undefined for runs that a plugin has started, which are none. */
function childOf(event: unknown, context: unknown) {
	const fields = fieldsOf(event);
	const known = fieldsOf(context);
	const sessionKey =
		textOf(fields, 'childSessionKey', 'targetSessionKey') ?? textOf(known, 'childSessionKey');
	const parentSessionKey = textOf(known, 'requesterSessionKey');
	if (sessionKey === undefined || !isSubagent(sessionKey)) return undefined;
	if (sessionKey === parentSessionKey) return undefined;
	return {
		agentId: textOf(fields, 'agentId') ?? agentIdOf(sessionKey),
		sessionKey,
		parentSessionKey,
	};
}
