import {
	MAX_PAUSE_MS,
	parseRetryAfter,
	pause,
	pauseBeforeRetry,
} from '../../../nodes/shared/retry';

const NOW = Date.parse('2026-03-14T10:30:00Z');

describe('parseRetryAfter', () => {
	test.each([
		['0', 0],
		['2', 2000],
		[' 7 ', 7000],
		['61', MAX_PAUSE_MS],
		['999999999999999999999', MAX_PAUSE_MS],
		['Sat, 14 Mar 2026 10:30:05 GMT', 5000],
		['Saturday, 14-Mar-26 10:30:05 GMT', 5000],
		['Sat Mar 14 10:30:05 2026 GMT', 5000],
		['Sat, 14 Mar 2026 10:29:00 GMT', 0],
		['Sat, 14 Mar 2026 12:00:00 GMT', MAX_PAUSE_MS],
	])('reads %j as %d ms', (value, expected) => {
		expect(parseRetryAfter(value, NOW)).toBe(expected);
	});

	test.each([undefined, 5, '', '-1', '1.5', '2s', 'soon', 'Saturday', ['1']])(
		'takes %j for no such header',
		(value) => {
			expect(parseRetryAfter(value, NOW)).toBeUndefined();
		},
	);
});

describe('pauseBeforeRetry', () => {
	const policy = { maxAttempts: 5, backoffMs: 1000 };

	test('doubles the backoff, 20 % more or less', () => {
		expect(pauseBeforeRetry(policy, 1, undefined, 0)).toBe(800);
		expect(pauseBeforeRetry(policy, 1, undefined, 0.5)).toBe(1000);
		expect(pauseBeforeRetry(policy, 3, undefined, 0.5)).toBe(4000);
		expect(pauseBeforeRetry(policy, 3, undefined, 1)).toBeCloseTo(4800);
	});

	test('stays within a minute before the 20 %', () => {
		expect(pauseBeforeRetry(policy, 19, undefined, 0.5)).toBe(MAX_PAUSE_MS);
	});

	test('never comes back before the time that the gateway asked for', () => {
		expect(pauseBeforeRetry(policy, 1, 2000, 0)).toBe(2000);
		expect(pauseBeforeRetry(policy, 5, 2000, 1)).toBe(2200);
		expect(pauseBeforeRetry({ ...policy, backoffMs: 0 }, 1, 2000, 1)).toBe(2000);
	});
});

describe('pause', () => {
	test('says that the time is over', async () => {
		expect(await pause(1, new AbortController().signal)).toBe(true);
		expect(await pause(-1, new AbortController().signal)).toBe(true);
	});

	test('ends at once when the signal comes', async () => {
		const stop = new AbortController();
		const paused = pause(MAX_PAUSE_MS, stop.signal);
		stop.abort();
		expect(await paused).toBe(false);
		expect(await pause(MAX_PAUSE_MS, stop.signal)).toBe(false);
	});
});
