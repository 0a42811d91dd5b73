import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startHealth } from '../../../openclaw-plugin/src/health/health';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import { createStore } from '../../../openclaw-plugin/src/store/store';
import { useFolder } from './support/folder';
import { storedEndpoint } from '../endpoints/support/storedEndpoints';

const parent = useFolder();
const DATABASE = 'event-webhooks.sqlite';
const ADD_SESSION = 'INSERT INTO sessions (session_key, first_seen_at) VALUES (?, ?)';
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);
const folder = () => join(parent.path, 'event-webhooks');

/** The modes of all files of the folder, by name. */
function modes(): Record<string, string> {
	const names = readdirSync(folder());
	return Object.fromEntries(names.map((name) => [name, mode(join(folder(), name))]));
}

/** A gateway's life: it starts, writes, finds its database damaged, and goes on with a new one. */
function liveThroughDamage(): readonly Record<string, string>[] {
	const stopHealth = startHealth(folder(), { version: '1' });
	const store = createStore(folder(), { repairs: true });
	store.prepare(ADD_SESSION).run('one', 1);
	const before = modes();
	store.close();
	// A file that is none of SQLite's, with the log of one, as a failing disk leaves them.
	writeFileSync(join(folder(), DATABASE), 'x'.repeat(8192));
	writeFileSync(join(folder(), `${DATABASE}-wal`), 'x'.repeat(100));
	chmodSync(join(folder(), `${DATABASE}-wal`), 0o644);
	store.prepare(ADD_SESSION).run('two', 2);
	const after = modes();
	store.close();
	stopHealth();
	return [before, after];
}

describe.each([0o000, 0o022, 0o077])('with the umask %o', (umask) => {
	let previous: number;
	beforeEach(() => {
		previous = process.umask(umask);
	});
	afterEach(() => {
		process.umask(previous);
	});

	it('the folder and all files in it are for their owner only', () => {
		const [before = {}, after = {}] = liveThroughDamage();
		expect(mode(folder())).toBe('700');
		expect(before).toEqual({
			[DATABASE]: '600',
			[`${DATABASE}-shm`]: '600',
			[`${DATABASE}-wal`]: '600',
			'event-webhooks.status.json': '600',
		});
		expect(Object.keys(after).filter((name) => name.includes('corrupt'))).toHaveLength(1);
		expect(new Set(Object.values(after))).toEqual(new Set(['600']));
	});

	it('what was open to others, as from a backup, is closed', () => {
		mkdirSync(folder());
		openDatabase(folder()).close();
		writeFileSync(join(folder(), 'event-webhooks.status.json'), '{}');
		for (const name of readdirSync(folder())) chmodSync(join(folder(), name), 0o666);
		chmodSync(folder(), 0o777);

		startHealth(folder(), { version: '1' })();
		expect(mode(folder())).toBe('700');
		openDatabase(folder()).close();
		expect(modes()).toEqual({ [DATABASE]: '600', 'event-webhooks.status.json': '600' });
	});
});

it('what was deleted is not in the file any more', () => {
	const database = openDatabase(parent.path);
	storedEndpoint(database, 'ops');
	const secret = 'whsec_that-is-not-needed-any-more';
	for (let number = 0; number < 50; number += 1) {
		database
			.prepare(`INSERT INTO endpoint_secrets (endpoint_id, secret, until) VALUES (1, ?, 1)`)
			.run(`${secret} ${String(number)}`);
	}
	const isInFile = () => readFileSync(join(parent.path, DATABASE)).includes(secret);
	database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
	expect(isInFile()).toBe(true);
	database.exec(`UPDATE endpoint_secrets SET secret = '' WHERE id <= 25`);
	database.exec('DELETE FROM endpoint_secrets WHERE id > 25');
	database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
	expect(isInFile()).toBe(false);
	database.close();
});
