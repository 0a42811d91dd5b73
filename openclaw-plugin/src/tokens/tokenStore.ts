import type { Database, Row } from '../store/databaseAccess';
import { createToken, hashToken, TOKEN_SCOPES } from './token';
import type { TokenScope } from './token';

/** What is known about a token. The token itself is not kept. */
export interface TokenRecord {
	/** Public: part of the token, and what it is revoked by. */
	readonly id: string;
	/** What people call it. */
	readonly name: string;
	readonly scopes: readonly TokenScope[];
	/** Milliseconds since 1970. */
	readonly createdAt: number;
	/** Milliseconds since 1970, correct to a minute; absent while it was never used. */
	readonly lastUsedAt?: number;
}

/** Milliseconds between two notes that a token was used: not every request is worth a write. */
const USE_NOTED_EVERY_MS = 60_000;

/**
 * Makes a token and remembers its SHA-256.
 *
 * @returns the token, which can't be had again, and what is known about it
 * @example
 * const { token } = issueToken(database, { name: 'n8n', scopes: ['inbound'] });
 */
export function issueToken(
	database: Database,
	{ name, scopes }: { readonly name: string; readonly scopes: readonly TokenScope[] },
	now = Date.now(),
): { readonly token: string; readonly record: TokenRecord } {
	const { id, token } = createToken();
	const record: TokenRecord = { id, name, scopes: [...new Set(scopes)], createdAt: now };
	database
		.prepare('INSERT INTO tokens (id, name, hash, scopes, created_at) VALUES (?, ?, ?, ?, ?)')
		.run(id, name, hashToken(token), record.scopes.join(' '), now);
	return { token, record };
}

/** All tokens, oldest first. */
export function listTokens(database: Database): readonly TokenRecord[] {
	return database.prepare('SELECT * FROM tokens ORDER BY created_at, id').all().map(readRecord);
}

/** Makes a token worthless at once. Says whether there was one with this id. */
export function revokeToken(database: Database, id: string): boolean {
	return database.prepare('DELETE FROM tokens WHERE id = ?').run(id).changes !== 0;
}

/** A token's record and hash, by its public id. */
export function findToken(
	database: Database,
	id: string,
): { readonly record: TokenRecord; readonly hash: Uint8Array } | undefined {
	const row = database.prepare('SELECT * FROM tokens WHERE id = ?').get(id);
	if (row === undefined || !(row.hash instanceof Uint8Array)) return undefined;
	return { record: readRecord(row), hash: row.hash };
}

/** Notes that a token was used, at most once a minute. */
export function noteTokenUse(database: Database, record: TokenRecord, now: number): void {
	if (now - (record.lastUsedAt ?? Number.NEGATIVE_INFINITY) < USE_NOTED_EVERY_MS) return;
	database.prepare('UPDATE tokens SET last_used_at = ? WHERE id = ?').run(now, record.id);
}

function readRecord(row: Row): TokenRecord {
	const scopes = String(row.scopes).split(' ');
	return {
		id: String(row.id),
		name: String(row.name),
		scopes: TOKEN_SCOPES.filter((scope) => scopes.includes(scope)),
		createdAt: Number(row.created_at),
		...(row.last_used_at === null ? {} : { lastUsedAt: Number(row.last_used_at) }),
	};
}
