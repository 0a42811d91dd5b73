import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { rollBack } from './databaseAccess';
import { closeToOthers, ensureOwnFolder } from './ownerOnly';
import { MIGRATIONS } from './schema';
import { COMPANIONS } from './setAside';

/** The file that holds everything that must outlive the gateway's process. */
export const DATABASE_FILE = 'event-webhooks.sqlite';

/** Bytes of the write-ahead log that stay on the disk, to be written over. */
export const KEPT_LOG_BYTES = 16 * 1_048_576;

/** Milliseconds to wait for another process to finish its write. */
const BUSY_TIMEOUT_MS = 2000;

/** How the data are kept. */
export interface DatabaseOptions {
	/**
	 * `normal`: a write has reached the operating system when it returns, so that the end of the process
	 * by whatever means loses nothing; a power cut may lose the last seconds, but damages nothing.
	 * `full`: a write has reached the disk itself, so that a power cut loses nothing either, at some ten
	 * times the cost (0.2 to 7 ms).
	 */
	readonly synchronous?: 'normal' | 'full';
	/** Milliseconds to wait for another process to finish its write; 2000 unless given. */
	readonly busyTimeoutMs?: number;
	/**
	 * Pages in the write-ahead log at which a write moves them into the file, which takes some
	 * milliseconds; 1000 unless given.
	 */
	readonly autoCheckpointPages?: number;
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
 * Opens the plugin's database, creating and migrating it as needed. The folder and the files can be
 * read by their owner only: secrets of endpoints are inside.
 *
 * Each connection is synchronous, and one process may hold several: a write of one never meets an
 * unfinished write of another, as neither waits for anything in between. What has to go on working when
 * the disk is full or the file is damaged uses a `Store` instead.
 *
 * @param folder see {@link dataFolder}
 * @throws Error of SQLite with `errcode` (11 corrupt, 13 full, 26 not a database …)
 * @example
 * const database = openDatabase(dataFolder(api.runtime.state.resolveStateDir()));
 */
export function openDatabase(folder: string, options: DatabaseOptions = {}): DatabaseSync {
	return openDatabaseFile(join(folder, DATABASE_FILE), options);
}

/** Opens a file as {@link openDatabase} does. */
export function openDatabaseFile(file: string, options: DatabaseOptions = {}): DatabaseSync {
	ensureOwnFolder(dirname(file));
	const database = new DatabaseSync(file, { timeout: options.busyTimeoutMs ?? BUSY_TIMEOUT_MS });
	try {
		// SQLite gives new companions the mode of the file; those of a backup may have another.
		for (const companion of COMPANIONS) closeToOthers(file + companion);
		database.exec(`
			PRAGMA journal_mode = WAL;
			-- What is deleted, such as a secret that is not needed any more, is zeros afterwards.
			PRAGMA secure_delete = FAST;
			PRAGMA journal_size_limit = ${String(KEPT_LOG_BYTES)};
			PRAGMA wal_autocheckpoint = ${String(options.autoCheckpointPages ?? 1000)};
			PRAGMA foreign_keys = ON;
			PRAGMA temp_store = MEMORY;
		`);
		setSynchronous(database, options.synchronous);
		migrate(database);
	} catch (error) {
		database.close();
		throw error;
	}
	return database;
}

/** Changes how a connection writes; `normal` unless given. */
export function setSynchronous(
	database: Pick<DatabaseSync, 'exec'>,
	synchronous: DatabaseOptions['synchronous'],
): void {
	database.exec(`PRAGMA synchronous = ${synchronous === 'full' ? 'FULL' : 'NORMAL'}`);
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
		rollBack(database);
		throw error;
	}
}
