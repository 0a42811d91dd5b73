import { randomBytes } from 'node:crypto';

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
