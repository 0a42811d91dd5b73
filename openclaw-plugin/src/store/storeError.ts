import { statfsSync } from 'node:fs';
import { errorText } from './errorText';

/**
 * Why a database cannot be used: the disk is full, the file is damaged or no database, another process
 * holds it, or it cannot be reached for another reason (rights, a disk that is gone).
 */
export type StoreFailure = 'full' | 'damaged' | 'busy' | 'unavailable';

/** Thrown by a store; what was to be done has not been done. */
export class StoreError extends Error {
	override readonly name = 'StoreError';

	constructor(
		readonly failure: StoreFailure,
		message: string,
		cause: unknown,
	) {
		super(message, { cause });
	}
}

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
	[22, 'unavailable'], // NOLFS
	[26, 'damaged'], // NOTADB
]);

/** Says what happened to the database, and where; the texts are for the gateway's operator. */
const EXPLANATIONS: Readonly<Record<StoreFailure, string>> = {
	full: 'the disk is full. Events wait in memory until there is room again',
	damaged: 'it is damaged or no database',
	busy: 'another process holds it',
	unavailable: 'it cannot be read or written',
};

/** Tells a failure of the database from an error in the program, for which it returns undefined. */
export function failureOf(error: unknown, folder: string): StoreFailure | undefined {
	const { errcode, code } = (error ?? {}) as { errcode?: unknown; code?: unknown };
	if (typeof errcode === 'number') {
		const failure = FAILURES.get(errcode & 0xff);
		return failure === 'unavailable' && isDiskFull(folder) ? 'full' : failure;
	}
	if (code === 'ENOSPC' || code === 'EDQUOT') return 'full';
	return typeof code === 'string' && /^E[A-Z]+$/.test(code) ? 'unavailable' : undefined;
}

/** Puts a failure into words. */
export function storeError(failure: StoreFailure, file: string, cause: unknown): StoreError {
	const message = `The database ${file}: ${EXPLANATIONS[failure]} (${errorText(cause)})`;
	return new StoreError(failure, message, cause);
}

/** SQLite reports some writes that fail for want of space as input/output errors. */
function isDiskFull(folder: string): boolean {
	try {
		return statfsSync(folder).bavail === 0;
	} catch {
		return false;
	}
}
