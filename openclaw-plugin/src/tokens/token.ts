import { createHash, randomBytes } from 'node:crypto';

/** What a token opens: writing to inbound endpoints, to any agent, or the API for endpoints. */
export type TokenScope = 'inbound' | 'agents' | 'endpoints';

export const TOKEN_SCOPES: readonly TokenScope[] = ['inbound', 'agents', 'endpoints'];

const ID_LENGTH = 10;
const SECRET_BYTES = 32;
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TOKEN = /^ocw_([0-9a-z]{10})_[\w-]{43}$/;

/** Makes a token `ocw_<id>_<random>` with 256 random bits. The id is public, the whole is the secret. */
export function createToken(): { readonly id: string; readonly token: string } {
	const id = Array.from(randomBytes(ID_LENGTH), (byte) => ALPHABET.charAt(byte & 31)).join('');
	return { id, token: `ocw_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}` };
}

/**
 * The public id in a token, undefined for what is none of ours.
 *
 * @example
 * tokenId('ocw_4mzq0c7k2v_…'); // '4mzq0c7k2v'
 */
export function tokenId(token: string): string | undefined {
	return TOKEN.exec(token)?.[1];
}

/**
 * What is kept of a token. It is random enough that nobody can find it by trying, so a fast hash does.
 */
export function hashToken(token: string): Buffer {
	return createHash('sha256').update(token).digest();
}
