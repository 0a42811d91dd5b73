import { withJitter } from './backoff';

/** What is known about whether an endpoint works; kept in the database. */
export interface Circuit {
	/** Failures in a row that speak of the endpoint, not of one event. */
	readonly failures: number;
	/** Until when nothing is sent, milliseconds since 1970. */
	readonly openUntil: number | undefined;
}

/**
 * `closed`: deliveries are made. `open`: they wait, without using up tries. `half-open`: one is made to
 * find out whether the endpoint works again.
 */
export type CircuitPhase = 'closed' | 'open' | 'half-open';

export const CLOSED: Circuit = { failures: 0, openUntil: undefined };

/** Failures in a row that open the circuit. */
export const FAILURES_TO_OPEN = 5;
const FIRST_WAIT_MS = 5000;
const MAX_WAIT_MS = 300_000;

export function phaseOf({ failures, openUntil }: Circuit, now: number): CircuitPhase {
	if (failures < FAILURES_TO_OPEN) return 'closed';
	return openUntil !== undefined && now < openUntil ? 'open' : 'half-open';
}

/**
 * Counts a failure that speaks of the endpoint. From the fifth in a row on it opens the circuit, for
 * 5 s·2ⁿ up to five minutes, ±20 %; for what the receiver asks for if that is longer, up to the same
 * limit. One that was under way when the circuit opened changes nothing.
 *
 * @param retryAfterMs what the receiver asked for
 * @param random from 0 to 1
 */
export function afterFailure(
	circuit: Circuit,
	now: number,
	retryAfterMs: number | undefined,
	random: number,
): Circuit {
	if (phaseOf(circuit, now) === 'open') return circuit;
	const failures = circuit.failures + 1;
	if (failures < FAILURES_TO_OPEN) return { failures, openUntil: undefined };
	const wait = Math.min(FIRST_WAIT_MS * 2 ** (failures - FAILURES_TO_OPEN), MAX_WAIT_MS);
	const asked = Math.min(retryAfterMs ?? 0, MAX_WAIT_MS);
	return { failures, openUntil: now + Math.max(withJitter(wait, random), asked) };
}
