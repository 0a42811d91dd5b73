import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Database, Row } from '../store/databaseAccess';

/**
 * The access tokens of this plugin: what they open, who has one, and whether a given one is right. A token
 * is `ocw_<id>_<random>`; the id is public, of the rest only a SHA-256 is kept.
 */

/**
 * What a token opens: writing to inbound endpoints, to any agent, into sessions other than those of
 * webhooks, the API for endpoints, that for events, and decisions on tool calls.
 */
export type TokenScope = 'inbound' | 'agents' | 'sessions' | 'endpoints' | 'events' | 'approvals';

export const TOKEN_SCOPES: readonly TokenScope[] = [
	'inbound',
	'agents',
	'sessions',
	'endpoints',
	'events',
	'approvals',
];

/** All that a token for certain inbound endpoints can open. */
const BOUND_SCOPES: readonly TokenScope[] = ['inbound', 'sessions'];

/** What a token can open, bound to inbound endpoints or not. */
export function possibleScopes(endpoints: readonly string[] | undefined): readonly TokenScope[] {
	return endpoints === undefined ? TOKEN_SCOPES : BOUND_SCOPES;
}

/** What somebody asks a token for. */
export interface TokenRequest {
	/** What people call it. */
	readonly name: string;
	/** All unless given; of one for certain endpoints `inbound` alone. */
	readonly scopes?: readonly TokenScope[];
	/** Inbound endpoints that it is for; all when absent. */
	readonly endpoints?: readonly string[];
	/** Milliseconds since 1970; it never expires when absent. */
	readonly expiresAt?: number;
}

/** What is known about a token. The token itself is not kept. */
export interface TokenRecord extends TokenRequest {
	readonly scopes: readonly TokenScope[];
	/** Public: part of the token, and what it is revoked by. */
	readonly id: string;
	/** Milliseconds since 1970. */
	readonly createdAt: number;
	/** Milliseconds since 1970, correct to a minute; absent while it was never used. */
	readonly lastUsedAt?: number;
}

/** What became of a wish to revoke a token. */
export type Revoked =
	| { readonly kind: 'revoked'; readonly token: TokenRecord }
	| { readonly kind: 'unknown' }
	/** Several have this name: which one must be said by its id. */
	| { readonly kind: 'ambiguous'; readonly ids: readonly string[] };

/** Who calls, by the token that came with the request. */
export interface Caller {
	/** Id of the token; {@link GATEWAY_TOKEN} for the gateway's own hook token. */
	readonly id: string;
	readonly scopes: readonly TokenScope[];
	/** Inbound endpoints that it may call; all when absent. */
	readonly endpoints?: readonly string[];
}

/** `unknown` for what is no valid token, `scope` for a valid one that does not open this. */
export type TokenVerdict =
	| { readonly ok: true; readonly caller: Caller }
	| { readonly ok: false; readonly reason: 'unknown' | 'expired' | 'scope' };

export type TokenCheck = (token: string, scope: TokenScope) => TokenVerdict;

/** The gateway's own token, `hooks.token`: it opens what writes to agents while `hooks.enabled` is true. */
export interface HookToken {
	readonly isEnabled: boolean;
	/** Anything but a text opens nothing: a secret reference that could not be resolved, for example. */
	readonly token?: unknown;
}

/** In the place of a token's id. */
export const GATEWAY_TOKEN = 'hooks';

const ID_LENGTH = 10;
const SECRET_BYTES = 32;
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TOKEN = /^ocw_([0-9a-z]{10})_[\w-]{43}$/;
/** Milliseconds between two notes that a token was used: not every request is worth a write. */
const USE_NOTED_EVERY_MS = 60_000;
/** What the gateway's own hooks do, too. */
const GATEWAY_SCOPES: readonly TokenScope[] = ['inbound', 'agents'];
/** Compared with where there is no token of an id, so that this takes the same way. */
const NO_HASH = hashToken('');

/**
 * Makes a token and remembers its SHA-256. One that is bound to endpoints opens these and nothing else,
 * whatever scopes are asked for.
 *
 * @returns the token, which can't be had again, and what is known about it
 * @example
 * const { token } = issueToken(database, { name: 'ci', scopes: ['inbound'], endpoints: ['deploy'] });
 */
export function issueToken(
	database: Database,
	{ name, endpoints, expiresAt, ...request }: TokenRequest,
	now = Date.now(),
): { readonly token: string; readonly record: TokenRecord } {
	const id = Array.from(randomBytes(ID_LENGTH), (byte) => ALPHABET.charAt(byte & 31)).join('');
	const token = `ocw_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}`;
	const { scopes = endpoints === undefined ? TOKEN_SCOPES : (['inbound'] as const) } = request;
	const possible = possibleScopes(endpoints);
	const record: TokenRecord = {
		id,
		name,
		scopes: possible.filter((scope) => scopes.includes(scope)),
		createdAt: now,
		...(endpoints === undefined ? {} : { endpoints: [...new Set(endpoints)] }),
		...(expiresAt === undefined ? {} : { expiresAt }),
	};
	database
		.prepare(
			`INSERT INTO tokens (id, name, hash, scopes, endpoints, created_at, expires_at)
			VALUES (?, ?, ?, ?, ?, ?, ?)`,
		)
		.run(
			id,
			name,
			hashToken(token),
			record.scopes.join(' '),
			record.endpoints === undefined ? null : JSON.stringify(record.endpoints),
			now,
			expiresAt ?? null,
		);
	return { token, record };
}

/** All tokens, oldest first, expired ones too. */
export function listTokens(database: Database): readonly TokenRecord[] {
	return database.prepare('SELECT * FROM tokens ORDER BY created_at, id').all().map(readRecord);
}

/**
 * Makes a token worthless at once.
 *
 * @param nameOrId an id wins over the same text as a name
 */
export function revokeToken(database: Database, nameOrId: string): Revoked {
	const rows = database.prepare('SELECT * FROM tokens WHERE id = ?1 OR name = ?1').all(nameOrId);
	const found = rows.map(readRecord);
	const named = found.find(({ id }) => id === nameOrId);
	const token = named ?? (found.length === 1 ? found[0] : undefined);
	if (token === undefined) {
		return found.length === 0
			? { kind: 'unknown' }
			: { kind: 'ambiguous', ids: found.map(({ id }) => id) };
	}
	database.prepare('DELETE FROM tokens WHERE id = ?').run(token.id);
	return { kind: 'revoked', token };
}

/**
 * Makes the check of tokens. A revoked or expired one is refused with the next request, and the gateway's
 * own hook token is asked for with each, as a reload of its settings changes it.
 *
 * Hashes are compared, in constant time, so that neither a token nor its hash can be found byte by byte.
 *
 * @param now milliseconds, the system's clock unless given
 */
export function createTokenCheck(options: {
	readonly database: Database;
	readonly hookToken: () => HookToken;
	readonly now?: () => number;
}): TokenCheck {
	const { database, hookToken, now = Date.now } = options;
	return (token, scope) => {
		const hash = hashToken(token);
		const gatewayHash = usableHash(hookToken());
		if (gatewayHash !== undefined && timingSafeEqual(hash, gatewayHash)) {
			return GATEWAY_SCOPES.includes(scope)
				? { ok: true, caller: { id: GATEWAY_TOKEN, scopes: GATEWAY_SCOPES } }
				: { ok: false, reason: 'scope' };
		}
		const id = TOKEN.exec(token)?.[1];
		const row =
			id === undefined ? undefined : database.prepare('SELECT * FROM tokens WHERE id = ?').get(id);
		const known = row?.hash instanceof Uint8Array ? row.hash : NO_HASH;
		if (!timingSafeEqual(hash, known) || row === undefined) return { ok: false, reason: 'unknown' };
		const record = readRecord(row);
		const time = now();
		if (record.expiresAt !== undefined && time >= record.expiresAt) {
			return { ok: false, reason: 'expired' };
		}
		if (!record.scopes.includes(scope)) return { ok: false, reason: 'scope' };
		noteUse(database, record, time);
		const { scopes, endpoints } = record;
		const caller = { id: record.id, scopes, ...(endpoints === undefined ? {} : { endpoints }) };
		return { ok: true, caller };
	};
}

/** A token is random enough that nobody can find it by trying, so a fast hash does. */
function hashToken(token: string): Buffer {
	return createHash('sha256').update(token).digest();
}

function usableHash({ isEnabled, token }: HookToken): Buffer | undefined {
	const isUsable = isEnabled && typeof token === 'string' && token.trim() !== '';
	return isUsable ? hashToken(token.trim()) : undefined;
}

function noteUse(database: Database, record: TokenRecord, now: number): void {
	if (Math.abs(now - (record.lastUsedAt ?? Number.NEGATIVE_INFINITY)) < USE_NOTED_EVERY_MS) return;
	try {
		database.prepare('UPDATE tokens SET last_used_at = ? WHERE id = ?').run(now, record.id);
	} catch {
		// A full disk must not lock anybody out.
	}
}

function readRecord(row: Row): TokenRecord {
	const scopes = String(row.scopes).split(' ');
	return {
		id: String(row.id),
		name: String(row.name),
		scopes: TOKEN_SCOPES.filter((scope) => scopes.includes(scope)),
		createdAt: Number(row.created_at),
		...(typeof row.endpoints === 'string'
			? { endpoints: JSON.parse(row.endpoints) as readonly string[] }
			: {}),
		...(row.expires_at === null ? {} : { expiresAt: Number(row.expires_at) }),
		...(row.last_used_at === null ? {} : { lastUsedAt: Number(row.last_used_at) }),
	};
}
