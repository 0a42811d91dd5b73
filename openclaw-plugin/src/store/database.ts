import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';
import { rollBack } from './databaseAccess';
import { SCHEMA, SCHEMA_VERSION } from './schema';
import { storeError } from './storeError';

/** The file that holds everything that must outlive the gateway's process. */
export const DATABASE_FILE = 'event-webhooks.sqlite';

/** A database and the files that SQLite keeps beside it. */
export const COMPANIONS = ['', '-wal', '-shm', '-journal'] as const;

/** Bytes of the write-ahead log that stay on the disk, to be written over. */
export const KEPT_LOG_BYTES = 16 * 1_048_576;

/** Milliseconds to wait for another process to finish its write. */
export const BUSY_TIMEOUT_MS = 2000;

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
 * Opens the plugin's database, creating it as needed. The folder and the files can be read by their owner
 * only: secrets of endpoints are inside. Nothing is written into a database of a newer plugin.
 *
 * Each connection is synchronous, and one process may hold several: a write of one never meets an
 * unfinished write of another, as neither waits for anything in between. What has to go on working when
 * the disk is full or the file is damaged uses a `Store` instead.
 *
 * @param folder see {@link dataFolder}
 * @throws Error of SQLite with `errcode` (11 corrupt, 13 full, 26 not a database …); StoreError `newer`
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
		refuseNewer(database, file);
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
		createTables(database);
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

function versionOf(database: DatabaseSync): number {
	return Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
}

function refuseNewer(database: DatabaseSync, file: string): void {
	const version = versionOf(database);
	if (version <= SCHEMA_VERSION) return;
	const versions = `its schema is ${String(version)}, this plugin knows ${String(SCHEMA_VERSION)}`;
	throw storeError('newer', file, versions);
}

function createTables(database: DatabaseSync): void {
	if (versionOf(database) === SCHEMA_VERSION) return;
	// Another process may be doing the same: the lock decides, then the version counts again.
	database.exec('BEGIN IMMEDIATE');
	try {
		if (versionOf(database) < SCHEMA_VERSION) {
			database.exec(`${SCHEMA} PRAGMA user_version = ${String(SCHEMA_VERSION)}`);
		}
		database.exec('COMMIT');
	} catch (error) {
		rollBack(database);
		throw error;
	}
}

/** Conversations and signing secrets are in these files: nobody but their owner may read them. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/**
 * Makes a folder that only its owner can look into, whatever the umask of the process is. One that is
 * there already, from a backup for example, is closed to others.
 *
 * @throws Error of the file system; EPERM when the folder belongs to somebody else
 * @example
 * ensureOwnFolder('/home/me/.openclaw/event-webhooks');
 */
export function ensureOwnFolder(folder: string): void {
	mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
	chmodSync(folder, FOLDER_MODE);
}

/** Closes a file to everybody but its owner; a file that is not there is left out. */
function closeToOthers(file: string): void {
	try {
		chmodSync(file, FILE_MODE);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
	}
}

/** An open database, and which files it is. */
export interface Connection {
	readonly database: DatabaseSync;
	readonly begin: StatementSync;
	readonly commit: StatementSync;
	/** What tells the files from others that take their names. */
	readonly identity: string;
	/** Number of the file system. */
	readonly disk: number;
}

/** Opens the file. @throws Error of SQLite or of the file system */
export function connect(file: string, options: DatabaseOptions): Connection {
	const database = openDatabaseFile(file, options);
	try {
		// The write-ahead log exists from the first read on.
		database.prepare('SELECT count(*) FROM sqlite_schema').get();
		return {
			database,
			begin: database.prepare('BEGIN IMMEDIATE'),
			commit: database.prepare('COMMIT'),
			identity: identityOf(file) ?? '',
			disk: statSync(dirname(file)).dev,
		};
	} catch (error) {
		database.close();
		throw error;
	}
}

/** Closes it, in whatever state it is. */
export function disconnect({ database }: Connection): void {
	try {
		database.close();
	} catch {
		// The database is given up on anyway; its files are looked at when it is opened again.
	}
}

/** Which files have the names now; undefined when the database is not there. */
export function identityOf(file: string): string | undefined {
	const main = statSync(file, { throwIfNoEntry: false });
	if (main === undefined) return undefined;
	const log = statSync(`${file}-wal`, { throwIfNoEntry: false });
	return `${String(main.dev)} ${String(main.ino)} ${String(log?.ino ?? '')}`;
}
