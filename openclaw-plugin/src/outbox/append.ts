import type { Database } from '../store/databaseAccess';
import { inTransaction } from '../store/databaseAccess';
import type { StoredEvent } from './envelope';

/** Where a delivery goes. */
export interface DeliveryTarget {
	/** Name of the endpoint: whose queue, secrets and headers. */
	readonly endpoint: string;
	/** Instead of the endpoint's URL. */
	readonly url?: string;
	/** Signs instead of the endpoint's secrets. */
	readonly secret?: string;
}

/**
 * Writes an event and one delivery for each target, all or nothing.
 *
 * @returns the numbers of the deliveries, in the order of the targets
 */
export type AppendEvent = (
	event: StoredEvent,
	targets: readonly (string | DeliveryTarget)[],
) => readonly number[];

/** Prepares {@link AppendEvent} for a database. */
export function createAppend(database: Database, now: () => number): AppendEvent {
	const insertEvent = database.prepare(
		'INSERT INTO events (id, type, created_at, body) VALUES (?, ?, ?, ?)',
	);
	const insertDelivery = database.prepare(
		`INSERT INTO deliveries (event_seq, endpoint, url, secret, state, created_at, next_at)
		VALUES (?, ?, ?, ?, 'pending', ?, ?)`,
	);
	return (event, targets) =>
		inTransaction(database, () => {
			const { id, type, createdAt, body } = event;
			const { lastInsertRowid } = insertEvent.run(id, type, createdAt, body);
			const at = now();
			return targets.map((target) => {
				const { endpoint, url, secret }: DeliveryTarget =
					typeof target === 'string' ? { endpoint: target } : target;
				const own = [url ?? null, secret ?? null];
				const added = insertDelivery.run(lastInsertRowid, endpoint, ...own, at, at);
				return Number(added.lastInsertRowid);
			});
		});
}
