import type { Database, Row } from '../store/databaseAccess';

/** A delivery with what is sent. */
export interface DueDelivery {
	readonly id: number;
	readonly endpoint: string;
	/** Instead of the endpoint's URL. */
	readonly url: string | undefined;
	/** Signs instead of the endpoint's secrets. */
	readonly secret?: string;
	readonly eventId: string;
	readonly eventType: string;
	/** The event as JSON. */
	readonly body: string;
	/** Tries used up. */
	readonly tries: number;
	/** Requests made so far. */
	readonly attempts: number;
}

/** What waits to be delivered. */
export interface DeliveryQueue {
	/**
	 * Numbers of deliveries that are due, in the order in which they were created.
	 *
	 * @param limit how many at most
	 */
	due(endpoint: string, now: number, limit: number): readonly number[];
	/** When the next delivery that waits for another try is due; undefined when none waits. */
	nextRetryAt(endpoint: string): number | undefined;
	/** A delivery that is still to be made; undefined when it was settled or deleted meanwhile. */
	load(id: number): DueDelivery | undefined;
	/** Endpoints that deliveries wait for. */
	pendingEndpoints(): readonly string[];
}

/** Prepares the questions to a database. */
export function createQueue(database: Database): DeliveryQueue {
	const fresh = database.prepare(
		`SELECT id FROM deliveries INDEXED BY deliveries_by_state
		WHERE endpoint = ? AND state = 'pending' AND tries = 0 ORDER BY id LIMIT ?`,
	);
	const waiting = database.prepare(
		`SELECT id FROM deliveries WHERE endpoint = ? AND state = 'pending' AND tries > 0
		AND next_at <= ? ORDER BY next_at LIMIT ?`,
	);
	const next = database.prepare(
		`SELECT min(next_at) AS at FROM deliveries
		WHERE endpoint = ? AND state = 'pending' AND tries > 0`,
	);
	const load = database.prepare(
		`SELECT d.id, d.endpoint, d.url, d.secret, d.tries, d.attempts, e.id AS event_id, e.type, e.body
		FROM deliveries d JOIN events e ON e.seq = d.event_seq
		WHERE d.id = ? AND d.state = 'pending'`,
	);
	// The index is asked for the next name after each one found, instead of read as a whole.
	const names = database.prepare(
		`WITH RECURSIVE found (endpoint) AS (
			SELECT min(endpoint) FROM deliveries WHERE state = 'pending'
			UNION ALL
			SELECT (
				SELECT min(endpoint) FROM deliveries
				WHERE state = 'pending' AND endpoint > found.endpoint
			) FROM found WHERE found.endpoint IS NOT NULL
		)
		SELECT endpoint FROM found WHERE endpoint IS NOT NULL`,
	);
	const numbers = (rows: readonly Row[]) => rows.map(({ id }) => Number(id));
	return {
		due: (endpoint, now, limit) => {
			const retries = numbers(waiting.all(endpoint, now, limit));
			const all = [...numbers(fresh.all(endpoint, limit)), ...retries];
			return retries.length === 0 ? all : all.sort((left, right) => left - right).slice(0, limit);
		},
		nextRetryAt: (endpoint) => {
			const at = next.get(endpoint)?.at;
			return typeof at === 'number' ? at : undefined;
		},
		load: (id) => {
			const row = load.get(id);
			return row === undefined ? undefined : readDue(row);
		},
		pendingEndpoints: () => names.all().map(({ endpoint }) => String(endpoint)),
	};
}

function readDue(row: Row): DueDelivery {
	return {
		id: Number(row.id),
		endpoint: String(row.endpoint),
		url: typeof row.url === 'string' ? row.url : undefined,
		...(typeof row.secret === 'string' ? { secret: row.secret } : {}),
		eventId: String(row.event_id),
		eventType: String(row.type),
		body: String(row.body),
		tries: Number(row.tries),
		attempts: Number(row.attempts),
	};
}
