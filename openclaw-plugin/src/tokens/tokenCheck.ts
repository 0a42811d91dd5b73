import { timingSafeEqual } from 'node:crypto';
import type { Database } from '../store/databaseAccess';
import { hashToken, tokenId } from './token';
import type { TokenScope } from './token';
import { findToken, noteTokenUse } from './tokenStore';

/** `unknown` for what is no valid token, `scope` for a valid one that does not open this. */
export type TokenVerdict =
	| {
			readonly ok: true;
			/** Id of the token; `hooks` for the gateway's own. */
			readonly id: string;
			/** All that it opens. */
			readonly scopes: readonly TokenScope[];
	  }
	| { readonly ok: false; readonly reason: 'unknown' | 'scope' };

export type TokenCheck = (token: string, scope: TokenScope) => TokenVerdict;

/** What the gateway's own hooks do, too. */
const HOOKS_SCOPES: readonly TokenScope[] = ['inbound', 'agents'];
const UNKNOWN: TokenVerdict = { ok: false, reason: 'unknown' };
/** Compared with where there is no token of an id, so that this takes the same way. */
const NO_HASH = hashToken('');

/**
 * Makes the check of tokens. The gateway's own hook token opens what writes to
 * agents. A revoked token is
 * refused with the next request.
 *
 * Hashes are compared, in constant time, so that neither a token nor its hash can be found byte by byte.
 *
 * @param hooksToken `hooks.token` of the gateway's configuration; absent, or no text, opens nothing
 * @param now milliseconds, the system's clock unless given
 */
export function createTokenCheck(options: {
	readonly database: Database;
	readonly hooksToken: unknown;
	readonly now?: () => number;
}): TokenCheck {
	const { database, hooksToken, now = Date.now } = options;
	const isUsable = typeof hooksToken === 'string' && hooksToken.trim() !== '';
	const hooksHash = isUsable ? hashToken(hooksToken.trim()) : undefined;
	return (token, scope) => {
		const hash = hashToken(token);
		if (hooksHash !== undefined && timingSafeEqual(hash, hooksHash)) {
			return HOOKS_SCOPES.includes(scope)
				? { ok: true, id: 'hooks', scopes: HOOKS_SCOPES }
				: { ok: false, reason: 'scope' };
		}
		const id = tokenId(token);
		const found = id === undefined ? undefined : findToken(database, id);
		const isSame = timingSafeEqual(hash, found?.hash ?? NO_HASH);
		if (found === undefined || !isSame) return UNKNOWN;
		if (!found.record.scopes.includes(scope)) return { ok: false, reason: 'scope' };
		try {
			noteTokenUse(database, found.record, now());
		} catch {
			// A full disk must not lock anybody out.
		}
		return { ok: true, id: found.record.id, scopes: found.record.scopes };
	};
}
