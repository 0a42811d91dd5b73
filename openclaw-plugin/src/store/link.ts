import { join } from 'node:path';
import { connect, disconnect, identityOf } from './connection';
import type { Connection } from './connection';
import { DATABASE_FILE, setSynchronous } from './database';
import type { DatabaseOptions } from './database';
import { rebuildDatabase } from './rebuild';
import type { Rebuilt } from './rebuild';
import { failureOf, storeError } from './storeError';
import type { StoreError, StoreFailure } from './storeError';

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
	readonly now?: () => number;
}

/** The connection of a store, which is another one after a failure. */
export interface Link {
	readonly current: Connection | undefined;
	/** The open connection, or a new one. @throws StoreError; for the next second at no cost */
	open(): Connection;
	/** Answers a failure of the open connection: with a new one where that helps. @throws StoreError */
	mend(failure: StoreFailure, cause: unknown): Connection;
	/** To be called when a write has succeeded. */
	written(): void;
	setSynchronous(synchronous: DatabaseOptions['synchronous']): void;
	checkFile(): void;
	close(): void;
}

/** Milliseconds between two tries to open a database that cannot be opened. */
const REOPEN_MS = 1000;

export function createLink(folder: string, options: StoreOptions): Link {
	const file = join(folder, DATABASE_FILE);
	const now = options.now ?? Date.now;
	let synchronous = options.synchronous;
	let connection: Connection | undefined;
	let unusable: { readonly error: StoreError; readonly until: number } | undefined;
	let isFailing = false;

	const fail = (failure: StoreFailure, cause: unknown): StoreError => {
		const error = storeError(failure, file, cause);
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
		connection = connect(file, { ...options, ...(synchronous && { synchronous }) });
		unusable = undefined;
		return connection;
	};
	/** @param open reads a file that was deleted */
	const replace = (open?: Connection): Connection => {
		try {
			connection = undefined;
			const rebuilt = rebuildDatabase(file, now(), open?.database);
			const fresh = connectAnew();
			options.events?.replaced?.(rebuilt);
			return fresh;
		} catch (error) {
			throw giveUp(failureOf(error, folder) ?? 'unavailable', error);
		}
	};

	return {
		get current() {
			return connection;
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
			if (failure === 'full' || failure === 'busy') throw fail(failure, cause);
			if (failure === 'unavailable' || !options.repairs) throw giveUp(failure, cause);
			close();
			return replace();
		},
		written: () => {
			if (!isFailing) return;
			isFailing = false;
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
			if (identity === undefined && options.repairs) replace(connection);
			// Another database: what is in it is what somebody wants.
			else close();
		},
		close: () => {
			close();
			unusable = undefined;
		},
	};
}
