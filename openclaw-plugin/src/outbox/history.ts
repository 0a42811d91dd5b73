import { createDayCounter, MAX_WAIT_MS, TODAY } from '../store/clock';
import type { ClockSources } from '../store/clock';
import type { Database, Row } from '../store/databaseAccess';
import { inTransaction } from '../store/databaseAccess';
import { openAttachmentTable } from './attachments';
import { thinBody } from './envelope';
import { OLDEST_PENDING } from './queue';

/** Takes deliveries out of the database, or out of the queue, so many at a time; returns how many. */
export interface DeliveryHistory {
	/** Deletes what was settled, and fails what has waited, for more than so many days. */
	expire(retentionDays: number, now: number, limit: number): number;
	/** Deletes the oldest that were delivered; when there are none, the oldest that failed. */
	deleteOldest(limit: number): number;
	/** Deletes the oldest that gave way. */
	deleteGivenWay(limit: number): number;
	/** Fails what waits for an endpoint. */
	failPendingOf(endpointId: number, reason: string, now: number, limit: number): number;
	/** The endpoint that the most bytes wait for, about; with equal ones, the one that has waited longest. */
	largestBacklog(): number | undefined;
	/**
	 * Fails the oldest that waits for an endpoint, until so many bytes are free. Events that wait for nobody
	 * else lose their content, and keep their ids.
	 */
	giveWay(endpointId: number, bytes: number, now: number): number;
}

/** Why a delivery failed that gave way. */
export const GAVE_WAY =
	'It gave way to newer events: the outbox was full (outbox.maxMegabytes), and its endpoint had the largest backlog';
/** Deliveries that gave way and can still be seen. */
const GIVEN_WAY_KEPT = 1000;
const GIVEN_WAY_AT_ONCE = 1000;
/** Events whose size is looked at to tell that of a backlog. */
const SAMPLE = 50;

const FAIL = `UPDATE deliveries SET state = 'failed', settled_at = ?, settled_day = ${TODAY}, last_error = ?`;

/**
 * Prepares the statements.
 *
 * @param sources the clocks by which history ages
 */
export function createHistory(database: Database, sources?: ClockSources): DeliveryHistory {
	const removal = createRemoval(database);
	const fail = database.prepare(
		`UPDATE deliveries SET state = 'failed', settled_at = ?3, settled_day = ${TODAY}, last_error = ?4
		WHERE id IN (SELECT id FROM ${OLDEST_PENDING})`,
	);
	return {
		expire: createExpiry(database, removal, sources),
		deleteOldest: (limit) =>
			inTransaction(database, () => removal.delivered(limit) || removal.failed(limit)),
		deleteGivenWay: (limit) => inTransaction(database, () => removal.givenWay(limit)),
		failPendingOf: (endpointId, reason, now, limit) =>
			Number(fail.run(endpointId, limit, now, reason).changes),
		largestBacklog: createLargestBacklog(database),
		giveWay: createGiveWay(database, removal),
	};
}

/** Deletes the body of an event that none of its deliveries needs any more. */
export const DROP_BODY = `UPDATE events SET body = NULL WHERE seq = ? AND body IS NOT NULL
	AND NOT EXISTS (SELECT 1 FROM deliveries WHERE event_seq = events.seq AND is_body_kept = 1)`;

/** Deletes deliveries with their log, and the events that have no more of them. */
function createRemoval(database: Database) {
	const deleteEvent = database.prepare(
		`DELETE FROM events WHERE seq = ?
		AND NOT EXISTS (SELECT 1 FROM deliveries WHERE event_seq = events.seq)`,
	);
	const dropBody = database.prepare(DROP_BODY);
	const attachments = openAttachmentTable(database);
	const deleteEvents = (rows: readonly Row[]) => {
		const events = new Set(rows.map(({ event_seq: event }) => Number(event)));
		for (const event of events) {
			const { changes } = deleteEvent.run(event);
			if (changes === 0 && Number(dropBody.run(event).changes) > 0) attachments.forget(event);
		}
		return rows.length;
	};
	const prepare = (condition: string, order: string) =>
		database.prepare(
			// The newest stays, so that its number is not given again.
			`DELETE FROM deliveries WHERE id IN (
				SELECT id FROM deliveries WHERE ${condition} AND id < (SELECT max(id) FROM deliveries)
				ORDER BY ${order} LIMIT ?
			) RETURNING event_seq`,
		);
	const delivered = prepare("state = 'delivered'", 'settled_at');
	const failed = prepare("state = 'failed' AND last_error IS NOT ?", 'settled_at');
	const givenWay = prepare("state = 'failed' AND last_error = ?", 'settled_at');
	const expired = prepare('settled_day < ?', 'settled_day');
	return {
		delivered: (limit: number) => deleteEvents(delivered.all(limit)),
		failed: (limit: number) => deleteEvents(failed.all(GAVE_WAY, limit)),
		givenWay: (limit: number) => deleteEvents(givenWay.all(GAVE_WAY, limit)),
		settledBefore: (day: number, limit: number) => deleteEvents(expired.all(day, limit)),
	};
}

type Removal = ReturnType<typeof createRemoval>;

function createExpiry(
	database: Database,
	removal: Removal,
	sources: ClockSources | undefined,
): DeliveryHistory['expire'] {
	const days = createDayCounter(database, sources);
	const failOld = database.prepare(
		`${FAIL} WHERE id IN (
			SELECT id FROM deliveries WHERE state = 'pending' AND queued_day < ? ORDER BY id LIMIT ?
		)`,
	);
	const bound = database.prepare(
		"UPDATE deliveries SET next_at = ? WHERE state = 'pending' AND tries > 0 AND next_at > ?",
	);
	/** The day of the last search through all that waits. */
	let searched: number | undefined;
	return (retentionDays, now, limit) => {
		const today = days.count();
		const oldest = today - retentionDays;
		const deleted = inTransaction(database, () => removal.settledBefore(oldest, limit));
		if (searched === today) return deleted;
		// What would wait longer than anything may was written under a clock that was wrong.
		bound.run(now, now + MAX_WAIT_MS);
		const reason = `It was not delivered within ${String(retentionDays)} days (outbox.retentionDays)`;
		const failed = Number(failOld.run(now, reason, oldest, limit).changes);
		if (failed < limit) searched = today;
		return Math.max(deleted, failed);
	};
}

function createLargestBacklog(database: Database): DeliveryHistory['largestBacklog'] {
	const count = database.prepare(
		`SELECT endpoint_id, count(*) AS count, min(id) AS first FROM deliveries
		WHERE state = 'pending' GROUP BY endpoint_id`,
	);
	const sample = database.prepare(
		`SELECT avg(octet_length(e.body)) AS bytes FROM events e WHERE e.seq IN (
			SELECT event_seq FROM ${OLDEST_PENDING}
		)`,
	);
	return () => {
		let largest:
			| { readonly id: number; readonly bytes: number; readonly first: number }
			| undefined;
		for (const row of count.all()) {
			const id = Number(row.endpoint_id);
			const first = Number(row.first);
			const bytes = Number(row.count) * Number(sample.get(id, SAMPLE)?.bytes ?? 0);
			const isLarger =
				largest === undefined ||
				bytes > largest.bytes ||
				(bytes === largest.bytes && first < largest.first);
			if (isLarger) largest = { id, bytes, first };
		}
		return largest?.id;
	};
}

function createGiveWay(database: Database, removal: Removal): DeliveryHistory['giveWay'] {
	const find = database.prepare(
		`SELECT oldest.id, oldest.event_seq, octet_length(e.body) AS bytes
		FROM ${OLDEST_PENDING} oldest JOIN events e ON e.seq = oldest.event_seq ORDER BY oldest.id`,
	);
	const fail = database.prepare(`${FAIL} WHERE id = ?`);
	const readUnwanted = database.prepare(
		`SELECT body FROM events WHERE seq = ?
		AND NOT EXISTS (SELECT 1 FROM deliveries WHERE event_seq = seq AND state = 'pending')`,
	);
	const shrink = database.prepare('UPDATE events SET body = ? WHERE seq = ?');
	const countKept = database.prepare(
		"SELECT count(*) AS count FROM deliveries WHERE state = 'failed' AND last_error = ?",
	);
	let kept: number | undefined;
	return (endpointId, bytes, now) =>
		inTransaction(database, () => {
			kept ??= Number(countKept.get(GAVE_WAY)?.count ?? 0);
			let count = 0;
			let freed = 0;
			for (const row of find.all(endpointId, GIVEN_WAY_AT_ONCE)) {
				if (freed >= bytes) break;
				const event = Number(row.event_seq);
				fail.run(now, GAVE_WAY, Number(row.id));
				count += 1;
				const body = readUnwanted.get(event)?.body;
				if (typeof body !== 'string') continue;
				shrink.run(thinBody(body), event);
				freed += Number(row.bytes);
			}
			kept += count;
			if (kept > GIVEN_WAY_KEPT) kept -= removal.givenWay(kept - GIVEN_WAY_KEPT);
			return count;
		});
}
