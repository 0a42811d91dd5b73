import type { SQLInputValue } from 'node:sqlite';
import { showBody, viewOfSettings } from '../endpoints/privacy';
import { createEventId } from '../protocol';
import { TODAY } from '../store/clock';
import type { Database, Row } from '../store/databaseAccess';
import { inTransaction } from '../store/databaseAccess';
import { hasId } from '../store/schema';
import { openAttachmentTable, shownFiles } from './attachments';

/** Which deliveries to make again; all that is given must match, and something must be given. */
export interface ReplaySelection {
	/** Numbers of deliveries: `dlv_42` is 42. */
	readonly deliveryIds?: readonly number[];
	/** `evt_…` */
	readonly eventIds?: readonly string[];
	/** Created at this time or later, milliseconds since 1970. */
	readonly since?: number;
	/** Created before this time, milliseconds since 1970. */
	readonly until?: number;
	readonly status?: 'delivered' | 'failed';
	readonly endpointIds?: readonly number[];
}

/** What a replay has put into the queue. */
export interface Replayed {
	readonly count: number;
	/** Endpoints that have something to send now. */
	readonly endpointIds: readonly number[];
}

const AT_ONCE = 500;
/** Takes some milliseconds. */
const SLICE = 200;

/**
 * Makes deliveries again, with all their tries, in the order in which they were created. One that has
 * failed, or still waits, is put back as it is: the receiver may have the event from an earlier attempt,
 * and tells so by its id. One that was delivered becomes a new event with `replayOf`: the receiver is to
 * take it once more. What still waits is tried at once when it is named by delivery or event; a range or a
 * status is about what was settled. What was delivered and is not kept is passed over.
 *
 * @throws RangeError when nothing is selected by
 */
export function replayDeliveries(
	database: Database,
	selection: ReplaySelection,
	now: number,
): Replayed {
	const { conditions, values } = conditionsOf(selection);
	// What a replay itself adds is not to be replayed.
	const last = Number(database.prepare('SELECT max(id) AS id FROM deliveries').get()?.id ?? 0);
	const find = database.prepare(
		`SELECT d.id, d.state, d.event_seq, d.endpoint_id, d.url, d.signer_id FROM deliveries d
		WHERE d.id > ? AND d.id <= ? AND d.is_body_kept = 1 AND ${conditions.join(' AND ')}
		ORDER BY d.id LIMIT ?`,
	);
	const reset = database.prepare(
		`UPDATE deliveries SET state = 'pending', generation = generation + 1, tries = 0, next_at = ?,
			settled_at = NULL, settled_day = NULL, queued_day = ${TODAY}, consumer = NULL WHERE id = ?`,
	);
	const again = createRepetition(database, { conditions, values, last });
	const endpointIds = new Set<number>();
	let count = 0;
	for (let after = 0; ; ) {
		// Many small transactions: another process that writes an event must not wait for all.
		const rows = inTransaction(database, () => {
			const found = find.all(after, last, ...values, AT_ONCE);
			for (const row of found) {
				if (row.state === 'delivered') again(row, now);
				else reset.run(now, row.id ?? null);
			}
			return found;
		});
		count += rows.length;
		for (const row of rows) endpointIds.add(Number(row.endpoint_id));
		after = Number(rows.at(-1)?.id ?? after);
		if (rows.length < AT_ONCE) return { count, endpointIds: [...endpointIds] };
	}
}

/**
 * Counts what {@link replayDeliveries} would make again, and what it would pass over as its body is not
 * kept, without holding anything up.
 *
 * @throws RangeError when nothing is selected by
 */
export function countReplay(
	database: Database,
	selection: ReplaySelection,
): { readonly count: number; readonly notKept: number } {
	const { conditions, values } = conditionsOf(selection);
	const found = database
		.prepare(
			`SELECT count(*) AS n, coalesce(sum(d.is_body_kept), 0) AS kept FROM deliveries d
			WHERE ${conditions.join(' AND ')}`,
		)
		.get(...values);
	const kept = Number(found?.kept);
	return { count: kept, notKept: Number(found?.n) - kept };
}

/**
 * Cuts what {@link replayDeliveries} would make again into slices that take a moment each. All deliveries of
 * an event are in one, so that they become those of one event again.
 *
 * @returns numbers of deliveries; what is added meanwhile is not among them
 * @throws RangeError when nothing is selected by
 */
export function* sliceReplay(
	database: Database,
	selection: ReplaySelection,
): Generator<readonly number[]> {
	const { conditions, values } = conditionsOf(selection);
	const last = Number(database.prepare('SELECT max(id) AS id FROM deliveries').get()?.id ?? 0);
	const find = database.prepare(
		`SELECT d.id, d.event_seq FROM deliveries d
		WHERE d.id > ? AND d.id <= ? AND ${conditions.join(' AND ')} ORDER BY d.id LIMIT ?`,
	);
	const findRest = database.prepare(
		`SELECT d.id FROM deliveries d
		WHERE d.id > ? AND d.id <= ? AND d.event_seq = ? AND ${conditions.join(' AND ')}`,
	);
	for (let after = 0; ; ) {
		const rows = find.all(after, last, ...values, SLICE);
		const newest = rows.at(-1);
		if (newest === undefined) return;
		const rest = findRest.all(newest.id ?? 0, last, newest.event_seq ?? 0, ...values);
		const ids = [...rows, ...rest].map(({ id }) => Number(id));
		yield ids;
		after = Math.max(...ids);
	}
}

/** What is replayed together. */
interface Selected extends ReturnType<typeof conditionsOf> {
	/** Number of the newest delivery that may be. */
	readonly last: number;
}

/** Writes an event once more under a new id; the deliveries of one event become those of one event again. */
function createRepetition(
	database: Database,
	{ conditions, values, last }: Selected,
): (row: Row, now: number) => void {
	const read = database.prepare('SELECT id, type, created_at, body FROM events WHERE seq = ?');
	const insertEvent = database.prepare(
		'INSERT INTO events (id, type, created_at, body) VALUES (?, ?, ?, ?)',
	);
	const insertDelivery = database.prepare(
		`INSERT INTO deliveries (event_seq, endpoint_id, url, signer_id, state, created_at, next_at,
			queued_day)
		VALUES (?, ?, ?, ?, 'pending', ?, ?, ${TODAY})`,
	);
	const attachments = openAttachmentTable(database);
	const takers = database.prepare(
		`SELECT p.settings FROM endpoints p WHERE p.id IN (
			SELECT d.endpoint_id FROM deliveries d
			WHERE d.event_seq = ? AND d.state = 'delivered' AND d.is_body_kept = 1 AND d.id <= ?
				AND ${conditions.join(' AND ')}
		)`,
	);
	/** Who gets it again may see less of it than those who got it then. */
	const narrowed = (seq: Row[string] | undefined, body: string) =>
		showBody(
			body,
			takers.all(seq ?? null, last, ...values).map(({ settings }) => viewOfSettings(settings)),
		);
	const repeated = new Map<number, number | bigint>();
	return ({ event_seq: seq, endpoint_id: endpointId, url, signer_id: signerId }, now) => {
		const known = repeated.get(Number(seq));
		const event = known === undefined ? read.get(seq ?? null) : undefined;
		let next = known;
		if (event !== undefined) {
			const id = createEventId();
			const body = withReplayOf(narrowed(seq, String(event.body)), id, String(event.id));
			next = insertEvent.run(
				id,
				event.type ?? null,
				event.created_at ?? null,
				body,
			).lastInsertRowid;
			const files = attachments.list(Number(seq));
			attachments.add(next, files.length === 0 ? files : shownFiles(body, files));
			repeated.set(Number(seq), next);
		}
		if (next === undefined) return;
		insertDelivery.run(next, endpointId ?? null, url ?? null, signerId ?? null, now, now);
	};
}

/** The envelope's own order: the id first, what it repeats beside it. */
function withReplayOf(body: string, id: string, replayOf: string): string {
	const event = JSON.parse(body) as Record<string, unknown>;
	Reflect.deleteProperty(event, 'id');
	Reflect.deleteProperty(event, 'replayOf');
	return JSON.stringify({ id, replayOf, ...event });
}

function conditionsOf(selection: ReplaySelection) {
	const conditions: string[] = [];
	const values: SQLInputValue[] = [];
	const add = (condition: string, value: SQLInputValue | undefined) => {
		if (value === undefined) return;
		conditions.push(condition);
		values.push(value);
	};
	const { deliveryIds, eventIds, status, endpointIds } = selection;
	add('d.id IN (SELECT value FROM json_each(?))', deliveryIds && JSON.stringify(deliveryIds));
	add(
		`d.event_seq IN (SELECT seq FROM events e WHERE ${hasId('IN (SELECT value FROM json_each(?))')})`,
		eventIds && JSON.stringify(eventIds),
	);
	add('d.created_at >= ?', selection.since);
	add('d.created_at < ?', selection.until);
	add(
		'd.endpoint_id IN (SELECT value FROM json_each(?))',
		endpointIds && JSON.stringify(endpointIds),
	);
	add('d.state = ?', status);
	if (conditions.length === 0) {
		throw new RangeError('A replay needs deliveries, events, a time, a status or an endpoint');
	}
	const isNamed = deliveryIds !== undefined || eventIds !== undefined;
	if (status === undefined && !isNamed) conditions.push("d.state <> 'pending'");
	return { conditions, values };
}
