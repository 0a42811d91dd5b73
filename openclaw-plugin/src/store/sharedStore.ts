import { readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { clearFault, listFaults, reportFault } from '../health/faults';
import { sharedOf } from '../shared';
import { isSetAside } from './rebuild';
import type { CarriedOver } from './rebuild';
import { DATABASE_FILE, KEPT_LOG_BYTES } from './database';
import { SCHEMA_VERSION } from './schema';
import { createStore } from './store';
import type { Store, StoreEvents } from './store';
import type { StoreFailure } from './storeError';

interface SharedStore {
	readonly store: Store;
	leases: number;
}

/**
 * Milliseconds that a hook may wait for another process (the command line) to finish its write; after
 * that the event waits in memory.
 */
const BUSY_TIMEOUT_MS = 250;
/** Milliseconds between two looks whether what faults are about is still there. */
const LOOK_EVERY_MS = 60_000;
const DAY_MS = 86_400_000;
/** A limit for the write-ahead log (64 MB) should nobody checkpoint it in idle time. */
const AUTO_CHECKPOINT_PAGES = 16_384;
/** From so many bytes on the log is moved into the file, which takes some 10 ms. */
const LARGE_LOG_BYTES = KEPT_LOG_BYTES * 1.25;
/** And from this share of what the outbox may take on disk. */
const LARGE_SHARE = 1 / 16;

/**
 * The gateway's store, one for all instances of the plugin in this process: two connections that write
 * by turns make each other read everything again, and a damaged file can be replaced only when no
 * connection is open. Faults are reported to the health of the folder. Never throws.
 *
 * @param folder see `dataFolder`
 * @returns a store whose `close` ends this use of it; the last one closes the database
 * @example
 * const store = openStore(dataFolder(stateDir));
 */
export function openStore(folder: string): Store {
	// A plugin of another schema in the same process has a connection of its own.
	const name = `store/${String(SCHEMA_VERSION)}`;
	const shared = sharedOf(folder).slot<SharedStore>(name, () => ({
		store: createStore(folder, {
			repairs: true,
			busyTimeoutMs: BUSY_TIMEOUT_MS,
			autoCheckpointPages: AUTO_CHECKPOINT_PAGES,
			events: reportFaults(folder),
		}),
		leases: 0,
	}));
	reportSetAside(folder);
	shared.leases += 1;
	return lease(shared);
}

function lease(shared: SharedStore): Store {
	const { store } = shared;
	let isOpen = true;
	let lookAt = 0;
	return {
		folder: store.folder,
		get isTransaction() {
			return store.isTransaction;
		},
		prepare: (sql) => store.prepare(sql),
		exec: (sql) => {
			store.exec(sql);
		},
		transaction: (work) => store.transaction(work),
		setSynchronous: (synchronous) => {
			store.setSynchronous(synchronous);
		},
		checkFile: () => {
			store.checkFile();
			if (performance.now() < lookAt) return;
			lookAt = performance.now() + LOOK_EVERY_MS;
			endPastFaults(store.folder);
		},
		close: () => {
			if (!isOpen) return;
			isOpen = false;
			shared.leases -= 1;
			if (shared.leases === 0) store.close();
		},
	};
}

/**
 * Moves the write-ahead log into the file when it has grown, so that no hook has to. To be called in idle
 * time.
 *
 * @param maxBytes of the outbox
 * @throws StoreError
 */
export function checkpointIfLarge(store: Store, maxBytes: number): void {
	const log = join(store.folder, `${DATABASE_FILE}-wal`);
	const size = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
	const limit = Math.min(LARGE_LOG_BYTES, maxBytes * LARGE_SHARE);
	if (size < limit) return;
	// A log that is written over from its start costs less than one that grows again each time; the next
	// write cuts it down to what is kept.
	const mode = limit > KEPT_LOG_BYTES ? 'PASSIVE' : 'TRUNCATE';
	store.prepare(`PRAGMA wal_checkpoint(${mode})`).get();
}

const CODES = {
	full: 'disk-full',
	damaged: 'database-unavailable',
	busy: 'database-unavailable',
	newer: 'database-newer',
	unavailable: 'database-unavailable',
} as const satisfies Readonly<Record<StoreFailure, string>>;

const ADVICE = 'What was delivered is in there only. Delete it when it is not needed any more.';

/** Makes the failures of a folder's database known as faults. */
function reportFaults(folder: string): StoreEvents {
	const clearOthers = (kept?: string) => {
		for (const code of new Set(Object.values(CODES))) if (code !== kept) clearFault(folder, code);
	};
	return {
		failed: ({ failure, message }) => {
			const code = CODES[failure];
			clearOthers(code);
			reportFault(folder, { code, severity: 'fault', message });
		},
		recovered: clearOthers,
		replaced: ({ aside, carried }) => {
			clearOthers();
			const summary = summarize(carried);
			if (aside === undefined) {
				reportReplaced(folder, 'deleted', `The database was deleted and made anew. ${summary}`);
			} else {
				const what = `The database was damaged. A new one took its place; ${summary}`;
				reportReplaced(folder, basename(aside), `${what} The damaged one is ${aside}. ${ADVICE}`);
			}
		},
	};
}

/** Databases that were set aside and are still there are told of, even by a later process. */
function reportSetAside(folder: string): void {
	const known = new Set(listFaults(folder).map(({ subject }) => subject));
	for (const name of listNames(folder).filter(isSetAside).sort()) {
		if (known.has(name)) continue;
		reportReplaced(
			folder,
			name,
			`A damaged database was set aside as ${join(folder, name)}. ${ADVICE}`,
		);
	}
}

/** What was lost stays known for a day, a damaged database as long as it is there. */
function endPastFaults(folder: string): void {
	const names = new Set(listNames(folder));
	for (const { code, subject = '', since } of listFaults(folder)) {
		const isGone = code === 'database-replaced' && isSetAside(subject) && !names.has(subject);
		const isOld = code === 'events-lost' && Date.now() - since >= DAY_MS;
		if (isGone) clearFault(folder, code, subject);
		else if (isOld) clearFault(folder, code);
	}
}

function reportReplaced(folder: string, subject: string, message: string): void {
	reportFault(folder, { code: 'database-replaced', subject, severity: 'notice', message });
}

function listNames(folder: string): readonly string[] {
	try {
		return readdirSync(folder);
	} catch {
		return [];
	}
}

function summarize({ deliveries, lostDeliveries, others }: CarriedOver): string {
	const carried = `${String(deliveries)} deliveries and ${String(others)} settings`;
	const lost =
		lostDeliveries === 0 ? '' : `; ${String(lostDeliveries)} deliveries could not be read`;
	return `${carried} were carried over${lost}.`;
}
