import { sharedOf } from '../shared';
import type { Database } from './databaseAccess';

/**
 * The clock of everything that is scheduled: retries, circuits, holds. Milliseconds since 1970 as far as
 * the system's clock tells, but never less than before within one process.
 */
export interface OutboxClock {
	readonly now: () => number;
}

/** What a clock is made of; the system's own unless given. */
export interface ClockSources {
	/** Milliseconds since 1970; may jump. */
	readonly wall: () => number;
	/** Milliseconds since some moment; never jumps. */
	readonly monotonic: () => number;
}

const SYSTEM: ClockSources = { wall: () => Date.now(), monotonic: () => performance.now() };

/** The one of a data folder in this process. */
export function outboxClock(folder: string): OutboxClock {
	return sharedOf(folder).slot('clock', () => createOutboxClock(SYSTEM));
}

/**
 * Makes a clock that follows the system's, but goes on by the monotonic one where the system's was set
 * back, until that has caught up.
 */
export function createOutboxClock({ wall, monotonic }: ClockSources): OutboxClock {
	let last = wall();
	let lastTick = monotonic();
	return {
		now: () => {
			const tick = monotonic();
			// Parts of a millisecond count: asked often enough, the clock would stand still without them.
			last = Math.max(wall(), last + tick - lastTick);
			lastTick = tick;
			return Math.floor(last);
		},
	};
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A `Retry-After` of a day, and a retry's 20 % of an hour more. */
export const MAX_WAIT_MS = 25 * HOUR_MS;
/** Milliseconds between two notes of how far the day has come. */
const NOTED_EVERY_MS = HOUR_MS / 4;

/**
 * The present day by the table `clock`, as a part of SQL: what is settled or queued is stamped with it.
 *
 * @example
 * database.prepare(`UPDATE deliveries SET settled_day = ${TODAY} WHERE id = ?`);
 */
export const TODAY = '(SELECT day FROM clock)';

/**
 * Counts days for retention. A jump of the system's clock either way, and any time that the gateway was
 * down, moves the count by one at most, so that no more than a day's worth is deleted for it.
 */
export interface DayCounter {
	/** To be called now and then, hourly at least; returns the present day. */
	count(): number;
}

/**
 * Makes the counter of a database; one process counts, the gateway's.
 *
 * @example
 * const days = createDayCounter(store);
 * history.deleteSettledBefore(days.count() - retentionDays);
 */
export function createDayCounter(database: Database, sources: ClockSources = SYSTEM): DayCounter {
	const read = database.prepare('SELECT day, elapsed, seen_at FROM clock');
	const write = database.prepare('UPDATE clock SET day = ?, elapsed = ?, seen_at = ?');
	let notedAt = sources.monotonic();
	return {
		count: () => {
			const row = read.get();
			const day = Number(row?.day ?? 1);
			const seenAt = Number(row?.seen_at ?? 0);
			const wall = sources.wall();
			if (Math.abs(wall - seenAt) < NOTED_EVERY_MS) return day;
			const tick = sources.monotonic();
			// The process knows how long it was since its last note, even if the clock was set back.
			const passed = wall < seenAt ? tick - notedAt : Math.min(wall - seenAt, DAY_MS);
			const elapsed = Number(row?.elapsed ?? 0) + (seenAt === 0 ? 0 : Math.min(passed, DAY_MS));
			const next = elapsed < DAY_MS ? day : day + 1;
			write.run(next, Math.floor(elapsed % DAY_MS), wall);
			notedAt = tick;
			return next;
		},
	};
}
