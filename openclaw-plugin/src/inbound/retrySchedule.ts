const FIRST_PAUSE_MS = 1000;
const MAX_PAUSE_MS = 60_000;

/** Milliseconds for which it is tried to start a run. */
export const GIVE_UP_AFTER_MS = 86_400_000;

/**
 * When a run that could not be started is tried again: after one second, then twice as long each time,
 * up to a minute.
 *
 * @param tries how often it was tried before
 */
export function retryAt(now: number, tries: number): number {
	return now + Math.min(FIRST_PAUSE_MS * 2 ** Math.min(tries, 10), MAX_PAUSE_MS);
}
