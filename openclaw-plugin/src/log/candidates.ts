import type { SQLInputValue } from 'node:sqlite';
import type { Database } from '../store/databaseAccess';
import { DELIVERY_STATUSES } from './delivery';
import type { DeliveryStatus } from './delivery';

/** The part of a query that indexes answer. */
export interface CandidateFilter {
	readonly status?: DeliveryStatus | undefined;
	readonly endpoint?: string | undefined;
	readonly type?: string | undefined;
	/** Only deliveries with a smaller number. */
	readonly before: number;
}

/** Up to so many events of a type are looked up one by one; more are met soon enough on the way back. */
const RARE_EVENTS = 2000;

/**
 * Finds deliveries by status, endpoint and event type, newest first, at a cost that hardly depends on
 * how many there are.
 *
 * @returns their numbers, at most `limit`
 */
export function findCandidates(
	database: Database,
	filter: CandidateFilter,
	limit: number,
): readonly number[] {
	// The index by endpoint holds each status in order of time, but not all of them together.
	const statuses =
		filter.status === undefined && filter.endpoint !== undefined
			? DELIVERY_STATUSES
			: [filter.status];
	const found = statuses.flatMap((status) => select(database, { ...filter, status }, limit));
	return found.sort((left, right) => right - left).slice(0, limit);
}

function select(database: Database, filter: CandidateFilter, limit: number): readonly number[] {
	const { before, status, endpoint, type } = filter;
	const conditions = ['d.id < ?'];
	const values: SQLInputValue[] = [before];
	const add = (condition: string, value: string | undefined) => {
		if (value === undefined) return;
		conditions.push(condition);
		values.push(value);
	};
	add('d.state = ?', status);
	add('d.endpoint = ?', endpoint);
	add('e.type = ?', type);
	const sql = `SELECT d.id FROM ${tables(database, type)}
		WHERE ${conditions.join(' AND ')} ORDER BY d.id DESC LIMIT ?`;
	return database
		.prepare(sql)
		.all(...values, limit)
		.map((row) => Number(row.id));
}

/** Which table leads decides how much is read: SQLite knows too little about the data to tell. */
function tables(database: Database, type: string | undefined): string {
	if (type === undefined) return 'deliveries d';
	const counted = database
		.prepare('SELECT count(*) AS n FROM (SELECT 1 FROM events WHERE type = ? LIMIT ?)')
		.get(type, RARE_EVENTS + 1);
	return Number(counted?.n) <= RARE_EVENTS
		? 'events e CROSS JOIN deliveries d ON d.event_seq = e.seq'
		: 'deliveries d CROSS JOIN events e ON e.seq = d.event_seq';
}
