import type { DatabaseSync } from 'node:sqlite';
import type { Row } from './databaseAccess';

/** Rows of one table. */
export interface TableQuery {
	readonly table: string;
	/** The column by which the table itself is sorted, so that no index is needed. */
	readonly key: string;
	/** `TRUE` for all. */
	readonly where: string;
}

/**
 * Reads what can be read of a table in a damaged database: from the front until the damage, then from
 * the back until the damage.
 */
export function* readableRows(source: DatabaseSync, query: TableQuery): Generator<Row> {
	let last: Row[string] | undefined;
	let isWhole = true;
	try {
		for (const row of select(source, query, 'ASC')) {
			last = row[query.key];
			yield row;
		}
	} catch {
		isWhole = false;
	}
	if (isWhole) return;
	try {
		for (const row of select(source, query, 'DESC')) {
			if (last !== undefined && row[query.key] === last) return;
			yield row;
		}
	} catch {
		// Everything on this side of the damage has been read.
	}
}

function select(source: DatabaseSync, { table, key, where }: TableQuery, order: 'ASC' | 'DESC') {
	return source
		.prepare(`SELECT * FROM ${table} NOT INDEXED WHERE ${where} ORDER BY ${key} ${order}`)
		.iterate();
}
