import { createHmac, randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;

/**
 * Makes a signing secret: `whsec_` and Base64 of 32 random bytes, usable under both signature schemes.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @example
 * createSecret(); // 'whsec_…'
 */
export function createSecret(): string {
	return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}

/**
 * Makes the signing secret that always belongs to a key, so that it need not be stored. Who has the secret
 * learns nothing about the key.
 *
 * @param key a text that only one side knows, with at least 128 bits of randomness in it
 * @param purpose keeps secrets for different uses of the same key apart
 * @see RFC 5869, section 2.3: HMAC as a function that derives keys
 * @example
 * deriveSecret(signature, 'callback'); // 'whsec_…', the same each time
 */
export function deriveSecret(key: string, purpose: string): string {
	return `whsec_${createHmac('sha256', key).update(purpose).digest('base64')}`;
}
