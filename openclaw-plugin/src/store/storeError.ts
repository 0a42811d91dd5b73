import { statfsSync } from 'node:fs';
import { errorText } from '../logger';

/**
 * Why a database cannot be used: the disk is full, the file is damaged or no database, another process
 * holds it, a newer plugin has written it, or it cannot be reached for another reason (rights, a disk that
 * is gone).
 */
export type StoreFailure = 'full' | 'damaged' | 'busy' | 'newer' | 'unavailable';

/**
 * Thrown by a store; what was to be done has not been done. Told by its property, as the one who throws
 * may be another instance of the plugin than the one who catches: see {@link storeFailureOf}.
 */
export interface StoreError extends Error {
	readonly failure: StoreFailure;
}

/** Says what happened to the database, and where; the texts are for the gateway's operator. */
const EXPLANATIONS: Readonly<Record<StoreFailure, string>> = {
	full: 'the disk is full. Events wait in memory until there is room again',
	damaged: 'it is damaged or no database',
	busy: 'another process holds it. Events wait in memory until it is done',
	newer:
		'a newer version of this plugin has written it, so this one leaves it alone. Install that version again, or move the file away to begin anew. Until then nothing is sent, and events wait in memory',
	unavailable: 'it cannot be read or written. Events wait in memory until it can be',
};

/** Result codes of SQLite. @see https://www.sqlite.org/rescode.html */
const FAILURES: ReadonlyMap<number, StoreFailure> = new Map([
	[3, 'unavailable'], // PERM
	[5, 'busy'], // BUSY
	[6, 'busy'], // LOCKED
	[8, 'unavailable'], // READONLY
	[10, 'unavailable'], // IOERR
	[11, 'damaged'], // CORRUPT
	[13, 'full'], // FULL
	[14, 'unavailable'], // CANTOPEN
	[15, 'busy'], // PROTOCOL
	[22, 'unavailable'], // NOLFS
	[26, 'damaged'], // NOTADB
]);

/** Puts a failure into words. */
export function storeError(failure: StoreFailure, file: string, cause: unknown): StoreError {
	const message = `The database ${file}: ${EXPLANATIONS[failure]} (${errorText(cause)})`;
	return Object.assign(new Error(message, { cause }), { name: 'StoreError', failure });
}

/**
 * Tells what a store has thrown from other errors, for which it returns undefined.
 *
 * @example
 * if (storeFailureOf(error) !== undefined) waitAndTryAgain();
 */
export function storeFailureOf(error: unknown): StoreFailure | undefined {
	const { failure } = (error ?? {}) as { failure?: unknown };
	return isFailure(failure) ? failure : undefined;
}

/**
 * Tells a failure of the database from an error in the program, for which it returns undefined.
 *
 * @param error of SQLite, of the file system, or of a store
 */
export function failureOf(error: unknown, folder: string): StoreFailure | undefined {
	const { errcode, code } = (error ?? {}) as { errcode?: unknown; code?: unknown };
	const known = storeFailureOf(error);
	if (known !== undefined) return known;
	if (typeof errcode === 'number') {
		const failure = FAILURES.get(errcode & 0xff);
		return failure === 'unavailable' && isDiskFull(folder) ? 'full' : failure;
	}
	if (code === 'ENOSPC' || code === 'EDQUOT') return 'full';
	return typeof code === 'string' && /^E[A-Z]+$/.test(code) ? 'unavailable' : undefined;
}

function isFailure(value: unknown): value is StoreFailure {
	return typeof value === 'string' && Object.hasOwn(EXPLANATIONS, value);
}

/** SQLite reports some writes that fail for want of space as input/output errors. */
function isDiskFull(folder: string): boolean {
	try {
		return statfsSync(folder).bavail === 0;
	} catch {
		return false;
	}
}
