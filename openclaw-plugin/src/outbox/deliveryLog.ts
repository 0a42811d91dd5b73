import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';
import { formatEndpointId, parseEndpointId } from '../endpoints/endpoint';
import { showBody, viewOfSettings } from '../endpoints/privacy';
import { asNumber, asText, optional } from '../store/databaseAccess';
import type { Database, Row } from '../store/databaseAccess';
import { hasId } from '../store/schema';
import { DELIVERY_STATUSES, formatDeliveryId, parseDeliveryId } from './delivery';
import type {
	Delivery,
	DeliveryAttempt,
	DeliveryDetails,
	DeliveryPage,
	DeliveryQuery,
	DeliveryStatus,
} from './delivery';

/** Deliveries that a search for a text looks through at a time: some 10 ms. */
const SEARCHED_AT_ONCE = 5000;
const DEFAULT_RECENT = 20;
const MAX_RECENT = 500;

/** Up to so many events of a type are looked up one by one; more are met soon enough on the way back. */
const RARE_EVENTS = 2000;

const ROWS = `deliveries d JOIN events e ON e.seq = d.event_seq
	JOIN endpoints p ON p.id = d.endpoint_id`;
const COLUMNS = `d.id, d.state, d.endpoint_id, p.name AS endpoint, d.attempts, d.created_at, d.next_at,
	d.settled_at, d.last_status, d.last_duration_ms, d.last_error, e.id AS event_id, e.type`;

/**
 * Lists deliveries, newest first.
 *
 * @throws RangeError when `before` is no delivery id, or `recent` out of range
 * @example
 * listDeliveries(database, { status: 'failed', recent: 5 }).deliveries.map(({ reason }) => reason);
 */
export function listDeliveries(database: Database, query: DeliveryQuery = {}): DeliveryPage {
	const limit = readLimit(query.recent);
	const { status, type, since, until } = query;
	const endpoints =
		query.endpoint === undefined ? undefined : endpointsOf(database, query.endpoint);
	const filter = { status, endpoints, type, since, until, before: readBefore(query.before) };
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
		.prepare(
			`SELECT ${COLUMNS}, d.is_body_kept, e.created_at AS event_at, e.body, p.settings
			FROM ${ROWS} WHERE d.id = ?`,
		)
		.get(number);
	if (row === undefined) return undefined;
	const attempts = database
		.prepare('SELECT * FROM attempts WHERE delivery_id = ? ORDER BY id')
		.all(number);
	return {
		...readDelivery(row),
		...readEvent(row),
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
		.prepare(`SELECT ${COLUMNS} FROM ${ROWS} WHERE ${hasId('= ?')} ORDER BY d.id DESC`)
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
			`SELECT ${COLUMNS} FROM ${ROWS}
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
	const found = database
		.prepare(
			`SELECT d.id, coalesce(d.last_error LIKE ?2 ESCAPE '!', 0) AS in_error
			FROM json_each(?3) c JOIN deliveries d ON d.id = c.value
				JOIN events e ON e.seq = d.event_seq JOIN endpoints p ON p.id = d.endpoint_id
			WHERE e.body LIKE ?1 ESCAPE '!' OR in_error ORDER BY c.key`,
		)
		.all(pattern(inJson), pattern(needle), JSON.stringify(candidates));
	const sees = createSight(database, inJson);
	const numbers: number[] = [];
	for (const { id, in_error: inError } of found) {
		if (inError === 1 || sees(Number(id))) numbers.push(Number(id));
		if (numbers.length === limit) break;
	}
	return numbers;
}

/** Asks whether the endpoint of a delivery sees a text that was found in the event. */
function createSight(database: Database, inJson: string): (id: number) => boolean {
	const read = database.prepare(
		`SELECT d.is_body_kept, e.body, p.settings FROM ${ROWS}
		WHERE d.id = ? AND (d.is_body_kept = 0 OR p.settings LIKE '%"privacy"%')`,
	);
	const wanted = inJson.toLowerCase();
	return (id) => {
		const row = read.get(id);
		if (row === undefined) return true;
		if (row.is_body_kept === 0) return false;
		const body = showBody(String(row.body), [viewOfSettings(row.settings)]);
		return body.toLowerCase().includes(wanted);
	};
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

/** Deliveries that were created within one hour, by what has become of them. */
export interface HourlyCounts {
	/** Beginning of the hour, milliseconds since 1970. */
	readonly from: number;
	readonly delivered: number;
	readonly failed: number;
	readonly pending: number;
}

const HOUR_MS = 3_600_000;

/**
 * Counts the deliveries of the last hours: some 30 ms per 100,000 of them.
 *
 * @param first number of the first delivery of that time: see `firstSince`
 * @returns so many hours, the oldest first, the last one not over yet
 */
export function countByHour(
	database: Database,
	first: number,
	now: number,
	hours = 24,
): readonly HourlyCounts[] {
	const begin = Math.floor(now / HOUR_MS) * HOUR_MS - (hours - 1) * HOUR_MS;
	const counts = new Map<string, number>();
	const rows = database
		.prepare(
			`SELECT CAST((created_at - ?) / ? AS INTEGER) AS hour, state, count(*) AS n FROM deliveries
			WHERE id >= ? GROUP BY hour, state`,
		)
		.all(begin, HOUR_MS, first);
	for (const { hour, state, n } of rows) counts.set(`${String(hour)} ${String(state)}`, Number(n));
	return Array.from({ length: hours }, (_, hour) => {
		const count = (state: string) => counts.get(`${String(hour)} ${state}`) ?? 0;
		return {
			from: begin + hour * HOUR_MS,
			delivered: count('delivered'),
			failed: count('failed'),
			pending: count('pending'),
		};
	});
}

/** The part of a query that indexes answer. */
export interface CandidateFilter {
	readonly status?: DeliveryStatus | undefined;
	/** Ids of endpoints. */
	readonly endpoints?: readonly number[] | undefined;
	readonly type?: string | undefined;
	readonly since?: number | undefined;
	readonly until?: number | undefined;
	/** Only deliveries with a smaller number. */
	readonly before: number;
}

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
	const { status, endpoints } = filter;
	// The index by endpoint holds each status, what was tried and what was not, in order of time, but not all
	// of them together.
	const groups = endpoints?.flatMap((endpoint) =>
		(status === undefined ? DELIVERY_STATUSES : [status]).flatMap((one) =>
			[0, 1].map((isTried) => ({ endpoint, status: one, isTried })),
		),
	) ?? [{ status }];
	const found = groups.flatMap((group) => select(database, { ...filter, ...group }, limit));
	return found.sort((left, right) => right - left).slice(0, limit);
}

/**
 * Ids of the endpoints that a text names: `ep_…`, or a name, which removed endpoints may have had as well.
 */
export function endpointsOf(database: Database, text: string): readonly number[] {
	const id = parseEndpointId(text);
	const rows = database
		.prepare('SELECT id FROM endpoints WHERE name = ? OR id = ? ORDER BY id')
		.all(text, id ?? -1);
	return rows.map((row) => Number(row.id));
}

function select(
	database: Database,
	filter: Omit<CandidateFilter, 'endpoints'> & {
		readonly endpoint?: number;
		/** 1: whether a try was used up, 0: whether none was. */
		readonly isTried?: number;
	},
	limit: number,
): readonly number[] {
	const { before, status, endpoint, isTried, type, since, until } = filter;
	const conditions = ['d.id < ?'];
	const values: SQLInputValue[] = [before];
	const add = (condition: string, value: string | number | undefined) => {
		if (value === undefined) return;
		conditions.push(condition);
		values.push(value);
	};
	add('d.state = ?', status);
	add('d.endpoint_id = ?', endpoint);
	add('(d.tries > 0) = ?', isTried);
	add('e.type = ?', type);
	add('d.created_at >= ?', since);
	add('d.created_at < ?', until);
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

function readDelivery(row: Row): Delivery {
	const status = readStatus(row.state);
	return {
		id: formatDeliveryId(Number(row.id)),
		status,
		endpoint: String(row.endpoint),
		endpointId: formatEndpointId(Number(row.endpoint_id)),
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

/** What the endpoint may see now, or what is left of the event. */
function readEvent(row: Row): Pick<DeliveryDetails, 'event' | 'isBodyKept'> {
	if (row.is_body_kept === 1 && typeof row.body === 'string') {
		const body = showBody(row.body, [viewOfSettings(row.settings)]);
		return { event: JSON.parse(body) as unknown };
	}
	const timestamp = new Date(Number(row.event_at)).toISOString();
	return {
		event: { id: String(row.event_id), type: String(row.type), timestamp },
		isBodyKept: false,
	};
}

function readAttempt(row: Row): DeliveryAttempt {
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

const EXPORTED_AT_ONCE = 100;

/**
 * Writes all deliveries that match a query as NDJSON, newest first, with their events and attempts: some
 * lines at a time, so that agents of the process go on meanwhile.
 *
 * @example
 * for await (const lines of exportLines(database, { status: 'failed' })) output.write(lines);
 */
export async function* exportLines(
	database: Database,
	query: DeliveryQuery,
): AsyncGenerator<string> {
	let before = query.before;
	for (;;) {
		const page = listDeliveries(database, {
			...query,
			recent: EXPORTED_AT_ONCE,
			...(before === undefined ? {} : { before }),
		});
		const lines = page.deliveries.flatMap(({ id }) => showDelivery(database, id) ?? []);
		if (lines.length > 0) yield `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;
		if (page.next === undefined) return;
		before = page.next;
		await nextTurn();
	}
}
