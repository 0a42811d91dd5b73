import {
	afterFailure,
	afterHold,
	createRateCount,
	FREE_PACE,
	nextWait,
	permitOf,
	readHttpDate,
	readRetryAfter,
} from '../../../openclaw-plugin/src/delivery/schedule';
import type { Pace } from '../../../openclaw-plugin/src/delivery/schedule';

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

	it('waits as the settings list it, and tries once more than they list waits', () => {
		const retry = { delaysMs: [0, 5000, 40 * HOUR] };
		const waits = [1, 2, 3, 4].map((tries) => nextWait(retry, tries, MIDDLE));
		expect(waits).toEqual([0, 5000, 24 * HOUR, undefined]);
	});

	it('waits a day at most', () => {
		expect(nextWait({ maxAttempts: 20, backoffMs: HOUR }, 19, MIDDLE)).toBe(24 * HOUR);
	});

	it('spreads by 20 % in both directions', () => {
		const retry = { maxAttempts: 2, backoffMs: 1000 };
		const waits = [0, MIDDLE, 1].map((random) => nextWait(retry, 1, random));
		expect(waits).toEqual([800, 1000, 1200]);
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

it('reads dates of HTTP alone', () => {
	expect(readHttpDate('Wed, 21 Oct 2026 07:28:00 GMT')).toBe(Date.parse('2026-10-21T07:28:00Z'));
	expect([undefined, '', '5', '2026-10-21'].map(readHttpDate)).toEqual(Array(4).fill(undefined));
});

describe('failures in a row', () => {
	/** So many failures, each when the next request is let through. */
	function fail(times: number): { pace: Pace; waits: number[] } {
		let pace = FREE_PACE;
		let time = 0;
		const waits: number[] = [];
		for (let count = 0; count < times; count += 1) {
			pace = afterFailure(pace, time, MIDDLE);
			if (pace.openUntil !== undefined) {
				waits.push(pace.openUntil - time);
				time = pace.openUntil;
			}
		}
		return { pace, waits };
	}

	it('open the circuit at the fifth, for longer each time, up to five minutes', () => {
		expect(fail(4).pace).toEqual({ ...FREE_PACE, failures: 4 });
		expect(fail(13).waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300].map((s) => s * 1000));
	});

	it('let one probe through when its time is over', () => {
		const { pace } = fail(5);
		expect(permitOf(fail(4).pace, 0)).toEqual({ kind: 'free' });
		expect(permitOf(pace, 4999)).toEqual({ kind: 'wait', until: 5000 });
		expect(permitOf(pace, 5000)).toEqual({ kind: 'probe' });
	});

	it('keep it open no longer for requests that were under way', () => {
		const { pace } = fail(5);
		expect(afterFailure(pace, 100, MIDDLE)).toBe(pace);
	});
});

describe('a hold', () => {
	const hold = (pace: Pace, time: number, askedMs?: number) =>
		afterHold(pace, time, { reason: 'HTTP 429', askedMs });
	/** So many holds, each as soon as the one before is over. */
	function holds(times: number, askedMs?: number): readonly number[] {
		let pace = FREE_PACE;
		let time = 0;
		return Array.from({ length: times }, () => {
			pace = hold(pace, time, askedMs);
			const wait = (pace.heldUntil ?? 0) - time;
			time = pace.heldUntil ?? 0;
			return wait;
		});
	}

	it('lasts for as long as the receiver asks, a day at most, and a second at least', () => {
		expect(hold(FREE_PACE, 7, 120_000).heldUntil).toBe(120_007);
		expect(hold(FREE_PACE, 7, 1e9).heldUntil).toBe(24 * HOUR + 7);
		expect(hold(FREE_PACE, 7, 30).heldUntil).toBe(1007);
	});

	it('grows from a second to a minute where the receiver does not say', () => {
		expect(holds(8)).toEqual([1, 2, 4, 8, 16, 32, 60, 60].map((s) => s * 1000));
		expect(holds(2, 0)).toEqual([1000, 2000]);
	});

	it('grows where what the receiver says is never enough', () => {
		expect(holds(8, 1000)).toEqual([1, 1, 1, 1, 2, 4, 8, 16].map((s) => s * 1000));
	});

	it('is one, however many requests were under way when it began', () => {
		const first = hold(FREE_PACE, 0, 1000);
		const second = hold(hold(first, 5), 10, 1000);
		expect(second).toMatchObject({ holds: 1, heldUntil: 1010 });
	});

	it('lets one request at a time through when it is over', () => {
		const pace = hold(FREE_PACE, 0, 1000);
		expect(permitOf(pace, 999)).toEqual({ kind: 'wait', until: 1000 });
		expect(permitOf(pace, 1000)).toEqual({ kind: 'single' });
		expect(permitOf(FREE_PACE, 0)).toEqual({ kind: 'free' });
	});
});

describe('a rate limit', () => {
	it('lets so many requests through within its time, and the next when the oldest is past', () => {
		const rate = createRateCount();
		const limit = { requests: 2, perSeconds: 10 };
		const take = (time: number) => {
			const at = rate.nextAt(limit, time);
			if (at <= time) rate.count(time);
			return at - time;
		};
		expect([0, 100, 200].map(take)).toEqual([0, 0, 9820]);
		expect([10_019, 10_020, 10_021, 10_119, 10_120].map(take)).toEqual([1, 0, 99, 1, 0]);
	});

	it('that is not there holds nobody up, and remembers nothing', () => {
		const rate = createRateCount();
		for (let time = 0; time < 5; time += 1) {
			expect(rate.nextAt(undefined, time)).toBe(time);
			rate.count(time);
		}
		expect(rate.nextAt({ requests: 1, perSeconds: 60 }, 5)).toBe(5);
	});
});
