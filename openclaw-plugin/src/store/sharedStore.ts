import { processState } from '../processState';
import { reportStoreFaults } from './storeFaults';
import { MIGRATIONS } from './schema';
import { createStore } from './store';
import type { Store } from './store';

interface SharedStore {
	readonly store: Store;
	leases: number;
}

/**
 * Milliseconds that a hook may wait for another process (the command line) to finish its write; after
 * that the event waits in memory.
 */
const BUSY_TIMEOUT_MS = 250;
/** A limit for the write-ahead log (64 MB) should nobody checkpoint it in idle time. */
const AUTO_CHECKPOINT_PAGES = 16_384;

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
	const name = `stores/1/${String(MIGRATIONS.length)}`;
	const stores = processState(name, () => new Map<string, SharedStore>());
	const shared = stores.get(folder) ?? createShared(folder);
	stores.set(folder, shared);
	shared.leases += 1;
	return lease(shared, () => {
		stores.delete(folder);
	});
}

function createShared(folder: string): SharedStore {
	const store = createStore(folder, {
		repairs: true,
		busyTimeoutMs: BUSY_TIMEOUT_MS,
		autoCheckpointPages: AUTO_CHECKPOINT_PAGES,
		events: reportStoreFaults(folder),
	});
	return { store, leases: 0 };
}

function lease(shared: SharedStore, forget: () => void): Store {
	const { store } = shared;
	let isOpen = true;
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
		},
		close: () => {
			if (!isOpen) return;
			isOpen = false;
			shared.leases -= 1;
			if (shared.leases > 0) return;
			forget();
			store.close();
		},
	};
}
