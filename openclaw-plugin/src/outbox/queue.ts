import { sharedOf } from '../shared';
import type { Database, Row } from '../store/databaseAccess';

/** A delivery with what is sent. */
export interface DueDelivery {
	readonly id: number;
	readonly endpointId: number;
	/** How often it was replayed: what was under way before that does not settle it. */
	readonly generation: number;
	/** Instead of the endpoint's URL. */
	readonly url?: string;
	/** Signs instead of the endpoint's secrets. */
	readonly secret?: string;
	/** Endpoint whose secrets sign instead. */
	readonly signerId?: number;
	readonly eventId: string;
	readonly eventType: string;
	/** The event as JSON. */
	readonly body: string;
	/** When it was created, milliseconds since 1970. */
	readonly createdAt: number;
	/** Tries used up. */
	readonly tries: number;
	/** Requests made so far. */
	readonly attempts: number;
	/** The execution that an earlier attempt has become at a receiver that fetches. */
	readonly run?: string;
}

/** What waits to be delivered. */
export interface DeliveryQueue {
	/**
	 * Numbers of deliveries that are due, and that no receiver has fetched, in the order in which they were
	 * created.
	 *
	 * @param limit how many at most
	 */
	due(endpointId: number, now: number, limit: number): readonly number[];
	/**
	 * When the next delivery that waits for another try is due; undefined when none waits.
	 *
	 * @param after leaves out those that are due by then; none are left out unless given
	 */
	nextRetryAt(endpointId: number, after?: number): number | undefined;
	/** A delivery that is still to be made; undefined when it was settled or deleted meanwhile. */
	load(id: number): DueDelivery | undefined;
	/** Endpoints that deliveries wait for. */
	pendingEndpoints(): readonly number[];
}

const PENDING_OF =
	"SELECT id, event_seq, created_at FROM deliveries WHERE state = 'pending' AND endpoint_id = ?1";

/**
 * What waits for endpoint `?1`, the first `?2` in the order in which they were created, as a part of SQL. The
 * index holds what was tried and what was not apart, each in this order.
 */
export const OLDEST_PENDING = `(${PENDING_OF} AND (tries > 0) = 0
	UNION ALL ${PENDING_OF} AND (tries > 0) = 1 ORDER BY id LIMIT ?2)`;

/** Prepares the questions to a database. */
export function createQueue(database: Database): DeliveryQueue {
	const fresh = database.prepare(
		`SELECT id FROM deliveries INDEXED BY deliveries_by_state
		WHERE state = 'pending' AND endpoint_id = ? AND (tries > 0) = 0 AND consumer IS NULL
		ORDER BY id LIMIT ?`,
	);
	const waiting = database.prepare(
		`SELECT id FROM deliveries WHERE endpoint_id = ? AND state = 'pending' AND tries > 0
		AND next_at <= ? AND consumer IS NULL ORDER BY next_at LIMIT ?`,
	);
	const next = database.prepare(
		`SELECT min(next_at) AS at FROM deliveries
		WHERE endpoint_id = ? AND state = 'pending' AND tries > 0 AND consumer IS NULL AND next_at > ?`,
	);
	const load = database.prepare(
		`SELECT d.*, e.id AS event_id, e.type, e.body
		FROM deliveries d JOIN events e ON e.seq = d.event_seq
		WHERE d.id = ? AND d.state = 'pending'`,
	);
	// The index is asked for the next endpoint after each one found, instead of read as a whole.
	const endpoints = database.prepare(
		`WITH RECURSIVE found (id) AS (
			SELECT min(endpoint_id) FROM deliveries WHERE state = 'pending'
			UNION ALL
			SELECT (
				SELECT min(endpoint_id) FROM deliveries
				WHERE state = 'pending' AND endpoint_id > found.id
			) FROM found WHERE found.id IS NOT NULL
		)
		SELECT id FROM found WHERE id IS NOT NULL`,
	);
	const numbers = (rows: readonly Row[]) => rows.map(({ id }) => Number(id));
	return {
		due: (endpointId, now, limit) => {
			const retries = numbers(waiting.all(endpointId, now, limit));
			const all = [...numbers(fresh.all(endpointId, limit)), ...retries];
			return retries.length === 0 ? all : all.sort((left, right) => left - right).slice(0, limit);
		},
		nextRetryAt: (endpointId, after = -1) => {
			const at = next.get(endpointId, after)?.at;
			return typeof at === 'number' ? at : undefined;
		},
		load: (id) => {
			const row = load.get(id);
			return row === undefined ? undefined : readDue(row);
		},
		pendingEndpoints: () => numbers(endpoints.all()),
	};
}

function readDue(row: Row): DueDelivery {
	return {
		id: Number(row.id),
		endpointId: Number(row.endpoint_id),
		generation: Number(row.generation),
		...(typeof row.url === 'string' ? { url: row.url } : {}),
		...(typeof row.secret === 'string' ? { secret: row.secret } : {}),
		...(typeof row.signer_id === 'number' ? { signerId: row.signer_id } : {}),
		eventId: String(row.event_id),
		eventType: String(row.type),
		body: String(row.body),
		createdAt: Number(row.created_at),
		tries: Number(row.tries),
		attempts: Number(row.attempts),
		...(typeof row.run === 'string' ? { run: row.run } : {}),
	};
}

/** Told which endpoints have something new to send; undefined: all, and their states too. */
export type WakeListener = (endpointIds: readonly number[] | undefined) => void;

const listenersOf = (folder: string) =>
	sharedOf(folder).slot('wake-ups', () => new Set<WakeListener>());

/**
 * Tells the dispatcher of this process, if there is one, that something waits to be sent. Cheap; the
 * dispatcher looks for itself later.
 *
 * @param folder where the plugin keeps its data
 * @param endpointIds all when left out
 */
export function wakeDispatcher(folder: string, endpointIds?: readonly number[]): void {
	for (const listener of listenersOf(folder)) listener(endpointIds);
}

/** Calls back on each {@link wakeDispatcher}, until the returned function is called. */
export function onWake(folder: string, listener: WakeListener): () => void {
	const all = listenersOf(folder);
	all.add(listener);
	return () => {
		all.delete(listener);
	};
}
