import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';

/** A row of a result, by column. */
export type Row = Readonly<Record<string, SQLOutputValue>>;

/** A prepared statement. Times are milliseconds since 1970. */
export interface Statement {
	run(...values: SQLInputValue[]): {
		readonly changes: number | bigint;
		readonly lastInsertRowid: number | bigint;
	};
	get(...values: SQLInputValue[]): Row | undefined;
	all(...values: SQLInputValue[]): Row[];
}

/**
 * What the plugin's parts need of a database: a `DatabaseSync` has it, and so has a `Store`, whose
 * statements go on to work after the database was opened anew.
 */
export interface Database {
	/** Whether a transaction is open. */
	readonly isTransaction: boolean;
	prepare(sql: string): Statement;
	exec(sql: string): void;
}

/**
 * Runs all of a work or nothing of it. Within a transaction it becomes part of that one. The work must
 * be synchronous and free of effects outside the database: a `Store` may run it twice.
 *
 * @example
 * inTransaction(database, () => {
 * 	insertEvent.run(event);
 * 	insertDelivery.run(delivery);
 * });
 */
export function inTransaction<Result>(database: Database, work: () => Result): Result {
	if (database.isTransaction) return work();
	if (hasTransactions(database)) return database.transaction(work);
	database.exec('BEGIN IMMEDIATE');
	try {
		const result = work();
		database.exec('COMMIT');
		return result;
	} catch (error) {
		rollBack(database);
		throw error;
	}
}

/** Undoes what a transaction has done; SQLite has done so by itself when the disk is full. */
export function rollBack(database: Pick<Database, 'isTransaction' | 'exec'>): void {
	try {
		if (database.isTransaction) database.exec('ROLLBACK');
	} catch {
		// What made the transaction fail is the news, not this.
	}
}

interface Transactional extends Database {
	transaction<Result>(work: () => Result): Result;
}

function hasTransactions(database: Database): database is Transactional {
	return 'transaction' in database;
}

/** Undefined where the column is empty. */
export function asNumber(value: SQLOutputValue | undefined): number | undefined {
	return value === null || value === undefined ? undefined : Number(value);
}

/** Undefined where the column is empty, or holds an empty text. */
export function asText(value: SQLOutputValue | undefined): string | undefined {
	return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * An object with one field, or with none: what is not known is left out.
 *
 * @example
 * const delivery = { id, ...optional('reason', asText(row.last_error)) };
 */
export function optional<Name extends string, Value>(
	name: Name,
	value: Value | undefined,
): { readonly [Key in Name]?: Value } {
	if (value === undefined) return {};
	return { [name]: value } as { readonly [Key in Name]: Value };
}
