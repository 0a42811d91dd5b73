import type { EventState, FindSession, KnownChat, KnownSession, StoredSession } from './eventState';
import { fieldsOf, idOf, inner, textOf, valueOf } from './fields';
import { isSameChat, mergeConversation, mergePlaces, mergeSender } from './place';
import type { Conversation, ConversationType, Place } from './place';

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
	place: Place,
	state: EventState,
	find: FindSession,
): { readonly sessionId: string | undefined; readonly stored: StoredSession | undefined } {
	if (place.sessionKey === undefined) return { sessionId: place.sessionId, stored: undefined };
	const session = openSession(state, place.sessionKey);
	// A session that is only now being made may have no entry yet.
	session.stored ??= find(place.sessionKey) ?? null;
	session.sessionId ??= session.stored?.sessionId;
	return {
		sessionId: place.sessionId ?? session.sessionId,
		stored: session.stored ?? undefined,
	};
}

/** Remembers where a message came from. @param elapsed milliseconds that no clock moves */
export function notePlace(place: Place, state: EventState, elapsed: number): void {
	const { sessionKey } = place;
	const lastPlace = { ...place, runId: undefined, trigger: undefined };
	if (sessionKey !== undefined) {
		const session = openSession(state, sessionKey);
		const before = session.lastPlace;
		session.isShared ||=
			before !== undefined &&
			(before.userId !== lastPlace.userId ||
				before.conversation?.id !== lastPlace.conversation?.id);
		session.lastPlace = lastPlace;
		session.placedAt = elapsed;
	}
	const key = chatKey(lastPlace.channel, lastPlace.conversation);
	if (key === undefined) return;
	const before = state.chats.get(key);
	const isOther = before?.sessionKey !== undefined && before.sessionKey !== sessionKey;
	const hasSeveral = before?.hasSeveral === true || isOther;
	state.chats.set(key, { lastPlace, sessionKey: hasSeveral ? undefined : sessionKey, hasSeveral });
}

/** The chat that a message is in, when messages have come from there. */
export function chatOf(
	{ channel, conversation, accountId }: Place,
	state: EventState,
): KnownChat | undefined {
	const key = chatKey(channel, conversation);
	const chat = key === undefined ? undefined : state.chats.get(key);
	const account = chat?.lastPlace.accountId;
	const isOther = accountId !== undefined && account !== undefined && account !== accountId;
	return isOther ? undefined : chat;
}

/** Adds what is certain of somebody's chat: names, kind, and the person where only one can be meant. */
export function withPlace(place: Place, state: EventState): Place {
	const { sessionKey, userId, conversation } = place;
	const parentSessionKey = sessionKey === undefined ? undefined : state.parents.get(sessionKey);
	const known = { ...place, parentSessionKey: place.parentSessionKey ?? parentSessionKey };
	const lastPlace =
		sessionKey === undefined ? undefined : state.sessions.get(sessionKey)?.lastPlace;
	if (lastPlace === undefined) return known;
	const isThere =
		lastPlace.conversation !== undefined &&
		conversation !== undefined &&
		lastPlace.channel === place.channel &&
		isSameChat(lastPlace.conversation, conversation);
	const isThem = userId !== undefined && lastPlace.userId === userId;
	return {
		...known,
		sender: isThem ? mergeSender(known.sender, lastPlace.sender) : known.sender,
		conversation: isThere ? mergeConversation(conversation, lastPlace.conversation) : conversation,
		accountId: known.accountId ?? (isThere ? lastPlace.accountId : undefined),
	};
}

/** Adds where a session belongs to what happens to it: as in the messages around. */
export function withLastPlace(place: Place, state: EventState, elapsed: number): Place {
	const known = withPlace(place, state);
	const session = place.sessionKey === undefined ? undefined : state.sessions.get(place.sessionKey);
	const lastPlace = session?.lastPlace;
	if (session === undefined || lastPlace === undefined) return known;
	const isMeant = !session.isShared || elapsed - session.placedAt < CAUSED_MS;
	if (isMeant) return mergePlaces(known, lastPlace);
	const { channel, accountId } = lastPlace;
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
