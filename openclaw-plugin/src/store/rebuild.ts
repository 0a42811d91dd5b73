import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { COMPANIONS, openDatabaseFile } from './database';
import type { Row } from './databaseAccess';

/** What became of a database that could not be used any more. */
export interface Rebuilt {
	/** Where the old one is now; undefined when it was not there any more. */
	readonly aside: string | undefined;
	readonly carried: CarriedOver;
}

const NOTHING: CarriedOver = { deliveries: 0, lostDeliveries: 0, others: 0 };

/**
 * Puts a new database in the place of a damaged or deleted one, with all that can still be read of what
 * must not be lost. The new one is made beside it and takes its place last: when the process ends
 * meanwhile, or the disk is full, nothing has changed.
 *
 * @param open a connection that still reads a deleted file; it is closed
 * @throws Error of SQLite or of the file system when the new one cannot be made
 */
export function rebuildDatabase(file: string, now: number, open?: DatabaseSync): Rebuilt {
	const fresh = join(dirname(file), 'event-webhooks.rebuilt.sqlite');
	removeDatabase(fresh);
	const source = open ?? openDamaged(file);
	try {
		const carried = fill(fresh, source);
		source?.close();
		const aside = existsSync(file) ? setAside(file, now) : undefined;
		removeDatabase(file);
		renameSync(fresh, file);
		return { aside, carried };
	} finally {
		if (source?.isOpen === true) source.close();
	}
}

function fill(fresh: string, source: DatabaseSync | undefined): CarriedOver {
	const target = openDatabaseFile(fresh);
	try {
		const carried = source === undefined ? NOTHING : carryOver(source, target);
		target.exec('PRAGMA wal_checkpoint(TRUNCATE)');
		return carried;
	} finally {
		target.close();
	}
}

function openDamaged(file: string): DatabaseSync | undefined {
	try {
		const source = new DatabaseSync(file, { readOnly: true });
		source.prepare('SELECT count(*) FROM sqlite_schema').get();
		return source;
	} catch {
		return undefined;
	}
}

function removeDatabase(file: string): void {
	for (const companion of COMPANIONS) rmSync(file + companion, { force: true });
}

const SET_ASIDE = /^event-webhooks\.corrupt-.+\.sqlite$/;

/** Whether a file is a database that was set aside. */
export function isSetAside(name: string): boolean {
	return SET_ASIDE.test(name);
}

/**
 * Renames a damaged database and its companions to `event-webhooks.corrupt-<time>.sqlite`, so that a
 * person can look at it. No connection of this process may be open: closing one later would delete the
 * write-ahead log of the file's successor.
 *
 * @returns the new path
 */
function setAside(file: string, now: number): string {
	const time = new Date(now).toISOString().replaceAll(/[:.]/g, '-');
	const aside = join(dirname(file), `event-webhooks.corrupt-${time}.sqlite`);
	for (const companion of COMPANIONS) {
		const size = statSync(file + companion, { throwIfNoEntry: false })?.size;
		if (size === undefined) continue;
		// An empty write-ahead log, and the index of a log, tell nobody anything.
		if (companion === '-shm' || (companion !== '' && size === 0)) rmSync(file + companion);
		else renameSync(file + companion, aside + companion);
	}
	return aside;
}

/** How much was brought from a damaged database into a new one. */
export interface CarriedOver {
	/** Deliveries that wait, or that failed and can be replayed, with their events. */
	readonly deliveries: number;
	/** Deliveries that could not be read as a whole. */
	readonly lostDeliveries: number;
	/** Rows of endpoints, secrets, tokens, sessions, inbound messages and approvals. */
	readonly others: number;
}

/** Rows of one table. */
interface TableQuery {
	readonly table: string;
	/** The column by which the table itself is sorted, so that no index is needed. */
	readonly key: string;
	/** `TRUE` for all. */
	readonly where: string;
}

/** Rows between two commits, so that the new write-ahead log stays small. */
const ROWS_PER_TRANSACTION = 500;

/** What is not history. Endpoints first: they are few, and nobody can restore them. */
const TABLES: readonly TableQuery[] = [
	{ table: 'endpoints', key: 'id', where: 'TRUE' },
	{ table: 'endpoint_secrets', key: 'id', where: 'TRUE' },
	{ table: 'endpoint_health', key: 'endpoint_id', where: 'TRUE' },
	{ table: 'connections', key: 'endpoint_id', where: 'TRUE' },
	{ table: 'meta', key: 'key', where: 'TRUE' },
	{ table: 'tokens', key: 'rowid', where: 'TRUE' },
	{ table: 'inbound_messages', key: 'seq', where: 'ended_at IS NULL' },
	{ table: 'approvals', key: 'seq', where: 'decision IS NULL' },
	{ table: 'sessions', key: 'session_key', where: 'TRUE' },
];

/** There is one already. */
const CLOCK: TableQuery = { table: 'clock', key: 'id', where: 'TRUE' };

const DELIVERIES: TableQuery = {
	table: 'deliveries',
	key: 'id',
	// The newest one keeps its number from being given again.
	where: "state IN ('pending', 'failed') OR id = (SELECT max(id) FROM deliveries)",
};

/**
 * Copies from a database, as far as it can be read, what must not be lost with it. What was delivered
 * stays behind.
 *
 * @param target empty, of the current schema
 */
export function carryOver(source: DatabaseSync, target: DatabaseSync): CarriedOver {
	const insert = createInserter(target);
	for (const row of readableRows(source, CLOCK)) insert('clock', row, 'REPLACE');
	const inTransactions = createBatches(target);
	let others = 0;
	for (const query of TABLES) {
		for (const row of readableRows(source, query)) {
			inTransactions();
			if (insert(query.table, row) === 'added') others += 1;
		}
	}
	let deliveries = 0;
	let lostDeliveries = 0;
	const readEvent = createEventReader(source);
	const readAttachments = createAttachmentReader(source);
	for (const row of readableRows(source, DELIVERIES)) {
		inTransactions();
		const event = readEvent(row.event_seq);
		if (event !== undefined && insert('events', event) === 'added') {
			for (const file of readAttachments(row.event_seq)) insert('attachments', file);
		}
		const inserted = event === undefined ? 'refused' : insert('deliveries', row);
		if (inserted === 'added') deliveries += 1;
		if (inserted === 'refused') lostDeliveries += 1;
	}
	if (target.isTransaction) target.exec('COMMIT');
	return { deliveries, lostDeliveries, others };
}

function createBatches(target: DatabaseSync): () => void {
	let rows = 0;
	return () => {
		if (rows % ROWS_PER_TRANSACTION === 0) {
			if (target.isTransaction) target.exec('COMMIT');
			target.exec('BEGIN');
		}
		rows += 1;
	};
}

function createEventReader(source: DatabaseSync) {
	return (seq: Row[string] | undefined): Row | undefined => {
		if (seq === undefined) return undefined;
		try {
			return source.prepare('SELECT * FROM events NOT INDEXED WHERE seq = ?').get(seq);
		} catch {
			return undefined;
		}
	};
}

/** An event is worth carrying over without its files, too. */
function createAttachmentReader(source: DatabaseSync) {
	return (seq: Row[string] | undefined): readonly Row[] => {
		if (seq === undefined) return [];
		try {
			return source.prepare('SELECT * FROM attachments WHERE event_seq = ?').all(seq);
		} catch {
			return [];
		}
	};
}

/** `known`: read from both sides of the damage. `refused`: it breaks the rules of the table. */
type Inserted = 'added' | 'known' | 'refused';

/** Inserts rows by the columns that the table has. */
function createInserter(target: DatabaseSync) {
	const columns = new Map<string, readonly string[]>();
	return (table: string, row: Row, twin: 'IGNORE' | 'REPLACE' = 'IGNORE'): Inserted => {
		const known = columns.get(table) ?? listColumns(target, table);
		columns.set(table, known);
		const names = known.filter((name) => name in row);
		const places = names.map(() => '?').join(', ');
		try {
			const { changes } = target
				.prepare(`INSERT OR ${twin} INTO ${table} (${names.join(', ')}) VALUES (${places})`)
				.run(...names.map((name) => row[name] ?? null));
			return Number(changes) > 0 ? 'added' : 'known';
		} catch (error) {
			if (isConstraint(error)) return 'refused';
			throw error;
		}
	};
}

function listColumns(database: DatabaseSync, table: string): readonly string[] {
	return database
		.prepare(`PRAGMA table_info(${table})`)
		.all()
		.map(({ name }) => String(name));
}

/** Damage can leave values of the wrong kind, which the tables refuse. */
function isConstraint(error: unknown): boolean {
	const { errcode } = error as { errcode?: unknown };
	return typeof errcode === 'number' && (errcode & 0xff) === 19;
}

/**
 * Reads what can be read of a table in a damaged database: from the front until the damage, then from
 * the back until the damage.
 */
function* readableRows(source: DatabaseSync, query: TableQuery): Generator<Row> {
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
