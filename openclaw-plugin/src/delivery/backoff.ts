import type { RetryConfig } from '../protocol';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** No wait is longer, whatever the settings multiply up to or the receiver asks for. */
export const MAX_WAIT_MS = 24 * HOUR;

/**
 * Waits before the second try and each further one, where an endpoint has no `retry`: eight tries over
 * some 27 hours.
 *
 * @see https://docs.svix.com/retries for the same schedule
 */
const DEFAULT_WAITS: readonly number[] = [
	5 * SECOND,
	5 * MINUTE,
	30 * MINUTE,
	2 * HOUR,
	5 * HOUR,
	10 * HOUR,
	10 * HOUR,
];

/** Waits differ by up to this share, so that deliveries that failed together do not come together. */
const JITTER = 0.2;

/**
 * How long to wait until the next try of a delivery.
 *
 * @param retry of the endpoint: `backoffMs`·2ⁿ up to `maxAttempts`, or `delaysMs`; eight tries over 27
 * hours without
 * @param tries used up, the failed one among them
 * @param random from 0 to 1
 * @returns milliseconds; undefined when no try is left
 * @example
 * nextWait({ maxAttempts: 3, backoffMs: 1000 }, 1, 0.5); // 1000
 * nextWait({ maxAttempts: 3, backoffMs: 1000 }, 3, 0.5); // undefined
 */
export function nextWait(
	retry: RetryConfig | undefined,
	tries: number,
	random: number,
): number | undefined {
	if (retry === undefined || 'delaysMs' in retry) {
		const wait = (retry?.delaysMs ?? DEFAULT_WAITS)[tries - 1];
		return wait === undefined ? undefined : Math.min(withJitter(wait, random), MAX_WAIT_MS);
	}
	if (tries >= retry.maxAttempts) return undefined;
	return Math.min(withJitter(retry.backoffMs * 2 ** (tries - 1), random), MAX_WAIT_MS);
}

/**
 * Spreads a wait by ±20 %.
 *
 * @param random from 0 to 1; 0.5 changes nothing
 */
export function withJitter(wait: number, random: number): number {
	return Math.round(wait * (1 + JITTER * (2 * random - 1)));
}
