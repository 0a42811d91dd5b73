import { createHmac, KeyObject, timingSafeEqual } from 'node:crypto';
import type { SigningKey } from './keys';

const DIGEST_LENGTH = 64;

// Reused by every comparison: they never outlive one synchronous call.
const expected = Buffer.alloc(DIGEST_LENGTH);
const received = Buffer.alloc(DIGEST_LENGTH);

/**
 * HMAC-SHA256 over a text and the bytes that follow it, without joining the two in memory.
 *
 * @param body may be large; it is not copied. A text counts as UTF-8.
 * @see RFC 2104
 */
export function computeMac(
	key: SigningKey,
	prefix: string,
	body: Uint8Array | string,
	encoding: 'hex' | 'base64',
): string {
	return createHmac('sha256', key).update(prefix).update(body).digest(encoding);
}

/**
 * Compares two digests in constant time, written in at most 64 ASCII characters. Their length is no
 * secret.
 */
export function isSameDigest(left: string, right: string): boolean {
	if (left.length !== right.length || left.length > DIGEST_LENGTH) return false;
	// What a longer digest left behind must not count.
	if (left.length < DIGEST_LENGTH) received.copy(expected);
	expected.write(left, 'latin1');
	received.write(right, 'latin1');
	return timingSafeEqual(expected, received);
}

/**
 * Compares every key with every signature, in constant time.
 *
 * @param keys what is no secret key among them is passed over
 * @param signatures digests as the request has them, in the same encoding
 * @returns the place of the first key that matches, -1 when none does
 */
export function findSigner(
	keys: readonly SigningKey[],
	prefix: string,
	body: Uint8Array,
	encoding: 'hex' | 'base64',
	signatures: readonly string[],
): number {
	let matched = -1;
	for (let index = keys.length - 1; index >= 0; index -= 1) {
		const key = keys[index];
		if (!(key instanceof KeyObject) || key.type !== 'secret') continue;
		const digest = computeMac(key, prefix, body, encoding);
		for (const signature of signatures) {
			if (isSameDigest(digest, signature)) matched = index;
		}
	}
	return matched;
}
