import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A database and the files that SQLite keeps beside it. */
export const COMPANIONS = ['', '-wal', '-shm', '-journal'] as const;

const SET_ASIDE = /^event-webhooks\.corrupt-.+\.sqlite$/;

/**
 * Renames a damaged database and its companions to `event-webhooks.corrupt-<time>.sqlite`, so that a
 * person can look at it. No connection of this process may be open: closing one later would delete the
 * write-ahead log of the file's successor.
 *
 * @returns the new path
 */
export function setAside(file: string, now: number): string {
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

/** Paths of the databases that were set aside and are still there, oldest first. */
export function listSetAside(folder: string): readonly string[] {
	try {
		return readdirSync(folder)
			.filter((name) => SET_ASIDE.test(basename(name)))
			.sort()
			.map((name) => join(folder, name));
	} catch {
		return [];
	}
}
