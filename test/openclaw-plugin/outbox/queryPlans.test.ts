import { DatabaseSync } from 'node:sqlite';
import { openAttachmentTable } from '../../../openclaw-plugin/src/outbox/attachments';
import { findCandidates } from '../../../openclaw-plugin/src/outbox/deliveryLog';
import { createHistory } from '../../../openclaw-plugin/src/outbox/history';
import { createQueue } from '../../../openclaw-plugin/src/outbox/queue';
import { countReplay } from '../../../openclaw-plugin/src/outbox/replay';
import type { Database } from '../../../openclaw-plugin/src/store/databaseAccess';
import { SCHEMA } from '../../../openclaw-plugin/src/store/schema';

/** The steps in which SQLite answers what a function asks. */
function stepsOf(ask: (database: Database) => unknown): readonly string[] {
	const database = new DatabaseSync(':memory:');
	database.exec(`${SCHEMA}
		INSERT INTO endpoints (id, name, kind, origin, settings, created_at, updated_at)
			VALUES (1, 'one', 'webhook', 'api', '{}', 0, 0);
		INSERT INTO events (seq, id, type, created_at, body) VALUES (1, 'evt_1', 'message.sent', 0, '{"data":{}}');
		INSERT INTO deliveries (event_seq, endpoint_id, state, created_at, next_at)
			VALUES (1, 1, 'pending', 0, 0);
	`);
	const asked = new Set<string>();
	ask({
		isTransaction: false,
		prepare: (sql) => {
			const statement = database.prepare(sql);
			return {
				run: (...values) => (asked.add(sql), statement.run(...values)),
				get: (...values) => (asked.add(sql), statement.get(...values)),
				all: (...values) => (asked.add(sql), statement.all(...values)),
			};
		},
		exec: (sql) => {
			database.exec(sql);
		},
	});
	return [...asked].flatMap((sql) =>
		database
			.prepare(`EXPLAIN QUERY PLAN ${sql}`)
			.all()
			.map(({ detail }) => String(detail)),
	);
}

const CASES: ReadonlyArray<readonly [string, (database: Database) => unknown]> = [
	['what is due', (database) => createQueue(database).due(1, 0, 10)],
	['the next retry', (database) => createQueue(database).nextRetryAt(1)],
	['endpoints that something waits for', (database) => createQueue(database).pendingEndpoints()],
	['a file of an event', (database) => openAttachmentTable(database).find('evt_1', 0)],
	['a replay of an event', (database) => countReplay(database, { eventIds: ['evt_1'] })],
	[
		'the list of an endpoint',
		(database) => findCandidates(database, { endpoints: [1], before: 9 }, 10),
	],
	[
		'the list of a status of an endpoint',
		(database) => findCandidates(database, { endpoints: [1], status: 'pending', before: 9 }, 10),
	],
	[
		'what waits for an endpoint that is removed',
		(database) => createHistory(database).failPendingOf(1, 'removed', 0, 10),
	],
	['what gives way', (database) => createHistory(database).giveWay(1, 1000, 0)],
];

it.each(CASES)('is found by an index, and in order: %s', (_name, ask) => {
	const slow = /^SCAN (?:deliveries|events|d|e)\b|TEMP B-TREE/;
	expect(stepsOf(ask).filter((step) => slow.test(step))).toEqual([]);
});
