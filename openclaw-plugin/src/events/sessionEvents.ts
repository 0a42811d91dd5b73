import { eventData } from './eventParts';
import type { EventParts } from './eventParts';
import type { Origin } from './payloads/origin';
import { parseSessionEnd, parseSessionStart } from './payloads/sessions';

/**
 * The gateway says so for every open session when it stops, although all of them go on after the
 * restart: not the end of a session.
 */
const GATEWAY_STOPS: ReadonlySet<string> = new Set(['shutdown', 'restart']);

/**
 * Tells of a session when it is first heard of: the gateway has no hook for the new session of a chat
 * in a channel.
 */
export function noticeSession(origin: Origin, parts: EventParts): void {
	const { sessions, state, emit } = parts;
	const { sessionKey, sessionId } = origin;
	if (sessionKey === undefined) return;
	if (sessionId !== undefined) state.sessionIds.set(sessionKey, sessionId);
	if (!sessions.isFirstSight(sessionKey)) return;
	state.ahead.set(sessionKey, true);
	emit('session.created', eventData({ ...origin, runId: undefined }, {}));
}

/** `session_start` */
export function onSessionStart(event: unknown, context: unknown, parts: EventParts): void {
	const { sessions, state, emit } = parts;
	const { origin, resumedFrom } = parseSessionStart(event, context);
	const { sessionKey, sessionId } = origin;
	if (sessionKey !== undefined) {
		if (sessionId !== undefined) state.sessionIds.set(sessionKey, sessionId);
		const isFirst = sessions.isFirstSight(sessionKey);
		// Its first message, a moment ago, was the same news.
		const isTold = state.ahead.delete(sessionKey) && resumedFrom === undefined;
		if (!isFirst && isTold) return;
	}
	emit('session.created', eventData(origin, { resumedFrom }));
}

/** `session_end` */
export function onSessionEnd(event: unknown, context: unknown, parts: EventParts): void {
	const { sessions, state, emit } = parts;
	const { origin, reason, messageCount, durationMs, nextSessionId } = parseSessionEnd(
		event,
		context,
	);
	if (GATEWAY_STOPS.has(reason)) return;
	const { sessionKey } = origin;
	if (sessionKey !== undefined) {
		state.ahead.delete(sessionKey);
		if (nextSessionId === undefined) {
			sessions.forget(sessionKey);
			state.sessionIds.delete(sessionKey);
		} else {
			state.sessionIds.set(sessionKey, nextSessionId);
		}
	}
	emit(
		'session.ended',
		eventData(origin, {
			reason,
			// The gateway says 0 where it has not counted.
			messageCount: messageCount === 0 ? undefined : messageCount,
			durationMs,
		}),
	);
}
