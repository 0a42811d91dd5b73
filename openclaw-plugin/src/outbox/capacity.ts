import { statSync } from 'node:fs';
import type { Logger } from '../gatewayApi';
import { clearFault, listFaults, reportFault } from '../health/faults';
import { sharedOf } from '../shared';
import type { Database } from '../store/databaseAccess';
import type { DeliveryHistory } from './history';

/**
 * Thrown when an event finds no room although all that may give way has done so; see {@link isOutboxFull}.
 */
export class OutboxFullError extends Error {
	override readonly name = 'OutboxFullError';
	readonly code = 'outbox-full';
}

/** By its code, as another instance of the plugin may have thrown it. */
export function isOutboxFull(error: unknown): error is Error {
	return ((error ?? {}) as { code?: unknown }).code === 'outbox-full';
}

/** Keeps the outbox within its share of the disk, and each endpoint within its share of that. */
export interface Capacity {
	/** Makes room for an event. @throws OutboxFullError */
	reserve(bytes: number): void;
	/** Deletes some history when little room is left; says whether there is more to do. */
	tidy(): boolean;
	/** Bytes in use, free pages of the file not among them. */
	usedBytes(): number;
}

export interface CapacityOptions {
	/** Where the plugin keeps its data; faults are reported there. */
	readonly folder: string;
	/** Bytes of the database with its write-ahead log. */
	readonly maxBytes: number;
	/** Milliseconds since 1970. */
	readonly now: () => number;
	readonly logger: Pick<Logger, 'error'> | undefined;
}

/** What the instances of the plugin know in common about one outbox. */
interface Space {
	/** The limit that all this is about. */
	maxBytes: number;
	/** Bytes in use when they were last measured, and of events since then. */
	known: number;
	since: number;
	/** What may be used for now: more than the limit after that was lowered. */
	ceiling: number;
	/** Where it was then, and when it was last moved. */
	ceilingFrom: number;
	ceilingMovedAt: number;
	/** Until then a full outbox does not look for room. */
	fullUntil: number;
	/** Deliveries that gave way, by endpoint, since there was last room for all. */
	readonly gaveWay: Map<number, number>;
}

const MEGABYTE = 1_048_576;
/** What a row, its indexes and its share of half-empty pages take beside the body. */
export const ROW_BYTES = 1024;
/** What a write takes in the write-ahead log beside that: the pages of all indexes that it touches. */
const LOG_BYTES = 12 * 4096;
/**
 * After so many bytes of new events, or this share of the limit, their real size is measured: some 300 events,
 * as each counts as more than it is.
 */
const MEASURED_EVERY = 16 * MEGABYTE;
const MEASURED_SHARE = 1 / 16;
/** Milliseconds until a full outbox looks for room again. */
const RECHECK_MS = 1000;
const DELETED_AT_ONCE = 100;
/** What waits gives way in steps of this share of the limit. */
const FREED_SHARE = 1 / 64;
/** Idle time is used to get below this share of the limit, so that a hook need not delete. */
const LOW_WATER = 0.9;
/** A lowered limit takes effect by this share an hour, so that a slip of the keyboard deletes little. */
export const SHRINK_SHARE = 0.1;
const HOUR_MS = 3_600_000;

/**
 * Bounds the outbox. When it is full, the oldest delivered history gives way first, then the oldest that
 * failed, then the oldest that waits for the endpoint with the largest backlog: it fails, visibly, and keeps
 * its ids but not its content. So one endpoint's backlog never makes another's events be refused.
 *
 * @param database whose history it is
 */
export function createCapacity(
	database: Database,
	history: DeliveryHistory,
	{ folder, maxBytes, now, logger }: CapacityOptions,
): Capacity {
	const space = spaceOf(folder);
	const megabytes = String(Math.round(maxBytes / MEGABYTE));
	const usedBytes = createMeasure(database);
	const endpointName = database.prepare('SELECT name FROM endpoints WHERE id = ?');
	const measure = () => {
		space.known = usedBytes();
		space.since = 0;
		return space.known;
	};
	const checkpoint = () => {
		if (!database.isTransaction) database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
	};
	const tellRoom = () => {
		space.gaveWay.clear();
		space.fullUntil = 0;
		for (const { code, subject } of listFaults(folder)) {
			if (code === 'outbox-share' || code === 'outbox-full') clearFault(folder, code, subject);
		}
	};
	/** Takes over a limit that has changed; says whether all is as it was. */
	const follow = () => {
		if (space.maxBytes === maxBytes) return;
		if (maxBytes > space.maxBytes) tellRoom();
		if (measure() > maxBytes) checkpoint();
		space.maxBytes = maxBytes;
		space.ceiling = Math.max(maxBytes, measure());
		space.ceilingFrom = space.ceiling;
		space.ceilingMovedAt = now();
	};
	const lowerCeiling = () => {
		if (space.ceiling <= maxBytes) return;
		// No jump of the clock lowers it by more than an hour's share.
		const passed = Math.min(Math.max(now() - space.ceilingMovedAt, 0), HOUR_MS);
		const share = (passed / HOUR_MS) * SHRINK_SHARE * space.ceilingFrom;
		space.ceiling = Math.max(maxBytes, space.ceiling - share);
		space.ceilingMovedAt = now();
	};

	/** Says whether something has given way: so much that the next events find room, too. */
	const giveWay = (needed: number): boolean => {
		const largest = history.largestBacklog();
		if (largest === undefined) return false;
		const count = history.giveWay(largest, Math.max(needed, maxBytes * FREED_SHARE), now());
		if (count > 0) tellGaveWay(largest, count);
		return count > 0;
	};
	const tellGaveWay = (endpointId: number, count: number) => {
		const total = (space.gaveWay.get(endpointId) ?? 0) + count;
		space.gaveWay.set(endpointId, total);
		const found = endpointName.get(endpointId)?.name;
		const name = typeof found === 'string' ? found : `ep_${String(endpointId)}`;
		const message = `Events for '${name}' were given up: the outbox has reached its ${megabytes} MB, and this endpoint has the largest backlog. See why it does not accept events, or raise outbox.maxMegabytes`;
		const isNew = reportFault(folder, {
			code: 'outbox-share',
			subject: name,
			severity: 'fault',
			message,
			count: total,
		});
		if (isNew) logger?.error(message);
	};
	const makeRoom = (bytes: number) => {
		const message = `The outbox has reached its ${megabytes} MB, and nothing in it can give way`;
		if (now() < space.fullUntil) throw new OutboxFullError(message);
		const fits = () => measure() + bytes <= space.ceiling;
		while (!fits()) {
			// Deleting makes the write-ahead log longer at first.
			checkpoint();
			if (fits()) return;
			if (history.deleteOldest(DELETED_AT_ONCE) > 0 || giveWay(bytes)) continue;
			if (history.deleteGivenWay(DELETED_AT_ONCE) > 0) continue;
			space.fullUntil = now() + RECHECK_MS;
			throw new OutboxFullError(message);
		}
	};
	return {
		reserve: (bytes) => {
			follow();
			// Once in the log, with all pages that it touches, and once in the file.
			const needed = 2 * (bytes + ROW_BYTES) + LOG_BYTES;
			if (space.since > Math.min(MEASURED_EVERY, maxBytes * MEASURED_SHARE)) measure();
			if (space.known + space.since + needed > space.ceiling) makeRoom(needed);
			space.since += needed;
		},
		tidy: () => {
			follow();
			lowerCeiling();
			const low = maxBytes * LOW_WATER;
			const target = space.ceiling > maxBytes ? space.ceiling : low;
			if (measure() > target) checkpoint();
			let isMore = false;
			if (measure() > target) {
				isMore = history.deleteOldest(DELETED_AT_ONCE) > 0 && measure() > target;
			}
			if (space.known <= low) tellRoom();
			return isMore;
		},
		usedBytes,
	};
}

function createMeasure(database: Database): () => number {
	const pageCount = database.prepare('PRAGMA page_count');
	const freePages = database.prepare('PRAGMA freelist_count');
	const pageSize = database.prepare('PRAGMA page_size');
	const files = database.prepare('PRAGMA database_list');
	const walBytes = () => {
		const file = files.get()?.file;
		if (typeof file !== 'string' || file === '') return 0;
		return statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0;
	};
	return () => {
		const pages = Number(pageCount.get()?.page_count) - Number(freePages.get()?.freelist_count);
		return pages * Number(pageSize.get()?.page_size) + walBytes();
	};
}

function spaceOf(folder: string): Space {
	return sharedOf(folder).slot<Space>('outboxSpace', () => ({
		maxBytes: 0,
		known: Number.POSITIVE_INFINITY,
		since: 0,
		ceiling: 0,
		ceilingFrom: 0,
		ceilingMovedAt: 0,
		fullUntil: 0,
		gaveWay: new Map(),
	}));
}

/** Events that a forecast looks at. */
const SAMPLED_EVENTS = 2000;

/**
 * What a limit would mean for what is kept now, about. Events whose deliveries differ count where they stay
 * longest.
 */
export interface SpaceForecast {
	readonly usedBytes: number;
	/** Events that would go, by the state of their deliveries. */
	readonly delivered: number;
	readonly failed: number;
	readonly waiting: number;
	/** How long it takes, as a lowered limit takes effect by a tenth an hour. */
	readonly hours: number;
}

/**
 * Tells what would be deleted if the limit were another one. Looks at no more than two thousand events, spread
 * evenly, so that it can be asked in a gateway whose agents are at work: some 20 ms.
 *
 * @param maxBytes the other limit
 * @example
 * forecastSpace(database, 64 * 1_048_576).delivered; // 1200
 */
export function forecastSpace(database: Database, maxBytes: number): SpaceForecast {
	const usedBytes = createMeasure(database)();
	const kept = sampleEvents(database);
	const over = Math.max(usedBytes - maxBytes, 0);
	const sum = kept.reduce((total, { bytes }) => total + bytes, 0);
	// Of what is in use nothing but events is to go.
	let left = over * (sum / Math.max(usedBytes, 1));
	const going = kept.map(({ events, bytes }) => {
		if (bytes === 0 || left === 0) return 0;
		const share = Math.min(left / bytes, 1);
		left -= bytes * share;
		return Math.ceil(events * share);
	});
	const [delivered = 0, failed = 0, waiting = 0] = going;
	const hours = Math.ceil(over / (Math.max(usedBytes, 1) * SHRINK_SHARE));
	return { usedBytes, delivered, failed, waiting, hours };
}

/** How many events are delivered, failed and waiting, in this order, and their bytes: by a sample of them. */
function sampleEvents(
	database: Database,
): readonly { readonly events: number; readonly bytes: number }[] {
	const ends = database
		.prepare('SELECT count(*) AS count, min(seq) AS first, max(seq) AS last FROM events')
		.get();
	const [count, first, last] = [ends?.count, ends?.first, ends?.last].map(Number);
	const sums = [0, 1, 2].map(() => ({ events: 0, bytes: 0 }));
	if (!count || first === undefined || last === undefined) return sums;
	const next = database.prepare(
		`SELECT seq, coalesce(octet_length(body), 0) + ${String(ROW_BYTES)} AS bytes, (
				SELECT max(CASE state WHEN 'pending' THEN 2 WHEN 'failed' THEN 1 ELSE 0 END)
				FROM deliveries WHERE event_seq = seq
			) AS rank
		FROM events WHERE seq >= ? ORDER BY seq LIMIT 1`,
	);
	const step = Math.max((last - first + 1) / SAMPLED_EVENTS, 1);
	let sampled = 0;
	for (let from: number = first; from <= last; ) {
		const row = next.get(Math.floor(from));
		if (row === undefined) break;
		sampled += 1;
		const sum = sums[Number(row.rank ?? 0)];
		if (sum !== undefined) {
			sum.events += 1;
			sum.bytes += Number(row.bytes);
		}
		from = Math.max(from + step, Number(row.seq) + 1);
	}
	const scale = count / sampled;
	return sums.map(({ events, bytes }) => ({ events: events * scale, bytes: bytes * scale }));
}
