import type { EventState, KnownChat, KnownSession, StoredSession } from './eventState';
import { fieldsOf, idOf, inner, textOf, valueOf } from './fields';
import { isSameChat, mergeConversation, mergeOrigin, mergeSender } from './origin';
import type { Conversation, ConversationType, Origin } from './origin';

/** Asks the gateway for the session that a key stands for now. */
export type FindSession = (sessionKey: string) => StoredSession | undefined;

/** For how long what happens to a session counts as caused by its last message. */
const CAUSED_MS = 30_000;
const TYPES: ReadonlySet<unknown> = new Set(['direct', 'group', 'channel']);

type GetSessionEntry = (query: { sessionKey: string }) => unknown;

/**
 * Reads the session store of the gateway, some 0.5 ms; knows nothing where a gateway has none.
 *
 * @param runtime `api.runtime`
 */
export function createSessionLookup(runtime: unknown): FindSession {
	return (sessionKey) => {
		const session = inner(inner(fieldsOf(runtime), 'agent'), 'session');
		const getSessionEntry = valueOf(session, 'getSessionEntry');
		if (typeof getSessionEntry !== 'function') return undefined;
		try {
			const entry = fieldsOf((getSessionEntry as GetSessionEntry)({ sessionKey }));
			const type = valueOf(entry, 'chatType');
			return {
				sessionId: idOf(entry, 'sessionId'),
				type: TYPES.has(type) ? (type as ConversationType) : undefined,
				name: textOf(entry, 'subject', 'groupChannel'),
				parentSessionKey: textOf(entry, 'spawnedBy', 'parentSessionKey'),
			};
		} catch {
			return undefined;
		}
	};
}

/** The session with a key, a new one when it is not known. */
export function openSession(state: EventState, sessionKey: string): KnownSession {
	const known = state.sessions.get(sessionKey);
	if (known !== undefined) return known;
	const session: KnownSession = { stored: null, placedAt: 0, isShared: false };
	state.sessions.set(sessionKey, session);
	return session;
}

/** Asks the store, once for each session, for what the hooks do not tell of it. */
export function askStore(
	origin: Origin,
	state: EventState,
	find: FindSession,
): { readonly sessionId: string | undefined; readonly stored: StoredSession | undefined } {
	if (origin.sessionKey === undefined) return { sessionId: origin.sessionId, stored: undefined };
	const session = openSession(state, origin.sessionKey);
	// A session that is only now being made may have no entry yet.
	session.stored ??= find(origin.sessionKey) ?? null;
	session.sessionId ??= session.stored?.sessionId;
	return {
		sessionId: origin.sessionId ?? session.sessionId,
		stored: session.stored ?? undefined,
	};
}

/** Remembers where a message came from. @param elapsed milliseconds that no clock moves */
export function notePlace(origin: Origin, state: EventState, elapsed: number): void {
	const { sessionKey } = origin;
	const place = { ...origin, runId: undefined, trigger: undefined };
	if (sessionKey !== undefined) {
		const session = openSession(state, sessionKey);
		const before = session.place;
		session.isShared ||=
			before !== undefined &&
			(before.userId !== place.userId || before.conversation?.id !== place.conversation?.id);
		session.place = place;
		session.placedAt = elapsed;
	}
	const key = chatKey(place.channel, place.conversation);
	if (key === undefined) return;
	const before = state.chats.get(key);
	const isOther = before?.sessionKey !== undefined && before.sessionKey !== sessionKey;
	const hasSeveral = before?.hasSeveral === true || isOther;
	state.chats.set(key, { place, sessionKey: hasSeveral ? undefined : sessionKey, hasSeveral });
}

/** The chat that a message is in, when messages have come from there. */
export function chatOf(
	{ channel, conversation, accountId }: Origin,
	state: EventState,
): KnownChat | undefined {
	const key = chatKey(channel, conversation);
	const chat = key === undefined ? undefined : state.chats.get(key);
	const account = chat?.place.accountId;
	const isOther = accountId !== undefined && account !== undefined && account !== accountId;
	return isOther ? undefined : chat;
}

/** Adds what is certain of somebody's chat: names, kind, and the person where only one can be meant. */
export function withPlace(origin: Origin, state: EventState): Origin {
	const { sessionKey, userId, conversation } = origin;
	const parentSessionKey = sessionKey === undefined ? undefined : state.parents.get(sessionKey);
	const known = { ...origin, parentSessionKey: origin.parentSessionKey ?? parentSessionKey };
	const place = sessionKey === undefined ? undefined : state.sessions.get(sessionKey)?.place;
	if (place === undefined) return known;
	const isThere =
		place.conversation !== undefined &&
		conversation !== undefined &&
		place.channel === origin.channel &&
		isSameChat(place.conversation, conversation);
	const isThem = userId !== undefined && place.userId === userId;
	return {
		...known,
		sender: isThem ? mergeSender(known.sender, place.sender) : known.sender,
		conversation: isThere ? mergeConversation(conversation, place.conversation) : conversation,
		accountId: known.accountId ?? (isThere ? place.accountId : undefined),
	};
}

/** Adds where a session belongs to what happens to it: as in the messages around. */
export function withLastPlace(origin: Origin, state: EventState, elapsed: number): Origin {
	const known = withPlace(origin, state);
	const session =
		origin.sessionKey === undefined ? undefined : state.sessions.get(origin.sessionKey);
	const place = session?.place;
	if (session === undefined || place === undefined) return known;
	const isMeant = !session.isShared || elapsed - session.placedAt < CAUSED_MS;
	if (isMeant) return mergeOrigin(known, place);
	const { channel, accountId } = place;
	return { ...known, channel: known.channel ?? channel, accountId: known.accountId ?? accountId };
}

function chatKey(
	channel: string | undefined,
	conversation: Conversation | undefined,
): string | undefined {
	return channel === undefined || conversation === undefined
		? undefined
		: `${channel}\n${conversation.id}`;
}
