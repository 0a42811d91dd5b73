import type { Database } from '../store/databaseAccess';
import { findCandidates } from './candidates';
import type { Delivery, DeliveryDetails, DeliveryPage, DeliveryQuery } from './delivery';
import { formatDeliveryId, parseDeliveryId } from './deliveryId';
import { DELIVERY_COLUMNS, readAttempt, readDelivery } from './deliveryRow';

/** Deliveries that a search for a text looks through at a time: some 10 ms. */
const SEARCHED_AT_ONCE = 5000;
const DEFAULT_RECENT = 20;
const MAX_RECENT = 500;

const ROWS = 'deliveries d JOIN events e ON e.seq = d.event_seq';

/**
 * Lists deliveries, newest first.
 *
 * @throws RangeError when `before` is no delivery id, or `recent` out of range
 * @example
 * listDeliveries(database, { status: 'failed', recent: 5 }).deliveries.map(({ reason }) => reason);
 */
export function listDeliveries(database: Database, query: DeliveryQuery = {}): DeliveryPage {
	const limit = readLimit(query.recent);
	const { status, endpoint, type } = query;
	const filter = { status, endpoint, type, before: readBefore(query.before) };
	const needle = query.text?.trim() ?? '';
	if (needle === '') {
		// One more than asked for tells whether the list goes on.
		const numbers = findCandidates(database, filter, limit + 1);
		return page(database, numbers.slice(0, limit), numbers.length > limit);
	}
	const candidates = findCandidates(database, filter, SEARCHED_AT_ONCE);
	const numbers = search(database, candidates, needle, limit + 1);
	if (numbers.length > limit) return page(database, numbers.slice(0, limit), true);
	const searched = candidates.at(-1);
	const isWhole = candidates.length < SEARCHED_AT_ONCE || searched === undefined;
	return {
		deliveries: load(database, numbers),
		...(isWhole ? {} : { next: formatDeliveryId(searched) }),
	};
}

/**
 * Everything about one delivery.
 *
 * @param id `dlv_…`
 * @returns undefined when there is none with this id (any more)
 */
export function showDelivery(database: Database, id: string): DeliveryDetails | undefined {
	const number = parseDeliveryId(id);
	if (number === undefined) return undefined;
	const row = database
		.prepare(`SELECT ${DELIVERY_COLUMNS}, e.body FROM ${ROWS} WHERE d.id = ?`)
		.get(number);
	if (row === undefined) return undefined;
	const attempts = database
		.prepare('SELECT * FROM attempts WHERE delivery_id = ? ORDER BY id')
		.all(number);
	return {
		...readDelivery(row),
		event: JSON.parse(String(row.body)) as unknown,
		attemptLog: attempts.map(readAttempt),
	};
}

/**
 * The deliveries of one event, one for each endpoint that it goes to.
 *
 * @param eventId `evt_…`
 */
export function listDeliveriesOfEvent(database: Database, eventId: string): readonly Delivery[] {
	return database
		.prepare(`SELECT ${DELIVERY_COLUMNS} FROM ${ROWS} WHERE e.id = ? ORDER BY d.id DESC`)
		.all(eventId)
		.map(readDelivery);
}

function page(database: Database, numbers: readonly number[], isContinued: boolean): DeliveryPage {
	const last = numbers.at(-1);
	return {
		deliveries: load(database, numbers),
		...(isContinued && last !== undefined ? { next: formatDeliveryId(last) } : {}),
	};
}

function load(database: Database, numbers: readonly number[]): readonly Delivery[] {
	return database
		.prepare(
			`SELECT ${DELIVERY_COLUMNS} FROM ${ROWS}
			WHERE d.id IN (SELECT value FROM json_each(?)) ORDER BY d.id DESC`,
		)
		.all(JSON.stringify(numbers))
		.map(readDelivery);
}

function search(
	database: Database,
	candidates: readonly number[],
	needle: string,
	limit: number,
): readonly number[] {
	// Events are kept as JSON, in which quotes and line breaks are escaped.
	const inJson = JSON.stringify(needle).slice(1, -1);
	return database
		.prepare(
			`SELECT d.id FROM json_each(?) c JOIN deliveries d ON d.id = c.value
			JOIN events e ON e.seq = d.event_seq
			WHERE e.body LIKE ? ESCAPE '!' OR d.last_error LIKE ? ESCAPE '!'
			ORDER BY c.key LIMIT ?`,
		)
		.all(JSON.stringify(candidates), pattern(inJson), pattern(needle), limit)
		.map((row) => Number(row.id));
}

function pattern(needle: string): string {
	return `%${needle.replace(/[!%_]/g, '!$&')}%`;
}

function readLimit(recent = DEFAULT_RECENT): number {
	if (Number.isInteger(recent) && recent >= 1 && recent <= MAX_RECENT) return recent;
	throw new RangeError(`'recent' must be a whole number from 1 to ${String(MAX_RECENT)}`);
}

function readBefore(before: string | undefined): number {
	if (before === undefined) return Number.MAX_SAFE_INTEGER;
	const number = parseDeliveryId(before);
	if (number === undefined) throw new RangeError(`'${before}' is no delivery id such as dlv_42`);
	return number;
}
