/**
 * Starts to measure since when something has been recorded.
 *
 * @returns tells that time in milliseconds since 1970, by the clock as it goes now: after a clock that
 * was slow at the start has been set right, the start must not seem earlier than it was
 */
export function startRecordingClock(): () => number {
	const startedAt = Date.now();
	const steadyStart = performance.now();
	return () => Math.max(startedAt, Date.now() - (performance.now() - steadyStart));
}
