import type { RetryConfig } from '../protocol';

/** The clocks that deliveries go by. The system's own may be set, either way, at any time. */
export interface DeliveryClock {
	/** Milliseconds since 1970 by the clock of the outbox: for what is kept in the database. */
	now(): number;
	/** Milliseconds that only ever grow, by the time that has really passed: for what is in memory. */
	elapsed(): number;
	/** Counts days; a jump of the system's clock moves it by one at most. */
	day(): number;
}

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
 * @param retry of the endpoint: `backoffMs`·2ⁿ up to `maxAttempts`, or the waits one by one; eight tries
 * over 27 hours without
 * @param tries used up, the failed one among them
 * @param random from 0 to 1
 * @returns milliseconds; undefined when no try is left
 * @example
 * nextWait({ maxAttempts: 3, backoffMs: 1000 }, 1, 0.5); // 1000
 * nextWait({ maxAttempts: 3, backoffMs: 1000 }, 3, 0.5); // undefined
 * nextWait({ delaysMs: [5000, 60_000] }, 2, 0.5); // 60000
 */
export function nextWait(
	retry: RetryConfig | undefined,
	tries: number,
	random: number,
): number | undefined {
	const wait = plannedWait(retry, tries);
	return wait === undefined ? undefined : Math.min(withJitter(wait, random), MAX_WAIT_MS);
}

function plannedWait(retry: RetryConfig | undefined, tries: number): number | undefined {
	if (retry === undefined) return DEFAULT_WAITS[tries - 1];
	if ('delaysMs' in retry) return retry.delaysMs[tries - 1];
	return tries >= retry.maxAttempts ? undefined : retry.backoffMs * 2 ** (tries - 1);
}

/**
 * Spreads a wait by ±20 %.
 *
 * @param random from 0 to 1; 0.5 changes nothing
 */
function withJitter(wait: number, random: number): number {
	return Math.round(wait * (1 + JITTER * (2 * random - 1)));
}

const SECONDS = /^\d{1,10}$/;

/**
 * Reads a `Retry-After` header: seconds, or a date.
 *
 * @param now milliseconds since 1970 as the receiver sees it, where it says so (`Date`)
 * @returns milliseconds from now, at most 24 hours; undefined without a header that can be read
 * @see RFC 9110, section 10.2.3
 * @example
 * readRetryAfter('120', Date.now()); // 120000
 * readRetryAfter('Wed, 21 Oct 2026 07:28:00 GMT', now);
 */
export function readRetryAfter(header: string | undefined, now: number): number | undefined {
	const text = header?.trim() ?? '';
	if (SECONDS.test(text)) return Math.min(Number(text) * 1000, MAX_WAIT_MS);
	const time = readHttpDate(text);
	return time === undefined ? undefined : Math.min(Math.max(time - now, 0), MAX_WAIT_MS);
}

/** Milliseconds since 1970. */
export function readHttpDate(text: string | undefined): number | undefined {
	// Date.parse takes more than HTTP dates, numbers among it; all of those begin with a weekday.
	const time = /^[A-Z][a-z]{2,8},? /.test(text ?? '') ? Date.parse(text ?? '') : NaN;
	return Number.isNaN(time) ? undefined : time;
}

/**
 * When an endpoint may be sent to. It stops for two reasons: it failed too often in a row (the circuit is
 * open), or it asked for time (it is held). Times are those of `DeliveryClock.elapsed`.
 */
export interface Pace {
	/** Failures in a row that speak of the endpoint, not of one event. */
	readonly failures: number;
	/** Until when the circuit is open. */
	readonly openUntil: number | undefined;
	/** How often in a row it had to be held, without a delivery between. */
	readonly holds: number;
	readonly heldUntil: number | undefined;
	/** Why it was held the last time. */
	readonly holdReason: string | undefined;
}

/**
 * `wait`: nothing is sent until then. `probe`: one request, to find out whether it works again. `single`:
 * one at a time, as it asked for time before. `free`: as many as its concurrency allows.
 */
export type Permit =
	| { readonly kind: 'wait'; readonly until: number }
	| { readonly kind: 'probe' | 'single' | 'free' };

export const FREE_PACE: Pace = {
	failures: 0,
	openUntil: undefined,
	holds: 0,
	heldUntil: undefined,
	holdReason: undefined,
};

/** Failures in a row that open the circuit. */
export const FAILURES_TO_OPEN = 5;
const FIRST_OPEN_MS = 5 * SECOND;
export const MAX_OPEN_MS = 5 * MINUTE;
const FIRST_HOLD_MS = SECOND;
const MAX_UNASKED_HOLD_MS = MINUTE;
/** Holds in a row after which a receiver's own `Retry-After` is no longer trusted to be enough. */
const TRUSTED_HOLDS = 3;

export function permitOf({ failures, openUntil, holds, heldUntil }: Pace, elapsed: number): Permit {
	const isOpen = failures >= FAILURES_TO_OPEN;
	const until = Math.max(isOpen ? (openUntil ?? 0) : 0, heldUntil ?? 0);
	if (until > elapsed) return { kind: 'wait', until };
	if (isOpen) return { kind: 'probe' };
	return { kind: holds > 0 ? 'single' : 'free' };
}

/**
 * Counts a failure that speaks of the endpoint. From the fifth in a row on it opens the circuit, for
 * 5 s·2ⁿ up to five minutes, ±20 %. One that was under way when the circuit opened changes nothing.
 *
 * @param random from 0 to 1
 */
export function afterFailure(pace: Pace, elapsed: number, random: number): Pace {
	if (pace.failures >= FAILURES_TO_OPEN && (pace.openUntil ?? 0) > elapsed) return pace;
	const failures = pace.failures + 1;
	if (failures < FAILURES_TO_OPEN) return { ...pace, failures, openUntil: undefined };
	const wait = Math.min(FIRST_OPEN_MS * 2 ** (failures - FAILURES_TO_OPEN), MAX_OPEN_MS);
	return { ...pace, failures, openUntil: elapsed + withJitter(wait, random) };
}

/** What an endpoint asked for, or what is in the way to it. */
export interface Hold {
	readonly reason: string;
	/** Milliseconds that the receiver asked for. */
	readonly askedMs: number | undefined;
}

/**
 * Holds an endpoint: for as long as it asks, at most 24 hours; else for 1 s·2ⁿ up to a minute. Those that
 * were under way when it began make it longer, but are no further hold.
 */
export function afterHold(pace: Pace, elapsed: number, { reason, askedMs }: Hold): Pace {
	const isHeld = (pace.heldUntil ?? 0) > elapsed;
	const holds = isHeld ? pace.holds : pace.holds + 1;
	// Two tries are never signed in the same second.
	const asked = askedMs ? Math.min(Math.max(askedMs, SECOND), MAX_WAIT_MS) : 0;
	const step = asked > 0 ? holds - 1 - TRUSTED_HOLDS : holds - 1;
	const own = step < 0 ? 0 : Math.min(FIRST_HOLD_MS * 2 ** step, MAX_UNASKED_HOLD_MS);
	const until = elapsed + Math.max(asked, isHeld ? 0 : own);
	return { ...pace, holds, heldUntil: Math.max(until, pace.heldUntil ?? 0), holdReason: reason };
}

/** How many requests an endpoint takes in how long, as its settings say. */
export interface RateLimit {
	readonly requests: number;
	readonly perSeconds: number;
}

/** Keeps to a rate limit by the times of the requests that were made. */
export interface RateCount {
	/** When the next request may be made, by `DeliveryClock.elapsed`. */
	nextAt(limit: RateLimit | undefined, elapsed: number): number;
	/** A request is made. */
	count(elapsed: number): void;
}

/** Requests that are made a second apart do not arrive exactly so. */
const RATE_MARGIN_MS = 20;

export function createRateCount(): RateCount {
	let made: number[] = [];
	let isLimited = false;
	return {
		nextAt: (limit, elapsed) => {
			isLimited = limit !== undefined;
			if (limit === undefined) return elapsed;
			const window = limit.perSeconds * SECOND + RATE_MARGIN_MS;
			made = made.filter((time) => time > elapsed - window).slice(-limit.requests);
			const oldest = made[0];
			return made.length < limit.requests || oldest === undefined ? elapsed : oldest + window;
		},
		count: (elapsed) => {
			if (isLimited) made.push(elapsed);
		},
	};
}
