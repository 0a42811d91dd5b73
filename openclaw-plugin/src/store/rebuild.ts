import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { carryOver } from './carryOver';
import type { CarriedOver } from './carryOver';
import { COMPANIONS, openDatabaseFile } from './database';

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
