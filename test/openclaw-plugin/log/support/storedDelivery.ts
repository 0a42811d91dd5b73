import type { DatabaseSync } from 'node:sqlite';
import { createEventId } from '../../../../openclaw-plugin/src/protocol';

/** A delivery to put into a database, in whatever state. Times are milliseconds since 1970. */
export interface StoredDelivery {
	readonly endpoint?: string;
	readonly type?: string;
	readonly state?: 'pending' | 'delivered' | 'failed';
	readonly createdAt?: number;
	readonly data?: Readonly<Record<string, unknown>>;
	readonly tries?: number;
	readonly status?: number;
	readonly durationMs?: number;
	readonly error?: string;
	/** Belongs to the same event as the delivery before. */
	readonly sameEvent?: boolean;
}

/**
 * Writes deliveries as the outbox leaves them.
 *
 * @returns their numbers, in order
 */
export function storeDeliveries(
	database: DatabaseSync,
	deliveries: readonly StoredDelivery[],
): number[] {
	const insertEvent = database.prepare(
		'INSERT INTO events (id, type, created_at, body) VALUES (?, ?, ?, ?)',
	);
	const insert = database.prepare(
		`INSERT INTO deliveries (event_seq, endpoint, state, attempts, created_at, next_at, settled_at,
			last_status, last_duration_ms, last_error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
	);
	let event: number | bigint = 0;
	database.exec('BEGIN');
	const numbers = deliveries.map((delivery) => {
		const { endpoint = 'ops', type = 'message.received', state = 'delivered' } = delivery;
		const at = delivery.createdAt ?? Date.now();
		if (delivery.sameEvent !== true) {
			const id = createEventId(at);
			const body = { id, type, timestamp: new Date(at).toISOString(), data: delivery.data ?? {} };
			event = insertEvent.run(id, type, at, JSON.stringify(body)).lastInsertRowid;
		}
		const { tries = 1, status = null, durationMs = null, error = null } = delivery;
		const settledAt = state === 'pending' ? null : at + 100;
		const values = [event, endpoint, state, tries, at, at, settledAt, status, durationMs, error];
		return Number(insert.run(...values).lastInsertRowid);
	});
	database.exec('COMMIT');
	return numbers;
}
