import { nextWait, withJitter } from '../../../openclaw-plugin/src/delivery/backoff';
import { readRetryAfter } from '../../../openclaw-plugin/src/delivery/retryAfter';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Changes no wait. */
const MIDDLE = 0.5;

describe('nextWait', () => {
	it('doubles the wait of an endpoint with retry, until its tries are used up', () => {
		const retry = { maxAttempts: 4, backoffMs: 1000 };
		const waits = [1, 2, 3, 4].map((tries) => nextWait(retry, tries, MIDDLE));
		expect(waits).toEqual([1000, 2000, 4000, undefined]);
	});

	it('has one try only when one is allowed', () => {
		expect(nextWait({ maxAttempts: 1, backoffMs: 1000 }, 1, MIDDLE)).toBeUndefined();
	});

	it('makes eight tries over 27 hours without', () => {
		const waits = [1, 2, 3, 4, 5, 6, 7, 8].map((tries) => nextWait(undefined, tries, MIDDLE));
		expect(waits).toEqual([
			5000,
			5 * MINUTE,
			30 * MINUTE,
			2 * HOUR,
			5 * HOUR,
			10 * HOUR,
			10 * HOUR,
			undefined,
		]);
		const sum = waits.reduce<number>((total, wait) => total + (wait ?? 0), 0);
		expect(sum / HOUR).toBeCloseTo(27.6, 1);
	});

	it('waits a day at most', () => {
		expect(nextWait({ maxAttempts: 20, backoffMs: HOUR }, 19, MIDDLE)).toBe(24 * HOUR);
	});

	it('spreads by 20 % in both directions', () => {
		expect([0, MIDDLE, 1].map((random) => withJitter(1000, random))).toEqual([800, 1000, 1200]);
		expect(nextWait({ maxAttempts: 2, backoffMs: 1000 }, 1, 0)).toBe(800);
		expect(nextWait(undefined, 1, 1)).toBe(6000);
	});
});

describe('readRetryAfter', () => {
	const now = Date.parse('2026-10-21T07:28:00Z');

	it.each([
		['120', 120_000],
		[' 7 ', 7000],
		['0', 0],
		['Wed, 21 Oct 2026 07:29:00 GMT', MINUTE],
		['Wednesday, 21-Oct-26 07:29:00 GMT', MINUTE],
		['Wed, 21 Oct 2026 07:00:00 GMT', 0],
		['99999999', 24 * HOUR],
		['Wed, 21 Oct 2027 07:28:00 GMT', 24 * HOUR],
		['', undefined],
		['soon', undefined],
		['-5', undefined],
		['1.5', undefined],
		['2026-10-21', undefined],
		['Wed, nonsense', undefined],
		[undefined, undefined],
	])('reads %j as %j', (header, expected) => {
		expect(readRetryAfter(header, now)).toBe(expected);
	});
});
