import type { SQLInputValue } from 'node:sqlite';
import type { Database } from '../store/databaseAccess';
import { inTransaction } from '../store/databaseAccess';

/** Which deliveries to make again; all that is given must match, and something must be given. */
export interface ReplaySelection {
	/** Numbers of deliveries: `dlv_42` is 42. */
	readonly deliveryIds?: readonly number[];
	/** `evt_…` */
	readonly eventIds?: readonly string[];
	/** Created at this time or later, milliseconds since 1970. */
	readonly from?: number;
	/** Created before this time, milliseconds since 1970. */
	readonly to?: number;
	readonly status?: 'delivered' | 'failed';
	readonly endpoint?: string;
}

const AT_ONCE = 500;

/**
 * Puts deliveries back into the queue, with all their tries, in the order in which they were created.
 * What still waits is tried at once when it is named by delivery or event; a range or a status is about
 * what was settled.
 *
 * @returns how many
 * @throws RangeError when nothing is selected by
 */
export function replayDeliveries(
	database: Database,
	selection: ReplaySelection,
	now: number,
): number {
	const { conditions, values } = conditionsOf(selection);
	const find = database.prepare(
		`SELECT d.id FROM deliveries d WHERE d.id > ? AND ${conditions.join(' AND ')}
		ORDER BY d.id LIMIT ?`,
	);
	const reset = database.prepare(
		`UPDATE deliveries SET state = 'pending', tries = 0, next_at = ?, settled_at = NULL
		WHERE id = ?`,
	);
	let last = 0;
	for (let count = 0; ; ) {
		// Many small transactions: another process that writes an event must not wait for all.
		const ids = inTransaction(database, () => {
			const rows = find.all(last, ...values, AT_ONCE);
			for (const { id } of rows) reset.run(now, id ?? null);
			return rows.map(({ id }) => Number(id));
		});
		count += ids.length;
		last = ids.at(-1) ?? last;
		if (ids.length < AT_ONCE) return count;
	}
}

/**
 * Counts what {@link replayDeliveries} would put back, without holding anything up.
 *
 * @throws RangeError when nothing is selected by
 */
export function countReplay(database: Database, selection: ReplaySelection): number {
	const { conditions, values } = conditionsOf(selection);
	const found = database
		.prepare(`SELECT count(*) AS n FROM deliveries d WHERE ${conditions.join(' AND ')}`)
		.get(...values);
	return Number(found?.n);
}

function conditionsOf(selection: ReplaySelection) {
	const conditions: string[] = [];
	const values: SQLInputValue[] = [];
	const add = (condition: string, value: SQLInputValue | undefined) => {
		if (value === undefined) return;
		conditions.push(condition);
		values.push(value);
	};
	const { deliveryIds, eventIds, status } = selection;
	add('d.id IN (SELECT value FROM json_each(?))', deliveryIds && JSON.stringify(deliveryIds));
	add(
		`d.event_seq IN (SELECT seq FROM events WHERE id IN (SELECT value FROM json_each(?)))`,
		eventIds && JSON.stringify(eventIds),
	);
	add('d.created_at >= ?', selection.from);
	add('d.created_at < ?', selection.to);
	add('d.endpoint = ?', selection.endpoint);
	add('d.state = ?', status);
	if (conditions.length === 0) {
		throw new RangeError('A replay needs deliveries, events, a time, a status or an endpoint');
	}
	const isNamed = deliveryIds !== undefined || eventIds !== undefined;
	if (status === undefined && !isNamed) conditions.push("d.state <> 'pending'");
	return { conditions, values };
}
