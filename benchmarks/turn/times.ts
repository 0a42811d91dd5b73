/** Where the gateway tells them, and forgets them. */
export const TIMES_PATH = '/bench/handler-times';

/** Microseconds, each by itself. */
export interface HookTimes {
	/** Of those that tell events. */
	readonly handlers: number[];
	/** Of the one that asks for approval, where it needs none; it writes nothing then. */
	readonly unasked: number[];
	/** When tool calls that had waited went on, milliseconds since 1970 with fractions. */
	readonly wentOn: number[];
	/** Of one event and one delivery, written by `node:sqlite` alone where a handler was about to be called. */
	readonly bareWrites: number[];
}

export function noTimes(): HookTimes {
	return { handlers: [], unasked: [], wentOn: [], bareWrites: [] };
}

/** Milliseconds since 1970, finer than the system tells them; comparable between processes of one machine. */
export function preciseNow(): number {
	return performance.timeOrigin + performance.now();
}
