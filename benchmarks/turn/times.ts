/** Where the gateway tells them, and forgets them. */
export const TIMES_PATH = '/bench/handler-times';

/** Microseconds, each by itself. */
export interface HookTimes {
	readonly handlers: number[];
	/** Of one event and one delivery, written by `node:sqlite` alone where a handler was about to be called. */
	readonly bareWrites: number[];
}
