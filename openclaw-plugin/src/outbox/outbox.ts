import { wakeDispatcher } from '../delivery/wake';
import { forgetCallbackEndpoints } from '../endpoints/callbackEndpoints';
import { announceEndpointChange } from '../endpoints/registry';
import { DEFAULT_OUTBOX } from '../protocol';
import type { OutboxConfig } from '../protocol';
import type { Database } from '../store/databaseAccess';
import { createAppend } from './append';
import type { AppendEvent } from './append';
import { createCapacity } from './capacity';
import { createHistory } from './history';
import { createQueue } from './queue';
import type { DeliveryQueue } from './queue';
import { replayDeliveries } from './replay';
import type { ReplaySelection } from './replay';
import { createSettle } from './settle';
import type { SettleDeliveries } from './settle';

export type { DeliveryTarget } from './append';
export { OutboxFullError } from './capacity';
export type { DueDelivery } from './queue';
export type { ReplaySelection } from './replay';
export type { Attempt, SettledDelivery, Settlement } from './settle';

export interface OutboxOptions
	extends Partial<Pick<OutboxConfig, 'retentionDays' | 'maxMegabytes'>> {
	readonly now?: () => number;
}

/**
 * Events on their way to endpoints, kept in the database. All functions are synchronous and throw what
 * the database throws, having done nothing.
 */
export interface Outbox extends DeliveryQueue {
	/** Wakes the dispatcher. @throws OutboxFullError when there is no room */
	readonly append: AppendEvent;
	readonly settle: SettleDeliveries;
	/** Puts deliveries back into the queue and wakes the dispatcher; returns how many. */
	replay(selection: ReplaySelection): number;
	/** Fails what waits for an endpoint, so many at a time; returns how many. */
	failPending(endpoint: string, reason: string): number;
	/** Deletes what is too old or too much, some milliseconds' worth; says whether there is more. */
	tidy(): boolean;
	/** Bytes on disk that may be used. */
	readonly maxBytes: number;
	/** Bytes on disk that are in use. */
	usedBytes(): number;
}

const MEGABYTE = 1_048_576;
const DAY_MS = 86_400_000;
const AT_ONCE = 200;
/** Looking for what has been waiting too long reads everything that waits. */
const SEARCH_EVERY_MS = 3_600_000;

/**
 * Prepares the outbox of a database. A process may have several of the same.
 *
 * @param database a `Store`, or an open database
 * @example
 * const outbox = openOutbox(store, settings.outbox);
 * outbox.append(createEvent({ type, data, at, instanceId }), ['main-webhook']);
 */
export function openOutbox(database: Database, options: OutboxOptions = {}): Outbox {
	const { retentionDays, maxMegabytes } = { ...DEFAULT_OUTBOX, ...options };
	const now = options.now ?? Date.now;
	const history = createHistory(database);
	const maxBytes = maxMegabytes * MEGABYTE;
	const capacity = createCapacity(database, history, maxBytes, now);
	const append = createAppend(database, now);
	let searchAt = 0;
	const expire = () => {
		const time = now() - retentionDays * DAY_MS;
		const deleted = history.deleteSettledBefore(time, AT_ONCE);
		if (now() < searchAt) return deleted;
		const failed = history.failDueBefore(time, tooOld(retentionDays), now(), AT_ONCE);
		if (failed < AT_ONCE) searchAt = now() + SEARCH_EVERY_MS;
		return Math.max(deleted, failed);
	};
	return {
		...createQueue(database),
		append: (event, targets) => {
			capacity.reserve(Buffer.byteLength(event.body));
			const ids = append(event, targets);
			wakeDispatcher(
				targets.map((target) => (typeof target === 'string' ? target : target.endpoint)),
			);
			return ids;
		},
		settle: createSettle(database),
		replay: (selection) => {
			const count = replayDeliveries(database, selection, now());
			if (count > 0) wakeDispatcher();
			return count;
		},
		failPending: (endpoint, reason) => history.failPendingOf(endpoint, reason, now(), AT_ONCE),
		tidy: () => {
			const expired = expire();
			if (forgetCallbackEndpoints(database)) announceEndpointChange();
			return capacity.tidy() || expired >= AT_ONCE;
		},
		maxBytes,
		usedBytes: () => capacity.usedBytes(),
	};
}

function tooOld(days: number): string {
	return `It was not delivered within ${String(days)} days (outbox.retentionDays)`;
}
