import { randomBytes } from 'node:crypto';

// Crockford's alphabet in ASCII order, so that ids sort as text in order of time.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_LENGTH = 10;
const RANDOM_BYTES = 10;
const BITS_PER_CHARACTER = 5n;

let lastTime = 0;
let lastRandom = 0n;

/**
 * Makes the id of a new event: `evt_` and 26 characters, unique, ascending in the order of the calls
 * even within one millisecond.
 *
 * @param now milliseconds since 1970; the system's clock unless given
 * @see https://github.com/ulid/spec for the layout (48 bits of time, 80 random bits)
 * @example
 * createEventId(); // 'evt_01kb0x5v1m3q8z6t0w9y2r4c7d'
 */
export function createEventId(now?: number): string {
	// The system's clock may be set back; ids still ascend.
	const time = now ?? Math.max(Date.now(), lastTime);
	const random =
		time === lastTime
			? lastRandom + 1n
			: BigInt(`0x${randomBytes(RANDOM_BYTES).toString('hex')}`) >> 1n;
	lastTime = time;
	lastRandom = random;
	return `evt_${encode(BigInt(Math.trunc(time)), TIME_LENGTH)}${encode(random, 16)}`;
}

function encode(value: bigint, length: number): string {
	let rest = value;
	let text = '';
	for (let index = 0; index < length; index += 1) {
		text = ALPHABET.charAt(Number(rest & 31n)) + text;
		rest >>= BITS_PER_CHARACTER;
	}
	return text;
}
