import type { Endpoint } from '../endpoints/endpoint';
import type { Settlement } from '../outbox/outbox';
import { nextWait } from './backoff';
import type { Outcome } from './outcome';

/** The delivery that an outcome is about. */
export interface DecisionContext {
	readonly retry: Endpoint['retry'];
	/** Tries used up before this attempt. */
	readonly tries: number;
	/** Whether it was made to find out if the endpoint works again. */
	readonly isProbe: boolean;
	/**
	 * Whether no two tries are signed in the same second: by the signed time a receiver tells a try from a
	 * copy of an earlier one.
	 */
	readonly signsApart: boolean;
	readonly now: number;
	/** From 0 to 1. */
	readonly random: number;
}

/**
 * Decides what becomes of a delivery: everything but 2xx and 410 is tried again while tries are left. A
 * receiver's `Retry-After` makes the wait longer, never shorter. A probe that finds the endpoint still
 * down is no try.
 *
 * @returns undefined when the attempt does not count at all
 */
export function decide(outcome: Outcome, context: DecisionContext): Settlement | undefined {
	switch (outcome.kind) {
		case 'interrupted':
			return undefined;
		case 'delivered':
			return { state: 'delivered' };
		case 'gone':
		case 'final':
			return { state: 'failed' };
		case 'failed': {
			const { retry, tries, isProbe, signsApart, now, random } = context;
			if (isProbe && outcome.isEndpointFault) return { state: 'retry', usesTry: false };
			const wait = nextWait(retry, tries + 1, random);
			if (wait === undefined) return { state: 'failed' };
			const nextAt = now + Math.max(wait, outcome.retryAfterMs ?? 0);
			const notBefore = signsApart ? nextSecond(now) : now;
			return { state: 'retry', nextAt: Math.max(nextAt, notBefore), usesTry: true };
		}
	}
}

function nextSecond(now: number): number {
	return (Math.floor(now / 1000) + 1) * 1000;
}
