import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DATABASE_FILE, KEPT_LOG_BYTES } from './database';
import type { Store } from './store';

/** From so many bytes on the log is moved into the file, which takes some 10 ms. */
const LARGE_LOG_BYTES = KEPT_LOG_BYTES * 1.25;
/** And from this share of what the outbox may take on disk. */
const LARGE_SHARE = 1 / 16;

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
