import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { StatementSync } from 'node:sqlite';
import {
	BUSY_TIMEOUT_MS,
	connect,
	DATABASE_FILE,
	disconnect,
	identityOf,
	setSynchronous,
} from './database';
import type { Connection, DatabaseOptions } from './database';
import { rollBack } from './databaseAccess';
import type { Database, Statement } from './databaseAccess';
import { rebuildDatabase } from './rebuild';
import type { Rebuilt } from './rebuild';
import { failureOf, storeError, storeFailureOf } from './storeError';
import type { StoreError, StoreFailure } from './storeError';

/*
 * One SQLite file holds everything that must outlive the gateway's process:
 *
 *   databaseAccess  what the other parts need of a database
 *   database        the file: its folder, its rights, how it is opened; schema: its tables, as one script, and how an
 *                   event is found by its id
 *   store           a database that goes on to work after failures; storeError: what can fail, in words
 *   sharedStore     the one of a gateway, which reports its faults
 *   rebuild         what can be read of a damaged one, carried over into a new one
 *   clock           time that no change of the system's clock disturbs
 */

/**
 * A database that goes on to work: it is opened when it is first used, and anew after a failure; a
 * damaged or deleted one is replaced. Prepared statements stay valid over all that. What cannot be done
 * throws a `StoreError` and has no effect.
 */
export interface Store extends Database {
	readonly folder: string;
	/** Runs all of a work or nothing; once more when the database was replaced meanwhile. */
	transaction<Result>(work: () => Result): Result;
	/** Changes how writes reach the disk. */
	setSynchronous(synchronous: DatabaseOptions['synchronous']): void;
	/**
	 * Looks whether the files were deleted or replaced by others, some 10 µs; after a failure, whether it is
	 * over.
	 *
	 * @throws StoreError
	 */
	checkFile(): void;
	/** Closes the database; it is opened again when it is used again. */
	close(): void;
}

/** What a store tells of its condition. */
export interface StoreEvents {
	/** A write or an opening failed. */
	failed(error: StoreError): void;
	/** Writes succeed again. */
	recovered(): void;
	/** A new database took the place of a damaged or deleted one. */
	replaced(rebuilt: Rebuilt): void;
}

export interface StoreOptions extends DatabaseOptions {
	/** Whether a damaged or deleted database is replaced; only the gateway does so. */
	readonly repairs: boolean;
	readonly events?: Partial<StoreEvents>;
	/** Milliseconds that never go back; the process's own unless given. */
	readonly now?: () => number;
}

/** Runs an operation on the connection, a second time when the database had to be replaced for it. */
type Guard = <Result>(operation: (on: Connection) => Result) => Result;

/** Milliseconds between two tries to open a database that cannot be opened. */
const REOPEN_MS = 1000;
const MAX_STATEMENTS = 500;
/** Writes a page, as a full disk refuses only that. */
const PROBE = 'UPDATE clock SET seen_at = seen_at';

/**
 * Makes a store; never throws, as nothing is opened yet. The parts of one process share one: see
 * `openStore`.
 *
 * @param folder see `dataFolder`
 * @example
 * const store = createStore(folder, { repairs: true });
 * store.prepare('SELECT count(*) AS n FROM deliveries').get();
 */
export function createStore(folder: string, options: StoreOptions): Store {
	const link = createLink(folder, options);
	const statements = new Map<string, Statement>();
	let isWithin = false;
	const isTransaction = () => isWithin || link.current?.database.isTransaction === true;

	const guarded: Guard = (operation) => {
		const on = link.open();
		try {
			return operation(on);
		} catch (error) {
			// Within a transaction it is the whole that failed.
			if (isTransaction() || storeFailureOf(error) !== undefined) throw error;
			const failure = failureOf(error, folder);
			if (failure === undefined) throw error;
			return operation(link.mend(failure, error));
		}
	};
	const transaction = <Result>(work: () => Result): Result => {
		if (isTransaction()) return work();
		const result = guarded((on) => {
			isWithin = true;
			try {
				on.begin.run();
				const done = work();
				on.commit.run();
				return done;
			} catch (error) {
				rollBack(on.database);
				throw error;
			} finally {
				isWithin = false;
			}
		});
		link.written();
		return result;
	};

	return {
		folder,
		get isTransaction() {
			return isTransaction();
		},
		prepare: (sql) => {
			const known = statements.get(sql);
			if (known !== undefined) return known;
			if (statements.size >= MAX_STATEMENTS) statements.clear();
			const statement = createStatement(sql, guarded, link, isTransaction);
			statements.set(sql, statement);
			return statement;
		},
		exec: (sql) => {
			guarded((on) => {
				on.database.exec(sql);
			});
		},
		transaction,
		setSynchronous: (synchronous) => {
			link.setSynchronous(synchronous);
		},
		checkFile: () => {
			if (isTransaction()) return;
			link.checkFile();
			if (link.isFailing) {
				transaction(() => {
					link.open().database.exec(PROBE);
				});
			}
		},
		close: () => {
			statements.clear();
			link.close();
		},
	};
}

function createStatement(
	sql: string,
	guarded: Guard,
	link: Link,
	isTransaction: () => boolean,
): Statement {
	let prepared: StatementSync | undefined;
	let owner: Connection | undefined;
	const on = (connection: Connection): StatementSync => {
		if (prepared === undefined || owner !== connection) {
			prepared = connection.database.prepare(sql);
			owner = connection;
		}
		return prepared;
	};
	return {
		get: (...values) => guarded((connection) => on(connection).get(...values)),
		all: (...values) => guarded((connection) => on(connection).all(...values)),
		run: (...values) => {
			const result = guarded((connection) => on(connection).run(...values));
			if (!isTransaction()) link.written();
			return result;
		},
	};
}

/** The connection of a store, which is another one after a failure. */
interface Link {
	readonly current: Connection | undefined;
	/** Whether the last write or opening failed. */
	readonly isFailing: boolean;
	/** The open connection, or a new one. @throws StoreError; for the next second at no cost */
	open(): Connection;
	/** Answers a failure of the open connection: with a new one where that helps. @throws StoreError */
	mend(failure: StoreFailure, cause: unknown): Connection;
	/** To be called when a write has succeeded. */
	written(): void;
	setSynchronous(synchronous: DatabaseOptions['synchronous']): void;
	/** @throws StoreError */
	checkFile(): void;
	close(): void;
}

function createLink(folder: string, options: StoreOptions): Link {
	const file = join(folder, DATABASE_FILE);
	const now = options.now ?? (() => performance.now());
	let synchronous = options.synchronous;
	let connection: Connection | undefined;
	let unusable: { readonly error: StoreError; readonly until: number } | undefined;
	let isFailing = false;
	/** Where the database was when it was last open. */
	let disk: number | undefined;

	const fail = (failure: StoreFailure, cause: unknown): StoreError => {
		const error = storeError(failure, file, storeCause(cause));
		isFailing = true;
		options.events?.failed?.(error);
		return error;
	};
	const close = () => {
		if (connection !== undefined) disconnect(connection);
		connection = undefined;
	};
	const giveUp = (failure: StoreFailure, cause: unknown): StoreError => {
		close();
		const error = fail(failure, cause);
		unusable = { error, until: now() + REOPEN_MS };
		return error;
	};
	const connectAnew = () => {
		refuseOtherDisk(file, disk);
		connection = connect(file, { ...options, ...(synchronous && { synchronous }) });
		({ disk } = connection);
		unusable = undefined;
		return connection;
	};
	/** @param open reads a file that was deleted */
	const replace = (open?: Connection): Connection => {
		try {
			connection = undefined;
			const rebuilt = rebuildDatabase(file, Date.now(), open?.database);
			const fresh = connectAnew();
			options.events?.replaced?.(rebuilt);
			return fresh;
		} catch (error) {
			throw giveUp(failureOf(error, folder) ?? 'unavailable', error);
		}
	};
	/** Milliseconds that a write waits for the write of another process. */
	const setPatience = (milliseconds: number) => {
		try {
			connection?.database.exec(`PRAGMA busy_timeout = ${String(milliseconds)}`);
		} catch {
			// It waits as long as before.
		}
	};

	return {
		get current() {
			return connection;
		},
		get isFailing() {
			return isFailing;
		},
		open: () => {
			if (connection !== undefined) return connection;
			if (unusable !== undefined && now() < unusable.until) throw unusable.error;
			try {
				return connectAnew();
			} catch (error) {
				const failure = failureOf(error, folder) ?? 'unavailable';
				if (failure === 'damaged' && options.repairs) return replace();
				throw giveUp(failure, error);
			}
		},
		mend: (failure, cause) => {
			if (failure === 'busy') {
				// Whoever comes next need not wait again, as long as it lasts.
				setPatience(0);
				throw fail(failure, cause);
			}
			if (failure === 'full') throw fail(failure, cause);
			if (failure !== 'damaged' || !options.repairs) throw giveUp(failure, cause);
			close();
			return replace();
		},
		written: () => {
			if (!isFailing) return;
			isFailing = false;
			setPatience(options.busyTimeoutMs ?? BUSY_TIMEOUT_MS);
			options.events?.recovered?.();
		},
		setSynchronous: (changed) => {
			synchronous = changed;
			if (connection !== undefined) setSynchronous(connection.database, changed);
		},
		checkFile: () => {
			if (connection === undefined) return;
			const identity = identityOf(file);
			if (identity === connection.identity) return;
			if (identity !== undefined) {
				// Another database: what is in it is what somebody wants.
				close();
				return;
			}
			try {
				refuseOtherDisk(file, disk);
			} catch (error) {
				throw giveUp('unavailable', error);
			}
			if (options.repairs) replace(connection);
			else close();
		},
		close: () => {
			close();
			unusable = undefined;
			disk = undefined;
		},
	};
}

/**
 * Nothing is made anew on another disk than the one it was on: that is what a folder looks like whose disk
 * was withdrawn, and what would be written there would be out of sight when it is back.
 */
function refuseOtherDisk(file: string, disk: number | undefined): void {
	if (disk === undefined || identityOf(file) !== undefined) return;
	for (let path = dirname(file); ; path = dirname(path)) {
		const found = statSync(path, { throwIfNoEntry: false });
		if (found?.dev === disk) return;
		if (found !== undefined) throw new DiskGone();
	}
}

class DiskGone extends Error {
	/** As of the file system's own errors. */
	readonly code = 'ENODEV';

	constructor() {
		super('the disk that it was on is not there');
	}
}

/** What a store has put into words already is not put into them twice. */
function storeCause(cause: unknown): unknown {
	return storeFailureOf(cause) === undefined ? cause : (cause as Error).cause;
}
