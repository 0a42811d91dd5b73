import { fieldsOf, idOf, inner, valueOf } from './payloads/fields';
import type { EventState } from './state/eventState';

/** Asks the gateway for the id of the session that a key stands for now. */
export type FindSessionId = (sessionKey: string) => string | undefined;

type GetSessionEntry = (query: { sessionKey: string }) => unknown;

/**
 * Reads the session store of the gateway, some 0.5 ms; knows nothing where a gateway has none.
 *
 * @param runtime `api.runtime`
 */
export function createSessionLookup(runtime: unknown): FindSessionId {
	return (sessionKey) => {
		const session = inner(inner(fieldsOf(runtime), 'agent'), 'session');
		const getSessionEntry = valueOf(session, 'getSessionEntry');
		if (typeof getSessionEntry !== 'function') return undefined;
		try {
			const entry = (getSessionEntry as GetSessionEntry)({ sessionKey });
			return idOf(fieldsOf(entry), 'sessionId');
		} catch {
			return undefined;
		}
	};
}

/**
 * The id of a session whose hook does not tell it. What other hooks have told is remembered, so that
 * the gateway is asked once per session.
 */
export function sessionIdOf(
	sessionKey: string | undefined,
	state: EventState,
	find: FindSessionId,
): string | undefined {
	if (sessionKey === undefined) return undefined;
	const known = state.sessionIds.get(sessionKey);
	if (known !== undefined) return known;
	const found = find(sessionKey);
	if (found !== undefined) state.sessionIds.set(sessionKey, found);
	return found;
}
