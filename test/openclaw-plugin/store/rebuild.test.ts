import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import { carryOver } from '../../../openclaw-plugin/src/store/rebuild';
import { SCHEMA } from '../../../openclaw-plugin/src/store/schema';
import { countRows } from './support/events';
import { useFolder } from './support/folder';

const folder = useFolder();

/** A database without the rules that keep nonsense out of it, as damage does not heed them. */
function openLawless(): DatabaseSync {
	const database = new DatabaseSync(join(folder.path, 'lawless.sqlite'), {
		enableForeignKeyConstraints: false,
	});
	database.exec(
		SCHEMA.replaceAll(/\) STRICT(, WITHOUT ROWID)?;/g, ');').replaceAll(
			/CHECK \(\w+ IN \([^)]*\)\)/g,
			'',
		),
	);
	return database;
}

it('leaves out what breaks the rules of the tables, and what has lost its event', () => {
	const source = openLawless();
	source.exec(`
		INSERT INTO endpoints (id, name, kind, origin, settings, created_at, updated_at)
			VALUES (1, 'crm', 'webhook', 'api', '{}', 1, 1);
		INSERT INTO events VALUES (1, 'evt_1', 'message.sent', 1, '{}');
		INSERT INTO events VALUES (2, 'evt_2', 'message.sent', x'00', '{}');
		INSERT INTO deliveries (id, event_seq, endpoint_id, state, created_at, next_at) VALUES
			(1, 1, 1, 'pending', 1, 1),
			(2, 2, 1, 'pending', 1, 1),
			(3, 9, 1, 'pending', 1, 1),
			(4, 1, 1, 'delivered', 1, 1),
			(5, 1, 1, 'failed', x'00', 1),
			(6, 1, 1, 'delivered', 1, 1);
		INSERT INTO attachments VALUES (1, 0, '/media/a', 'image/png', NULL), (9, 0, '/media/b', NULL, NULL);
		UPDATE clock SET day = 40;
		INSERT INTO sessions VALUES ('agent:main:main', 1), ('agent:main:bad', x'00');
	`);
	const target = openDatabase(folder.path);
	const carried = carryOver(source, target);
	expect(carried).toEqual({ deliveries: 2, lostDeliveries: 3, others: 2 });
	const ids = target.prepare('SELECT id FROM deliveries ORDER BY id').all();
	// The newest comes along, so that its number is not given again.
	expect(ids.map(({ id }) => id)).toEqual([1, 6]);
	expect(countRows(target, 'sessions')).toBe(1);
	// What came with an event comes along with it.
	expect(target.prepare('SELECT event_seq, path FROM attachments').all()).toEqual([
		{ event_seq: 1, path: '/media/a' },
	]);
	// History goes on to age from where it was.
	expect(target.prepare('SELECT day FROM clock').all()).toEqual([{ day: 40 }]);
	source.close();
	target.close();
});

it('copes with tables that are missing', () => {
	const source = new DatabaseSync(':memory:');
	const target = openDatabase(folder.path);
	expect(carryOver(source, target)).toEqual({ deliveries: 0, lostDeliveries: 0, others: 0 });
	source.close();
	target.close();
});
