import type { Delivery } from '../outbox/delivery';
import { formatAge, formatDuration } from '../timeText';
import type { Cell } from './table';
import type { Tone } from './terminal';

const TONES: Readonly<Record<Delivery['status'], Tone>> = {
	delivered: 'good',
	failed: 'bad',
	pending: 'waiting',
};

/** A delivery's status, coloured. */
export function statusCell({ status }: Delivery): Cell {
	return { text: status, tone: TONES[status] };
}

/**
 * What became of a delivery, in a few words.
 *
 * @example
 * resultText(delivery, Date.now()); // 'HTTP 500, 3 tries'
 */
export function resultText(delivery: Delivery, now: number): string {
	const { status, attempts, responseStatus, responseTimeMs, reason, nextAttemptAt } = delivery;
	const time = responseTimeMs === undefined ? [] : [`in ${formatDuration(responseTimeMs)}`];
	if (status === 'delivered') {
		return [
			...(responseStatus === undefined ? [] : [`HTTP ${String(responseStatus)}`]),
			...time,
		].join(' ');
	}
	const next =
		nextAttemptAt === undefined
			? []
			: [nextAttemptAt <= now ? 'due now' : `next try ${formatAge(nextAttemptAt, now)}`];
	const why = reason === undefined ? [] : [reason];
	return [...why, ...(attempts === 0 ? [] : [triesText(attempts)]), ...next].join(', ');
}

/** @example triesText(1); // '1 try' */
export function triesText(attempts: number): string {
	return attempts === 1 ? '1 try' : `${String(attempts)} tries`;
}
