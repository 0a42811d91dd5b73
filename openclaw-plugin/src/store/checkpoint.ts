import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DATABASE_FILE } from './database';
import type { Store } from './store';

/** Bytes of the write-ahead log from which on it is moved into the file: some milliseconds' work. */
const LARGE_LOG_BYTES = 4 * 1_048_576;

/**
 * Moves the write-ahead log into the file when it has grown, so that no hook has to. To be called in idle
 * time.
 *
 * @throws StoreError
 */
export function checkpointIfLarge(store: Store): void {
	const log = join(store.folder, `${DATABASE_FILE}-wal`);
	const size = statSync(log, { throwIfNoEntry: false })?.size ?? 0;
	if (size < LARGE_LOG_BYTES) return;
	store.prepare('PRAGMA wal_checkpoint(PASSIVE)').get();
}
