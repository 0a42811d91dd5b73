import { sleep } from 'n8n-workflow';

/** How often and how far apart a request is tried. */
export interface RetryPolicy {
	/** All tries, the first included. */
	readonly maxAttempts: number;
	/** Milliseconds before the second try; they double with each further one. */
	readonly backoffMs: number;
}

/** The longest pause between two tries, in milliseconds, whatever the gateway or the doubling asks for. */
export const MAX_PAUSE_MS = 60_000;

/**
 * Reads the header `Retry-After` (RFC 9110, section 10.2.3).
 *
 * @param value seconds, or an HTTP date
 * @param now Unix time in milliseconds
 * @returns milliseconds from `now`, at most {@link MAX_PAUSE_MS}; `undefined` when there is no such header
 *   or it is neither of the two forms
 * @example
 * parseRetryAfter('2', Date.now()); // 2000
 */
export function parseRetryAfter(value: unknown, now: number): number | undefined {
	if (typeof value !== 'string') return undefined;
	const text = value.trim();
	if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, MAX_PAUSE_MS);
	// All three date forms of the RFC begin with the name of a day; `Date.parse` accepts far more.
	const date = /^(?:mon|tue|wed|thu|fri|sat|sun)/i.test(text) ? Date.parse(text) : NaN;
	return Number.isNaN(date) ? undefined : Math.min(Math.max(date - now, 0), MAX_PAUSE_MS);
}

/**
 * The pause before the next try: what the gateway asked for and a little more, or else the doubled
 * backoff, 20 % more or less, so that many senders don't come back at the same moment.
 *
 * @param failedAttempts tries so far, at least 1
 * @param retryAfterMs what the gateway asked for
 * @param random a number from 0 up to 1
 * @returns milliseconds
 */
export function pauseBeforeRetry(
	policy: RetryPolicy,
	failedAttempts: number,
	retryAfterMs: number | undefined,
	random: number,
): number {
	const backoff = Math.min(policy.backoffMs * 2 ** (failedAttempts - 1), MAX_PAUSE_MS);
	if (retryAfterMs !== undefined) return retryAfterMs + 0.2 * random * Math.min(backoff, 1000);
	return backoff * (0.8 + 0.4 * random);
}

/**
 * Waits.
 *
 * @param milliseconds how long
 * @param signal ends the wait early
 * @returns whether the time is over; `false` when the signal ended it. Never throws.
 */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<boolean> {
	try {
		if (!signal.aborted && milliseconds > 0) await sleep(milliseconds, signal);
	} catch {
		return false;
	}
	return !signal.aborted;
}

/** Waits for something that never rejects, but no longer than so many milliseconds. */
export async function waitAtMost(
	milliseconds: number,
	work: Promise<void> | undefined,
): Promise<void> {
	const done = new AbortController();
	await Promise.race([work, pause(milliseconds, done.signal)]);
	done.abort();
}
