import { DatabaseSync } from 'node:sqlite';
import type { OpenClawEvent } from '../index';
import { pluginDatabaseFile, readPluginDatabase } from './pluginDatabase';

/**
 * Puts events for an endpoint into the outbox of a gateway, as if they had just happened. One that runs
 * does not hear of it: it finds them the next time it looks.
 */
export function putIntoOutbox(
	gatewayFolder: string,
	endpoint: string,
	events: readonly OpenClawEvent[],
): void {
	const database = new DatabaseSync(pluginDatabaseFile(gatewayFolder), { timeout: 5000 });
	try {
		const row = database
			.prepare('SELECT id FROM endpoints WHERE name = ? AND removed_at IS NULL')
			.get(endpoint);
		if (row === undefined) throw new Error(`The gateway has no endpoint '${endpoint}'`);
		const insertEvent = database.prepare(
			'INSERT INTO events (id, type, created_at, body) VALUES (?, ?, ?, ?)',
		);
		const insertDelivery = database.prepare(
			`INSERT INTO deliveries (event_seq, endpoint_id, state, created_at, next_at)
			VALUES (?, ?, 'pending', ?, ?)`,
		);
		database.exec('BEGIN IMMEDIATE');
		for (const event of events) {
			const now = Date.now();
			const body = JSON.stringify(event);
			const { lastInsertRowid } = insertEvent.run(event.id, event.type, now, body);
			insertDelivery.run(lastInsertRowid, Number(row.id), now, now);
		}
		database.exec('COMMIT');
	} finally {
		database.close();
	}
}

/** An event that the gateway keeps, or kept, for the connection. */
export interface KeptEvent {
	readonly id: string;
	readonly state: string;
	readonly attempts: number;
}

/** What the gateway was to hand out, by the database of the plugin. */
export function readKept(gatewayFolder: string, endpoint: string): readonly KeptEvent[] {
	return readPluginDatabase(gatewayFolder, (database) =>
		database
			.prepare(
				`SELECT e.id, d.state, d.attempts FROM deliveries d
				JOIN events e ON e.seq = d.event_seq JOIN endpoints p ON p.id = d.endpoint_id
				WHERE p.name = ? ORDER BY d.id`,
			)
			.all(endpoint)
			.map(({ id, state, attempts }) => ({
				id: String(id),
				state: String(state),
				attempts: Number(attempts),
			})),
	);
}

/** What the gateway was told of each attempt at an event, for people. */
export function readAttempts(gatewayFolder: string, eventId: string): readonly string[] {
	return readPluginDatabase(gatewayFolder, (database) =>
		database
			.prepare(
				`SELECT a.number, a.started_at, a.error, a.response FROM attempts a
				JOIN deliveries d ON d.id = a.delivery_id JOIN events e ON e.seq = d.event_seq
				WHERE e.id = ? ORDER BY a.id`,
			)
			.all(eventId)
			.map(
				({ number, started_at: at, error, response }) =>
					`attempt ${String(number)} at ${new Date(Number(at)).toISOString()}: ${String(error ?? response)}`,
			),
	);
}

/** The names of the endpoints that n8n has registered. */
export function readConnections(gatewayFolder: string): readonly string[] {
	return readPluginDatabase(gatewayFolder, (database) =>
		database
			.prepare("SELECT name FROM endpoints WHERE kind = 'connection' AND removed_at IS NULL")
			.all()
			.map(({ name }) => String(name)),
	);
}

/** How many events wait for whoever fetches from an endpoint, or are not settled. */
export function countWaiting(gatewayFolder: string, endpoint: string): number {
	return readPluginDatabase(gatewayFolder, (database) => {
		const row = database
			.prepare(
				`SELECT count(*) AS count FROM deliveries d JOIN endpoints p ON p.id = d.endpoint_id
				WHERE p.name = ? AND d.state = 'pending'`,
			)
			.get(endpoint);
		return Number(row?.count ?? 0);
	});
}
