const UNITS = [
	['d', 86_400_000],
	['h', 3_600_000],
	['m', 60_000],
	['s', 1000],
] as const;

/**
 * Writes how long something took.
 *
 * @param ms milliseconds
 * @example
 * formatDuration(31); // '31 ms'
 * formatDuration(1234); // '1.2 s'
 */
export function formatDuration(ms: number): string {
	if (ms < 1000) return `${String(Math.round(ms))} ms`;
	if (ms < 59_950) return `${(ms / 1000).toFixed(ms < 9950 ? 1 : 0)} s`;
	return `${String(Math.round(ms / 60_000))} min`;
}

/**
 * Writes how long ago something was, or how soon it will be, in its largest unit.
 *
 * @param time milliseconds since 1970
 * @example
 * formatAge(Date.now() - 180_000, Date.now()); // '3m ago'
 * formatAge(Date.now() + 5000, Date.now()); // 'in 5s'
 */
export function formatAge(time: number, now: number): string {
	const distance = Math.abs(now - time);
	const [unit, ms] = UNITS.find(([, length]) => distance >= length) ?? ['s', 1000];
	const count = Math.floor(distance / ms);
	if (count === 0) return 'now';
	const text = `${String(count)}${unit}`;
	return time > now ? `in ${text}` : `${text} ago`;
}
