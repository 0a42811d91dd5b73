import type { Database, Row } from '../store/databaseAccess';
import { inTransaction } from '../store/databaseAccess';

/** Takes deliveries out of the database, or out of the queue, so many at a time. */
export interface DeliveryHistory {
	/** Deletes deliveries that were settled before a time, with their log and events. */
	deleteSettledBefore(time: number, limit: number): number;
	/** Deletes the oldest that were delivered; when there are none, the oldest that failed. */
	deleteOldest(limit: number): number;
	/** Fails what has been due since before a time; reads all that is pending. */
	failDueBefore(time: number, reason: string, now: number, limit: number): number;
	/** Fails what waits for an endpoint. */
	failPendingOf(endpointId: number, reason: string, now: number, limit: number): number;
}

const FAIL = `UPDATE deliveries SET state = 'failed', settled_at = ?, last_error = ?`;

/** Prepares the statements; each function returns how many deliveries it was about. */
export function createHistory(database: Database): DeliveryHistory {
	// The newest stays, so that its number is not given again.
	const deleteWhere = (condition: string) =>
		database.prepare(
			`DELETE FROM deliveries WHERE id IN (
				SELECT id FROM deliveries WHERE ${condition} AND id < (SELECT max(id) FROM deliveries)
				ORDER BY settled_at LIMIT ?
			) RETURNING event_seq`,
		);
	const expired = {
		delivered: deleteWhere("state = 'delivered' AND settled_at < ?"),
		failed: deleteWhere("state = 'failed' AND settled_at < ?"),
	};
	const oldest = {
		delivered: deleteWhere("state = 'delivered'"),
		failed: deleteWhere("state = 'failed'"),
	};
	const deleteEvent = database.prepare(
		`DELETE FROM events WHERE seq = ?
		AND NOT EXISTS (SELECT 1 FROM deliveries WHERE event_seq = events.seq)`,
	);
	const failOld = database.prepare(
		`${FAIL} WHERE id IN (
			SELECT id FROM deliveries WHERE state = 'pending' AND next_at < ? ORDER BY id LIMIT ?
		)`,
	);
	const failAll = database.prepare(
		`${FAIL} WHERE id IN (
			SELECT id FROM deliveries WHERE endpoint_id = ? AND state = 'pending' ORDER BY id LIMIT ?
		)`,
	);
	const deleteEvents = (rows: readonly Row[]) => {
		const events = new Set(rows.map(({ event_seq: event }) => Number(event)));
		for (const event of events) deleteEvent.run(event);
		return rows.length;
	};
	return {
		deleteSettledBefore: (time, limit) =>
			inTransaction(database, () => {
				const delivered = deleteEvents(expired.delivered.all(time, limit));
				return delivered + deleteEvents(expired.failed.all(time, limit - delivered));
			}),
		deleteOldest: (limit) =>
			inTransaction(database, () => {
				const delivered = deleteEvents(oldest.delivered.all(limit));
				return delivered > 0 ? delivered : deleteEvents(oldest.failed.all(limit));
			}),
		failDueBefore: (time, reason, now, limit) =>
			Number(failOld.run(now, reason, time, limit).changes),
		failPendingOf: (endpointId, reason, now, limit) =>
			Number(failAll.run(now, reason, endpointId, limit).changes),
	};
}
