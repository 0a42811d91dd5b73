import { openRun } from './eventState';
import type { EventParts } from './eventState';
import { fieldsOf, idOf, inner, listOf, textOf, valueOf, withoutUnknown } from './fields';
import { parseReceived } from './incomingMessage';
import { askStore, chatOf, notePlace, withPlace } from './knownSessions';
import { eventData, mergeConversation, messagePlace, WEBCHAT } from './place';
import type { Place } from './place';
import { markReported, turnOf } from './replies';
import { isConversation } from './run';
import type { Run } from './run';
import { noticeSession } from './sessionEvents';

/** What `message_sent` says: a message has arrived, or has not. */
interface SentMessage {
	readonly place: Place;
	readonly content: string;
	readonly messageId: string | undefined;
	/** Why it was not delivered; undefined when it was. */
	readonly failure: string | undefined;
}

/** Model that the gateway names for what it writes into a session itself. */
const GATEWAY_MODEL = 'gateway-injected';

/** `message_received` */
export function onMessageReceived(event: unknown, context: unknown, parts: EventParts): void {
	const { state, findSession, elapsed } = parts;
	const { place, message, files } = parseReceived(event, context);
	const { sessionId, stored } = askStore(place, state, findSession);
	const { conversation } = place;
	const whole = {
		...place,
		sessionId,
		conversation: conversation && {
			...conversation,
			type: conversation.type ?? stored?.type,
			name: conversation.name ?? stored?.name,
		},
	};
	notePlace(whole, state, elapsed());
	const placed = withPlace(whole, state);
	noticeSession(placed, parts);
	parts.emit('message.received', eventData(placed, { message }), undefined, files);
}

/** `message_sent` */
export function onMessageSent(event: unknown, context: unknown, parts: EventParts): void {
	const { state, emit } = parts;
	const sent = parseSent(event, context);
	const { run, isOfRun } = joinRun(sent, parts);
	const place = wholePlace(sent.place, run, parts);
	if (sent.failure !== undefined) {
		tellUndelivered(sent, place, run, parts);
		return;
	}
	if (run?.isTold === true && isOfRun) return;
	const { content, messageId } = sent;
	const message = withoutUnknown({ role: 'assistant', content, messageId });
	const turn = run === undefined || !isOfRun ? {} : turnOf(run);
	emit('message.sent', eventData(withPlace(place, state), { message, ...turn }));
}

/**
 * A new entry in a session's transcript. The control UI shows what is written there, and no hook tells
 * of what the gateway writes itself, such as the answer to a command.
 */
export function onTranscript(event: unknown, parts: EventParts): void {
	const { state, emit } = parts;
	const fields = fieldsOf(event);
	const message = inner(fields, 'message');
	if (textOf(message, 'role') !== 'assistant') return;
	const content = listOf(message, 'content')
		.map((part) => textOf(fieldsOf(part), 'text') ?? '')
		.join('');
	const runId = idOf(fields, 'runId');
	if (content === '') return;
	if (runId !== undefined) {
		const run = openRun(state, runId);
		// In other channels the report of the delivery has the text.
		if ((run.place.channel ?? WEBCHAT) === WEBCHAT) run.texts.push(content);
		return;
	}
	const sessionKey = textOf(fields, 'sessionKey');
	const lastPlace =
		sessionKey === undefined ? undefined : state.sessions.get(sessionKey)?.lastPlace;
	// It is the answer to the message whose id it carries.
	const isAnswer = idOf(message, 'idempotencyKey') !== undefined;
	const isNotice = textOf(message, 'model') === GATEWAY_MODEL && isAnswer;
	if (lastPlace?.channel !== WEBCHAT || !isNotice) return;
	emit('message.sent', eventData(lastPlace, { message: { role: 'assistant', content } }));
}

function parseSent(event: unknown, context: unknown): SentMessage {
	const fields = fieldsOf(event);
	const hasFailed = valueOf(fields, 'success') === false;
	return {
		place: messagePlace(fields, fieldsOf(context)),
		content: textOf(fields, 'content') ?? '',
		messageId: idOf(fields, 'messageId') ?? idOf(fieldsOf(context), 'messageId'),
		failure: hasFailed ? (textOf(fields, 'error') ?? 'The message was not delivered') : undefined,
	};
}

/** The run that a message is of, and whether its model has written the text. */
function joinRun({ place, content }: SentMessage, parts: EventParts) {
	const { state } = parts;
	const match = state.replies.take(place, content);
	for (const candidate of match.candidates) markReported(candidate, state);
	if (place.runId === undefined) return { run: match.run, isOfRun: match.run !== undefined };
	const run = openRun(state, place.runId);
	const isOfRun = match.run !== undefined || isPartOf(run, content);
	markReported(run, state);
	return { run, isOfRun };
}

/** The gateway may add something to what the model wrote, such as a prefix. */
function isPartOf({ text, end }: Run, content: string): boolean {
	if (end?.outcome.kind === 'failed') return false;
	const written = text?.trim() ?? '';
	return written !== '' && content.includes(written);
}

/** Adds what is known of the run and of the chat that a message belongs to. */
function wholePlace(message: Place, run: Run | undefined, parts: EventParts): Place {
	const { state, findSession } = parts;
	const chat = chatOf(message, state);
	const sessionKey =
		message.sessionKey ??
		(run !== undefined && isConversation(run) ? run.place.sessionKey : undefined) ??
		chat?.sessionKey;
	const isOfSession = sessionKey !== undefined && run?.place.sessionKey === sessionKey;
	// In a chat of two there is nobody else.
	const partner = chat?.lastPlace.conversation?.type === 'direct' ? chat.lastPlace : undefined;
	const { sessionId } = askStore({ sessionKey }, state, findSession);
	return {
		...message,
		agentId: message.agentId ?? run?.place.agentId ?? partner?.agentId,
		sessionKey,
		sessionId: isOfSession ? (run.place.sessionId ?? sessionId) : sessionId,
		userId: message.userId ?? (run && isConversation(run) ? run.place.userId : partner?.userId),
		sender: run !== undefined && isConversation(run) ? run.place.sender : partner?.sender,
		conversation: mergeConversation(
			mergeConversation(message.conversation, run?.place.conversation),
			chat?.lastPlace.conversation?.threadId === undefined
				? chat?.lastPlace.conversation
				: undefined,
		),
		runId: message.runId ?? run?.id,
		trigger: run?.place.trigger,
	};
}

function tellUndelivered(
	{ failure, content }: SentMessage,
	place: Place,
	run: Run | undefined,
	{ emit, state }: EventParts,
): void {
	if (run?.isFailureTold === true) return;
	const error = { message: failure, source: 'delivery' };
	const message = { role: 'assistant', content };
	emit('error.occurred', eventData(withPlace(place, state), { error, message }));
}
