import type { Delivery } from '../../outbox/delivery';
import { formatAge, formatDuration } from '../../timeText';
import { element } from './element';

const counts = new Intl.NumberFormat('en');

/** @example numberText(1234); // '1,234' */
export function numberText(count: number): string {
	return counts.format(count);
}

/** @example countText(1234, 'delivery', 'deliveries'); // '1,234 deliveries' */
export function countText(count: number, one: string, many: string): string {
	return `${numberText(count)} ${count === 1 ? one : many}`;
}

/** What the endpoint answered, and how fast. */
export function responseText({ responseStatus, responseTimeMs }: Delivery): string {
	const time = responseTimeMs === undefined ? '' : formatDuration(responseTimeMs);
	if (responseStatus === undefined) return time === '' ? '–' : `none, ${time}`;
	return time === '' ? String(responseStatus) : `${String(responseStatus)}, ${time}`;
}

/** Why it failed, and when it is tried again. */
export function reasonText({ reason = '', nextAttemptAt }: Delivery, now: number): string {
	if (nextAttemptAt === undefined || (reason === '' && nextAttemptAt <= now)) return reason;
	const next = nextAttemptAt <= now ? 'due now' : `next try ${formatAge(nextAttemptAt, now)}`;
	return reason === '' ? next : `${reason} (${next})`;
}

/** A moment as its age; the exact time shows when it is pointed at. */
export function timeElement(time: number, now: number): HTMLTimeElement {
	const iso = new Date(time).toISOString();
	const exact = new Date(time).toLocaleString();
	return element('time', { datetime: iso, title: exact }, formatAge(time, now));
}

/** A status with its colour. */
export function statusElement(status: Delivery['status']): HTMLElement {
	return element('span', { class: 'pill', 'data-status': status }, status);
}
