import { setTimeout as delay } from 'node:timers/promises';

/** How long and how often {@link waitFor} looks. */
export interface WaitOptions {
	/** Milliseconds until it gives up; 60 000 by default. */
	readonly timeoutMs?: number;
	/** Milliseconds between two looks; 50 by default. */
	readonly everyMs?: number;
}

/**
 * Waits until `probe` returns something other than `undefined` or `false`, and returns that.
 *
 * @param what names the condition in the message when time runs out
 * @throws Error when the time is over; the last value or exception of the probe is part of the message
 * @example
 * const row = await waitFor('the execution', () => rows.find((row) => row.status === 'success'));
 */
export async function waitFor<Value>(
	what: string,
	probe: () => Promise<Value | undefined | false> | Value | undefined | false,
	{ timeoutMs = 60_000, everyMs = 50 }: WaitOptions = {},
): Promise<Value> {
	const end = performance.now() + timeoutMs;
	let reason = '';
	for (;;) {
		try {
			const value = await probe();
			if (value !== undefined && value !== false) return value;
			reason = '';
		} catch (error) {
			if (error instanceof GiveUp) throw error;
			reason = `: ${error instanceof Error ? error.message : String(error)}`;
		}
		if (performance.now() >= end) {
			throw new Error(`Waited ${String(timeoutMs / 1000)} s in vain for ${what}${reason}`);
		}
		await delay(everyMs);
	}
}

/** Thrown inside a probe to end the wait at once: what is waited for cannot come any more. */
export class GiveUp extends Error {}
