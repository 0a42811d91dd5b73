import { randomBytes } from 'node:crypto';

// Digits of base 32 (0 to 9, a to v) ascend in ASCII, so that ids sort as text in order of time.
const BASE = 32;
const TIME_LENGTH = 10;
/** Of each half of the random part: 40 bits, which a number holds exactly. */
const HALF_LENGTH = 8;
const HALF_BYTES = 5;
/** Asking for randomness costs more than making an id of it. */
const POOL_BYTES = 128 * 2 * HALF_BYTES;

let pool = Buffer.alloc(0);
let used = 0;
let lastTime = -1;
let high = 0;
let low = 0;

/**
 * Makes the id of a new event: `evt_` and 26 characters, unique, ascending in the order of the calls
 * even within one millisecond: 50 bits of time and 79 random ones.
 *
 * @param now milliseconds since 1970; the system's clock unless given
 * @example
 * createEventId(); // 'evt_01jgt5r1m3q8e6t0c9i2r4c7d5'
 */
export function createEventId(now?: number): string {
	// The system's clock may be set back; ids still ascend.
	const time = Math.trunc(now ?? Math.max(Date.now(), lastTime));
	if (time === lastTime) {
		low += 1;
	} else {
		lastTime = time;
		high = randomHalf();
		// Half of what it can be: room to count up within the millisecond.
		low = Math.floor(randomHalf() / 2);
	}
	return `evt_${digits(time, TIME_LENGTH)}${digits(high, HALF_LENGTH)}${digits(low, HALF_LENGTH)}`;
}

function randomHalf(): number {
	if (used === pool.length) {
		pool = randomBytes(POOL_BYTES);
		used = 0;
	}
	used += HALF_BYTES;
	return pool.readUIntBE(used - HALF_BYTES, HALF_BYTES);
}

function digits(value: number, length: number): string {
	return value.toString(BASE).padStart(length, '0');
}
