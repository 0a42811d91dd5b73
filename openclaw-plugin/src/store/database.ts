import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MIGRATIONS } from './schema';

/** The file that holds everything that must outlive the gateway's process. */
export const DATABASE_FILE = 'event-webhooks.sqlite';

/** Milliseconds to wait for another process (the command line) to finish its write. */
const BUSY_TIMEOUT_MS = 2000;

/** How the data are kept. */
export interface DatabaseOptions {
	/** `full` survives a power cut too, at some ten times the cost of a write. */
	readonly synchronous?: 'normal' | 'full';
}

/**
 * Where the plugin keeps its data under the gateway's state folder.
 *
 * @example
 * dataFolder('/home/me/.openclaw'); // '/home/me/.openclaw/event-webhooks'
 */
export function dataFolder(stateDir: string): string {
	return join(stateDir, 'event-webhooks');
}

/**
 * Opens the plugin's database, creating and migrating it as needed. The folder and the file can be
 * read by their owner only: secrets of endpoints are inside.
 *
 * Each connection is synchronous, and one process may hold several: a write of one never meets an
 * unfinished write of another, as neither waits for anything in between.
 *
 * @param folder see {@link dataFolder}
 * @throws Error of SQLite with `errcode` (11 corrupt, 13 full, 26 not a database …)
 * @example
 * const database = openDatabase(dataFolder(api.runtime.state.resolveStateDir()));
 */
export function openDatabase(folder: string, options: DatabaseOptions = {}): DatabaseSync {
	mkdirSync(folder, { recursive: true, mode: 0o700 });
	chmodSync(folder, 0o700);
	const file = join(folder, DATABASE_FILE);
	const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
	try {
		chmodSync(file, 0o600);
		database.exec(`
			PRAGMA journal_mode = WAL;
			PRAGMA synchronous = ${options.synchronous === 'full' ? 'FULL' : 'NORMAL'};
			PRAGMA foreign_keys = ON;
			PRAGMA temp_store = MEMORY;
		`);
		migrate(database);
	} catch (error) {
		database.close();
		throw error;
	}
	return database;
}

function migrate(database: DatabaseSync): void {
	const version = () => Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
	if (version() === MIGRATIONS.length) return;
	// Another process may be doing the same: the lock decides, then the version counts again.
	database.exec('BEGIN IMMEDIATE');
	try {
		for (const script of MIGRATIONS.slice(version())) database.exec(script);
		database.exec(`PRAGMA user_version = ${String(MIGRATIONS.length)}`);
		database.exec('COMMIT');
	} catch (error) {
		database.exec('ROLLBACK');
		throw error;
	}
}
