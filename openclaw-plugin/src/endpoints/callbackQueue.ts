import type { Database } from '../store/databaseAccess';
import type { EndpointSettings } from './endpoint';
import { openEndpointTable } from './endpointTable';

/**
 * Receivers answer 404 or 409 while they are not ready yet, so the first tries come fast: 18 tries over
 * nine hours.
 */
const RETRY = { maxAttempts: 18, backoffMs: 250 };
const CONCURRENCY = 4;

/**
 * Name of the queue of callbacks to an origin.
 *
 * @example
 * callbackQueueName('https://n8n.example'); // 'callbacks to https://n8n.example'
 */
export function callbackQueueName(origin: string): string {
	return `callbacks to ${origin}`;
}

/**
 * Makes sure that there is a queue for an origin: callbacks have one of their own, with no headers, so that
 * they neither wait behind events nor carry an endpoint's credentials. To be called within the transaction
 * that adds a delivery.
 *
 * @returns its endpoint, and whether something was changed
 */
export function openCallbackQueue(
	database: Database,
	origin: string,
	allowPrivateHosts: boolean,
	now: number,
): { readonly endpointId: number; readonly isChanged: boolean } {
	const table = openEndpointTable(database);
	const settings: EndpointSettings = {
		url: origin,
		events: [],
		retry: RETRY,
		concurrency: CONCURRENCY,
		allowPrivateHosts,
	};
	const name = callbackQueueName(origin);
	const row = database
		.prepare("SELECT id FROM endpoints WHERE name = ? AND kind = 'callback'")
		.get(name);
	const known = row === undefined ? undefined : table.find(Number(row.id));
	if (known === undefined) {
		const { id } = table.insert({ name, kind: 'callback', origin: 'callback', settings }, now);
		return { endpointId: id, isChanged: true };
	}
	const isWider = allowPrivateHosts && known.settings.allowPrivateHosts !== true;
	if (isWider) table.update(known.id, { settings }, now);
	return { endpointId: known.id, isChanged: isWider };
}

/** Forgets the queues without deliveries; says whether there were any. */
export function forgetCallbackQueues(database: Database): boolean {
	const { changes } = database
		.prepare(
			`DELETE FROM endpoints WHERE kind = 'callback' AND NOT EXISTS (
				SELECT 1 FROM deliveries
				WHERE state IN ('pending', 'delivered', 'failed') AND endpoint_id = endpoints.id
			)`,
		)
		.run();
	return Number(changes) > 0;
}
