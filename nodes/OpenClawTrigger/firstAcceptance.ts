/** With its offset: without one, the same text is another time on another machine. */
const ZONED_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * The earliest time, by n8n's clock, at which any process can have accepted an event.
 *
 * An event is not sent before it has happened, and an attempt is only accepted when its signed time is
 * within the tolerance of n8n's clock: so the event's own time, less the tolerance. A second tolerance
 * is margin for a clock that is set and for a process that still runs while the next one starts.
 *
 * @param timestamp when the event happened: signed, and the same on every attempt
 * @param signedAt Unix seconds of this attempt
 * @param toleranceSeconds how far the clocks may differ
 * @returns milliseconds since 1970; -Infinity when the timestamp tells nothing
 * @example
 * earliestAcceptance('2026-03-14T10:30:00Z', 1773484201, 300); // 10:20:00 of that day
 */
export function earliestAcceptance(
	timestamp: string,
	signedAt: number,
	toleranceSeconds: number,
): number {
	const happenedAt = ZONED_TIME.test(timestamp) ? Date.parse(timestamp) : NaN;
	// Attempts are signed with whole seconds. What happens after it was sent is no time of an event.
	const isBelievable = happenedAt < (signedAt + 1) * 1000;
	return isBelievable ? happenedAt - 2 * toleranceSeconds * 1000 : -Infinity;
}
