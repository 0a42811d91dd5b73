import { readEventIds, readPluginDatabase } from '../testbed/pluginDatabase';

/** What the plugin has on its disk. */
export interface Stored {
	readonly eventIds: readonly string[];
	/** Deliveries that were recorded as delivered more than once. */
	readonly deliveredTwice: number;
	readonly pending: number;
	readonly failed: number;
}

/** Reads the outbox of a gateway, running or not, as another process. */
export function readStored(gatewayFolder: string): Stored {
	return readPluginDatabase(gatewayFolder, (database) => {
		const count = (sql: string) => Number(database.prepare(sql).get()?.count ?? 0);
		return {
			eventIds: readEventIds(database),
			deliveredTwice: count(`
				SELECT count(*) AS count FROM (
					SELECT 1 FROM attempts WHERE status BETWEEN 200 AND 299
					GROUP BY delivery_id HAVING count(*) > 1
				)`),
			pending: count("SELECT count(*) AS count FROM deliveries WHERE state = 'pending'"),
			failed: count("SELECT count(*) AS count FROM deliveries WHERE state = 'failed'"),
		};
	});
}
