import { statSync } from 'node:fs';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { openDatabaseFile } from './database';
import type { DatabaseOptions } from './database';

/** An open database, and which files it is. */
export interface Connection {
	readonly database: DatabaseSync;
	readonly begin: StatementSync;
	readonly commit: StatementSync;
	/** What tells the files from others that take their names. */
	readonly identity: string;
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
