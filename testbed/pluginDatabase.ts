import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Where the plugin's database of a gateway is. */
export function pluginDatabaseFile(gatewayFolder: string): string {
	return join(gatewayFolder, 'state', 'event-webhooks', 'event-webhooks.sqlite');
}

/**
 * Reads the plugin's database of a gateway, running or not, as another process.
 *
 * @example
 * readPluginDatabase(gateway.folder, (database) => database.prepare('SELECT id FROM events').all());
 */
export function readPluginDatabase<Result>(
	gatewayFolder: string,
	work: (database: DatabaseSync) => Result,
): Result {
	const database = new DatabaseSync(pluginDatabaseFile(gatewayFolder), {
		readOnly: true,
		timeout: 5000,
	});
	try {
		return work(database);
	} finally {
		database.close();
	}
}

/** Ids of the events that are in it. */
export function readEventIds(database: DatabaseSync): readonly string[] {
	const rows = database.prepare('SELECT id FROM events').all();
	return rows.map(({ id }) => String(id));
}

/**
 * Lets a gateway that does not run forget that it has made the deliveries of these events, as when it is killed
 * before it could note the answers.
 */
export function forgetDelivered(gatewayFolder: string, eventIds: readonly string[]): void {
	const database = new DatabaseSync(pluginDatabaseFile(gatewayFolder), { timeout: 5000 });
	try {
		const forget = database.prepare(
			`UPDATE deliveries SET state = 'pending', tries = 0, settled_at = NULL, settled_day = NULL,
			consumer = NULL, next_at = created_at
			WHERE state = 'delivered' AND event_seq = (SELECT seq FROM events WHERE id = ?)`,
		);
		database.exec('BEGIN');
		for (const id of eventIds) forget.run(id);
		database.exec('COMMIT');
	} finally {
		database.close();
	}
}
