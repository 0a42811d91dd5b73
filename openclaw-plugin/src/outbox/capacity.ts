import { statSync } from 'node:fs';
import type { Database } from '../store/databaseAccess';
import type { DeliveryHistory } from './history';

/** Thrown when an event finds no room although all that may be deleted is deleted; see {@link isOutboxFull}. */
export class OutboxFullError extends Error {
	override readonly name = 'OutboxFullError';
	readonly code = 'outbox-full';
}

/** By its code, as another instance of the plugin may have thrown it. */
export function isOutboxFull(error: unknown): error is Error {
	return ((error ?? {}) as { code?: unknown }).code === 'outbox-full';
}

/** Keeps the outbox within its share of the disk. */
export interface Capacity {
	/** @throws OutboxFullError */
	reserve(bytes: number): void;
	/** Deletes some history when little room is left; says whether there is more to do. */
	tidy(): boolean;
	/** Bytes in use, free pages of the file not among them. */
	usedBytes(): number;
}

/** What a row, its indexes and its share of half-empty pages take beside the body. */
const ROW_BYTES = 1024;
/** After so many bytes of new events their real size is measured. */
const MEASURED_EVERY = 1_048_576;
/** Milliseconds until a full outbox looks for room again. */
const RECHECK_MS = 1000;
const DELETED_AT_ONCE = 100;
/** Idle time is used to get below this share of the limit, so that a hook need not delete. */
const LOW_WATER = 0.9;

/**
 * Bounds the outbox: when it is full, the oldest delivered history goes first, then the oldest that
 * failed. What is pending is never deleted: new events are refused instead.
 *
 * @param maxBytes of the database with its write-ahead log
 */
export function createCapacity(
	database: Database,
	history: DeliveryHistory,
	maxBytes: number,
	now: () => number,
): Capacity {
	const limit = String(Math.round(maxBytes / MEASURED_EVERY));
	const message = `The outbox has reached its ${limit} MB, and all of it waits to be delivered`;
	const pageCount = database.prepare('PRAGMA page_count');
	const freePages = database.prepare('PRAGMA freelist_count');
	const pageSize = database.prepare('PRAGMA page_size');
	const files = database.prepare('PRAGMA database_list');
	const walBytes = () => {
		const file = files.get()?.file;
		if (typeof file !== 'string' || file === '') return 0;
		return statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
	};
	const usedBytes = () => {
		const pages = Number(pageCount.get()?.page_count) - Number(freePages.get()?.freelist_count);
		return pages * Number(pageSize.get()?.page_size) + walBytes();
	};
	let known = Number.POSITIVE_INFINITY;
	let since = 0;
	const measure = () => {
		known = usedBytes();
		since = 0;
		return known;
	};
	let fullUntil = 0;
	const makeRoom = (bytes: number) => {
		if (now() < fullUntil) throw new OutboxFullError(message);
		const fits = () => measure() + bytes <= maxBytes;
		while (!fits()) {
			// Deleting makes the write-ahead log longer at first.
			if (!database.isTransaction) database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
			if (fits()) return;
			if (history.deleteOldest(DELETED_AT_ONCE) > 0) continue;
			fullUntil = now() + RECHECK_MS;
			throw new OutboxFullError(message);
		}
	};
	return {
		reserve: (bytes) => {
			const needed = bytes + ROW_BYTES;
			if (since > MEASURED_EVERY) measure();
			if (known + since + needed > maxBytes) makeRoom(needed);
			since += needed;
		},
		tidy: () => {
			if (measure() <= maxBytes * LOW_WATER) return false;
			return history.deleteOldest(DELETED_AT_ONCE) > 0 && usedBytes() > maxBytes * LOW_WATER;
		},
		usedBytes,
	};
}
