import { eventData, withoutUnknown } from './eventParts';
import type { EventParts } from './eventParts';
import { parseOffered, parseOutgoing, parseReceived, parseSent } from './payloads/messages';
import type { OfferedReply, OutgoingMessage, SentMessage } from './payloads/messages';
import type { Origin } from './payloads/origin';
import { turnOf, WEBCHAT } from './runReply';
import { noticeSession } from './sessionEvents';
import { sessionIdOf } from './sessionIds';
import { openRun } from './state/eventState';
import type { Delivered, Join } from './state/expectedReplies';
import type { Run } from './state/run';

/** `message_received` */
export function onMessageReceived(event: unknown, context: unknown, parts: EventParts): void {
	const { origin, content, messageId } = parseReceived(event, context);
	const sessionId = sessionIdOf(origin.sessionKey, parts.state, parts.findSessionId);
	const whole = { ...origin, sessionId };
	noticeSession(whole, parts);
	const message = withoutUnknown({ role: 'user', content, messageId });
	parts.emit('message.received', eventData(whole, { message }));
}

/** `reply_payload_sending`: the agent waits until it returns. */
export function onReplyOffered(event: unknown, context: unknown, parts: EventParts): void {
	const { state } = parts;
	const reply = parseOffered(event, context);
	const { runId, sessionKey, channel } = reply.origin;
	const run = runId === undefined ? undefined : openRun(state, runId);
	if (channel === WEBCHAT) {
		tellWebchatReply(reply, run, parts);
		return;
	}
	state.replies.offer(reply);
	if (run === undefined) return;
	run.isOffered = true;
	run.origin = { ...run.origin, channel, userId: reply.origin.userId ?? run.origin.userId };
	if (sessionKey === undefined) return;
	const offering = state.offering.get(sessionKey) ?? new Set();
	state.offering.set(sessionKey, offering.add(run.id));
}

/** `message_sending`: `message_sent` will tell what becomes of it. */
export function onMessageSending(event: unknown, context: unknown, parts: EventParts): void {
	const message = parseOutgoing(event, context);
	noteReport(message.origin, parts);
	for (const runId of parts.state.replies.send(deliveredOf(message))) {
		markReported(runId, parts);
	}
}

/** `message_sent` */
export function onMessageSent(event: unknown, context: unknown, parts: EventParts): void {
	const { state, emit } = parts;
	const sent = parseSent(event, context);
	noteReport(sent.origin, parts);
	const join = state.replies.take(deliveredOf(sent));
	const run = join?.runId === undefined ? undefined : state.runs.get(join.runId);
	if (run !== undefined) markReported(run.id, parts);
	const origin = wholeOrigin(sent.origin, join, run, parts);
	const { content, messageId } = sent;
	if (sent.failure !== undefined) {
		tellUndelivered(sent, origin, run, parts);
	} else if (run?.isTold !== true) {
		const message = withoutUnknown({ role: 'assistant', content, messageId });
		emit('message.sent', eventData(origin, { message, ...turn(join, run) }));
	}
}

/** Nothing reports deliveries to the control UI: what is handed over arrives. */
function tellWebchatReply(reply: OfferedReply, run: Run | undefined, parts: EventParts): void {
	if (run !== undefined) run.isTold = true;
	if (reply.content === '') return;
	const origin = wholeOrigin(reply.origin, { runId: run?.id, reply }, run, parts);
	const message = { role: 'assistant', content: reply.content };
	parts.emit('message.sent', eventData(origin, { message, ...turnOf(run, reply) }));
}

function tellUndelivered(
	{ failure, content }: SentMessage,
	origin: Origin,
	run: Run | undefined,
	{ emit }: EventParts,
): void {
	if (run?.isFailureTold === true) return;
	const error = { message: run?.deliveryFailure ?? failure, source: 'delivery' };
	const message = { role: 'assistant', content };
	emit('error.occurred', eventData(origin, { error, message }));
}

function turn(join: Join | undefined, run: Run | undefined) {
	return join === undefined || (run === undefined && join.reply === undefined)
		? {}
		: turnOf(run, join.reply);
}

/** Adds what is known of the run and the reply that a message belongs to. */
function wholeOrigin(
	message: Origin,
	join: Join | undefined,
	run: Run | undefined,
	{ state, findSessionId }: EventParts,
): Origin {
	const { sessionKey } = message;
	const reply = join?.reply;
	return {
		...message,
		agentId: reply?.origin.agentId ?? message.agentId ?? run?.origin.agentId,
		sessionId: reply?.sessionId ?? sessionIdOf(sessionKey, state, findSessionId),
		userId: reply?.origin.userId ?? message.userId,
		runId: message.runId ?? join?.runId,
		trigger: run?.origin.trigger,
	};
}

/** The channel reports what is sent for a session: nothing has to be told in its place. */
function noteReport({ sessionKey }: Origin, parts: EventParts): void {
	if (sessionKey === undefined) return;
	for (const runId of parts.state.offering.get(sessionKey) ?? []) markReported(runId, parts);
	parts.state.offering.delete(sessionKey);
}

function markReported(runId: string, { state }: EventParts): void {
	const run = state.runs.get(runId);
	if (run !== undefined) run.isReported = true;
	state.awaiting.delete(runId);
}

function deliveredOf({ origin, to, content }: OutgoingMessage): Delivered {
	const { runId, sessionKey, channel } = origin;
	return { runId, sessionKey, channel, to, content };
}
