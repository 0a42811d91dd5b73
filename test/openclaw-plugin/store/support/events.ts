import type { Database } from '../../../../openclaw-plugin/src/store/databaseAccess';
import { createEvent } from '../../../../openclaw-plugin/src/outbox/envelope';
import type { StoredEvent } from '../../../../openclaw-plugin/src/outbox/envelope';

/** An event with some text in it. */
export function someEvent(content = 'Hello', at = Date.now()): StoredEvent {
	return createEvent({
		type: 'message.received',
		data: { agentId: 'main', message: { role: 'user', content } },
		at,
		instanceId: 'node-1',
	});
}

/** How many rows a table has, or how many of them fit. */
export function countRows(database: Database, table: string, where = 'TRUE'): number {
	return Number(database.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${where}`).get()?.n);
}
