import { createHmac, randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;
/** Some services show `v1,` before the secret; their libraries take it off. */
const PREFIX = /^(?:v1,)?whsec_/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const BASE64_URL = /^[A-Za-z0-9_-]+={0,2}$/;

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

/**
 * The Base64 in a secret of Standard Webhooks, of either alphabet.
 *
 * @returns undefined for a secret that stands for itself
 * @example
 * readEncodedKey('v1,whsec_b3RoZXI='); // 'b3RoZXI='
 */
export function readEncodedKey(secret: string): string | undefined {
	const encoded = secret.replace(PREFIX, '');
	if (encoded === secret || !(BASE64.test(encoded) || BASE64_URL.test(encoded))) return undefined;
	// Libraries differ on missing padding; a lone character of a group encodes nothing in any of them.
	const isWhole = encoded.includes('=') ? encoded.length % 4 === 0 : encoded.length % 4 !== 1;
	return isWhole ? encoded : undefined;
}

/**
 * Says why it is not sure which keys a text of secrets stands for: the two sides would sign with different
 * ones without anybody noticing.
 *
 * @param text one secret, or several separated by white space
 * @returns what is wrong, without the text; undefined where nothing is
 * @example
 * describeSecretFault('whsec_!!!!'); // "has characters after 'whsec_' that are not Base64…"
 */
export function describeSecretFault(text: string): string | undefined {
	const secrets = text.split(/\s+/u).filter((secret) => secret !== '');
	const encoded = secrets.filter((secret) => PREFIX.test(secret));
	if (encoded.length > 0 && encoded.length < secrets.length) {
		return "has a blank inside. Remove it; of several secrets separated by blanks, all have to start with 'whsec_'";
	}
	const isOdd = (secret: string) => {
		const rest = secret.replace(PREFIX, '');
		return !BASE64.test(rest) && !BASE64_URL.test(rest);
	};
	return encoded.some(isOdd)
		? "has characters after 'whsec_' that are not Base64. Copy it again, or make a new one"
		: undefined;
}
