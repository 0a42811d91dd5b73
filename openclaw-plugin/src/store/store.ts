import type { StatementSync } from 'node:sqlite';
import type { Connection } from './connection';
import type { DatabaseOptions } from './database';
import { rollBack } from './databaseAccess';
import type { Database, Statement } from './databaseAccess';
import { createLink } from './link';
import type { Link, StoreOptions } from './link';
import { failureOf, StoreError } from './storeError';

export type { StoreEvents, StoreOptions } from './link';

/**
 * A database that goes on to work: it is opened when it is first used, and anew after a failure; a
 * damaged or deleted one is replaced. Prepared statements stay valid over all that. What cannot be done
 * throws a {@link StoreError} and has no effect.
 */
export interface Store extends Database {
	readonly folder: string;
	/** Runs all of a work or nothing; once more when the database was replaced meanwhile. */
	transaction<Result>(work: () => Result): Result;
	/** Changes how writes reach the disk. */
	setSynchronous(synchronous: DatabaseOptions['synchronous']): void;
	/** Looks whether the files were deleted or replaced by others; some 10 µs. @throws StoreError */
	checkFile(): void;
	close(): void;
}

/** Runs an operation on the connection, a second time when the database had to be replaced for it. */
type Guard = <Result>(operation: (on: Connection) => Result) => Result;

const MAX_STATEMENTS = 500;

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
			if (isTransaction() || error instanceof StoreError) throw error;
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
			if (!isTransaction()) link.checkFile();
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
