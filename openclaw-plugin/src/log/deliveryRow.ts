import type { SQLOutputValue } from 'node:sqlite';
import { asNumber, asText, optional } from './columns';
import type { Row } from '../store/databaseAccess';
import { DELIVERY_STATUSES } from './delivery';
import type { Delivery, DeliveryAttempt, DeliveryStatus } from './delivery';
import { formatDeliveryId } from './deliveryId';

/** What {@link readDelivery} needs of a row of `deliveries d` joined with `events e`. */
export const DELIVERY_COLUMNS = `d.id, d.state, d.endpoint, d.attempts, d.created_at, d.next_at,
	d.settled_at, d.last_status, d.last_duration_ms, d.last_error, e.id AS event_id, e.type`;

export function readDelivery(row: Row): Delivery {
	const status = readStatus(row.state);
	return {
		id: formatDeliveryId(Number(row.id)),
		status,
		endpoint: String(row.endpoint),
		eventId: String(row.event_id),
		eventType: String(row.type),
		createdAt: Number(row.created_at),
		attempts: Number(row.attempts),
		...(status === 'pending' ? { nextAttemptAt: Number(row.next_at) } : {}),
		...optional('settledAt', asNumber(row.settled_at)),
		...optional('responseStatus', asNumber(row.last_status)),
		...optional('responseTimeMs', asNumber(row.last_duration_ms)),
		...optional('reason', asText(row.last_error)),
	};
}

/** Reads a row of `attempts`. */
export function readAttempt(row: Row): DeliveryAttempt {
	return {
		number: Number(row.number),
		startedAt: Number(row.started_at),
		durationMs: Number(row.duration_ms),
		...optional('status', asNumber(row.status)),
		...optional('reason', asText(row.error)),
		...optional('response', asText(row.response)),
	};
}

function readStatus(value: SQLOutputValue | undefined): DeliveryStatus {
	const status = DELIVERY_STATUSES.find((known) => known === value);
	if (status === undefined) throw new Error(`A delivery has the unknown state '${String(value)}'`);
	return status;
}
