import type { Database, Row } from '../store/databaseAccess';
import type { Endpoint } from './endpoint';

/**
 * Receivers answer 404 or 409 while they are not ready yet, so the first tries come fast: 18 tries over
 * nine hours.
 */
const RETRY = { maxAttempts: 18, backoffMs: 250 };
const CONCURRENCY = 4;

/**
 * Name of the queue of callbacks that have a secret of their own.
 *
 * @example
 * callbackEndpointName('https://n8n.example'); // 'callbacks to https://n8n.example'
 */
export function callbackEndpointName(origin: string): string {
	return `callbacks to ${origin}`;
}

/**
 * Makes sure that there is a queue for an origin. To be called within the transaction that adds a delivery.
 *
 * @returns whether something was changed
 */
export function saveCallbackEndpoint(
	database: Database,
	origin: string,
	allowPrivateHosts: boolean,
): boolean {
	const { changes } = database
		.prepare(
			`INSERT INTO callback_endpoints (name, origin, allow_private) VALUES (?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET allow_private = 1
			WHERE excluded.allow_private > allow_private`,
		)
		.run(callbackEndpointName(origin), origin, allowPrivateHosts ? 1 : 0);
	return Number(changes) > 0;
}

/** Forgets the queues without deliveries; says whether there were any. */
export function forgetCallbackEndpoints(database: Database): boolean {
	const { changes } = database
		.prepare(
			`DELETE FROM callback_endpoints WHERE NOT EXISTS (
				SELECT 1 FROM deliveries
				WHERE state IN ('pending', 'delivered', 'failed') AND endpoint = callback_endpoints.name
			)`,
		)
		.run();
	return Number(changes) > 0;
}

export function listCallbackRows(database: Database): readonly Row[] {
	return database.prepare('SELECT * FROM callback_endpoints ORDER BY name').all();
}

/** Reads rows of `callback_endpoints`. */
export function readCallbackEndpoints(rows: readonly Row[]): readonly Endpoint[] {
	return rows.map((row) => ({
		name: String(row.name),
		url: String(row.origin),
		origin: 'callback',
		secrets: [],
		events: [],
		retry: RETRY,
		concurrency: CONCURRENCY,
		allowPrivateHosts: row.allow_private === 1,
	}));
}
