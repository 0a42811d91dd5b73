import { MAX_WAIT_MS } from './backoff';

const SECONDS = /^\d{1,10}$/;

/**
 * Reads a `Retry-After` header: seconds, or a date.
 *
 * @returns milliseconds from now, at most 24 hours; undefined without a header that can be read
 * @see RFC 9110, section 10.2.3
 * @example
 * readRetryAfter('120', Date.now()); // 120000
 * readRetryAfter('Wed, 21 Oct 2026 07:28:00 GMT', now);
 */
export function readRetryAfter(header: string | undefined, now: number): number | undefined {
	const text = header?.trim() ?? '';
	if (SECONDS.test(text)) return Math.min(Number(text) * 1000, MAX_WAIT_MS);
	// Date.parse takes more than HTTP dates, numbers among it; all of those begin with a weekday.
	const time = /^[A-Z][a-z]{2,8},? /.test(text) ? Date.parse(text) : NaN;
	return Number.isNaN(time) ? undefined : Math.min(Math.max(time - now, 0), MAX_WAIT_MS);
}
