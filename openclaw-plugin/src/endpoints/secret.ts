import { createHash } from 'node:crypto';

export { createSecret } from '../protocol';

/** What Standard Webhooks asks for at the least. */
const MIN_SECRET_BYTES = 24;
const MAX_SECRET_BYTES = 64;
const SECRET = /^whsec_(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Tells whether a secret that somebody else made has the form of ours: `whsec_` and Base64 of 24 to 64
 * bytes, as Standard Webhooks asks for. A shorter one could be found by trying.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function isSecret(text: string): boolean {
	if (!SECRET.test(text)) return false;
	const bytes = Buffer.from(text.slice('whsec_'.length), 'base64').length;
	return bytes >= MIN_SECRET_BYTES && bytes <= MAX_SECRET_BYTES;
}

/**
 * A name for a secret, by which two sides find out whether they have the same one without showing it.
 *
 * @returns 16 hex digits
 */
export function secretId(secret: string): string {
	return createHash('sha256').update(`openclaw-secret-id.${secret}`).digest('hex').slice(0, 16);
}
