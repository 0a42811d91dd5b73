import { forgetCallbackQueues } from '../endpoints/callbackQueue';
import { REMOVAL_GRACE_MS } from '../endpoints/endpoint';
import { openEndpointTable } from '../endpoints/endpointTable';
import { showBody } from '../endpoints/privacy';
import type { View } from '../endpoints/privacy';
import { announceEndpointChange } from '../endpoints/registry';
import type { Logger } from '../gatewayApi';
import { DEFAULT_OUTBOX } from '../protocol';
import type { OutboxConfig } from '../protocol';
import { outboxClock, TODAY } from '../store/clock';
import type { ClockSources } from '../store/clock';
import type { Database } from '../store/databaseAccess';
import { inTransaction } from '../store/databaseAccess';
import { openAttachmentTable, shownFiles } from './attachments';
import { createCapacity } from './capacity';
import type { StoredEvent } from './envelope';
import { createHistory, DROP_BODY } from './history';
import { createQueue, wakeDispatcher } from './queue';
import type { DeliveryQueue } from './queue';
import { replayDeliveries } from './replay';
import type { Replayed, ReplaySelection } from './replay';

export { OutboxFullError } from './capacity';

/** Where a delivery goes. */
export interface DeliveryTarget {
	/** Whose queue it is in, and whose secrets and headers it has unless it says otherwise. */
	readonly endpointId: number;
	/** Instead of the endpoint's URL. */
	readonly url?: string;
	/** Signs instead of the endpoint's secrets. */
	readonly secret?: string;
	/** Endpoint whose secrets sign instead. */
	readonly signerId?: number;
	/** Kept for an endpoint whose settings cannot be used: they decide once they are mended. */
	readonly isProvisional?: boolean;
	/** What the endpoint sees of events; all unless given. */
	readonly view?: View | undefined;
}

/** One request and what came of it. */
export interface Attempt {
	/** From 1. */
	readonly number: number;
	/** Milliseconds since 1970. */
	readonly startedAt: number;
	readonly durationMs: number;
	/** HTTP status; absent when no answer came. */
	readonly status?: number | undefined;
	/** Why it failed. No secrets. */
	readonly error?: string | undefined;
	/** Beginning of the answer. No secrets. */
	readonly response?: string | undefined;
}

/** What becomes of a delivery after an attempt. */
export type Settlement =
	| { readonly state: 'delivered' | 'failed' }
	/** `usesTry` is false for the probe of an endpoint that is down, and where the endpoint asked to wait. */
	| { readonly state: 'retry'; readonly nextAt: number; readonly usesTry: true }
	| { readonly state: 'retry'; readonly usesTry: false };

/** A delivery with its last attempt. */
export interface SettledDelivery {
	readonly id: number;
	/** As it was when the attempt began: after a replay the attempt settles nothing. */
	readonly generation: number;
	readonly attempt: Attempt;
	readonly settlement: Settlement;
}

export interface OutboxOptions
	extends Partial<Pick<OutboxConfig, 'retentionDays' | 'maxMegabytes'>> {
	/** Where the plugin keeps its data. */
	readonly folder: string;
	/** Told when events of an endpoint are given up for want of room. */
	readonly logger?: Pick<Logger, 'error'>;
	/** Milliseconds since 1970; the folder's clock unless given. */
	readonly now?: () => number;
	/** By which history ages; the system's unless given. */
	readonly clock?: ClockSources;
}

/**
 * Events on their way to endpoints, kept in the database. All functions are synchronous and throw what
 * the database throws, having done nothing.
 */
export interface Outbox extends DeliveryQueue {
	/**
	 * Writes an event and one delivery for each target, all or nothing, and wakes the dispatcher. What no
	 * target sees of the event is not written.
	 *
	 * @returns the numbers of the deliveries, in the order of the targets
	 * @throws OutboxFullError when there is no room
	 */
	append(event: StoredEvent, targets: readonly DeliveryTarget[]): readonly number[];
	/** Writes attempts and what became of their deliveries, all or nothing. */
	settle(settled: readonly SettledDelivery[]): void;
	/** Makes deliveries again and wakes the dispatcher. @throws RangeError when nothing is selected by */
	replay(selection: ReplaySelection): Replayed;
	/** Lets an endpoint's deliveries that wait for another try have it at once, a thousand at the most. */
	retryNow(endpointId: number): void;
	/** Fails what waits for an endpoint, so many at a time; returns how many. */
	failPending(endpointId: number, reason: string): number;
	/** Deletes what is too old or too much, some milliseconds' worth; says whether there is more. */
	tidy(): boolean;
	/** Bytes on disk that may be used. */
	readonly maxBytes: number;
	/** Bytes on disk that are in use. */
	usedBytes(): number;
}

const MEGABYTE = 1_048_576;
const AT_ONCE = 200;

/**
 * Prepares the outbox of a database. A process may have several of the same.
 *
 * @param database a `Store`, or an open database
 * @example
 * const outbox = openOutbox(store, { folder, ...settings.outbox });
 * outbox.append(createEvent({ type, data, at, instanceId }), [{ endpointId: 12 }]);
 */
export function openOutbox(database: Database, options: OutboxOptions): Outbox {
	const { retentionDays, maxMegabytes, folder } = { ...DEFAULT_OUTBOX, ...options };
	const now = options.now ?? outboxClock(folder).now;
	const history = createHistory(database, options.clock);
	const table = openEndpointTable(database);
	const maxBytes = maxMegabytes * MEGABYTE;
	const capacity = createCapacity(database, history, {
		folder,
		maxBytes,
		now,
		logger: options.logger,
	});
	const append = createAppend(database, now);
	const retryNow = database.prepare(
		`UPDATE deliveries SET next_at = ? WHERE id IN (
			SELECT id FROM deliveries WHERE endpoint_id = ? AND state = 'pending' AND tries > 0 AND next_at > ?
			ORDER BY next_at LIMIT 1000
		)`,
	);
	const failPending = (endpointId: number, reason: string) =>
		history.failPendingOf(endpointId, reason, now(), AT_ONCE);
	/** Ends endpoints whose time is over: test listeners, and the queues of removed ones. */
	const endEndpoints = (): number => {
		const ended = table.removeUnleased(now());
		let failed = 0;
		for (const { id, lifecycle, name } of table.list()) {
			if (lifecycle.state !== 'removed' || now() - lifecycle.since < REMOVAL_GRACE_MS) continue;
			failed = Math.max(failed, failPending(id, `The endpoint '${name}' was removed`));
		}
		const forgotten = table.forgetRemoved(now());
		if (ended + forgotten > 0) announceEndpointChange(folder);
		return failed;
	};
	return {
		...createQueue(database),
		append: (whole, targets) => {
			const body = showBody(
				whole.body,
				targets.map(({ view }) => view),
			);
			capacity.reserve(Buffer.byteLength(body));
			const { files = [] } = whole;
			const isWhole = body === whole.body || files.length === 0;
			const shown = isWhole ? files : shownFiles(body, files);
			const ids = append({ ...whole, body, files: shown }, targets);
			wakeDispatcher(
				folder,
				targets.map(({ endpointId }) => endpointId),
			);
			return ids;
		},
		settle: createSettle(database),
		replay: (selection) => {
			const replayed = replayDeliveries(database, selection, now());
			if (replayed.count > 0) wakeDispatcher(folder, replayed.endpointIds);
			return replayed;
		},
		retryNow: (endpointId) => {
			const time = now();
			retryNow.run(time, endpointId, time);
		},
		failPending,
		tidy: () => {
			const expired = Math.max(history.expire(retentionDays, now(), AT_ONCE), endEndpoints());
			if (forgetCallbackQueues(database)) announceEndpointChange(folder);
			return capacity.tidy() || expired >= AT_ONCE;
		},
		maxBytes,
		usedBytes: () => capacity.usedBytes(),
	};
}

function createAppend(database: Database, now: () => number): Outbox['append'] {
	const insertEvent = database.prepare(
		'INSERT INTO events (id, type, created_at, body) VALUES (?, ?, ?, ?)',
	);
	const insertDelivery = database.prepare(
		`INSERT INTO deliveries (event_seq, endpoint_id, url, secret, signer_id, is_provisional, state, created_at,
			next_at, queued_day) VALUES (?, ?, ?, ?, ?, ?, 'pending', ?, ?, ${TODAY})`,
	);
	const attachments = openAttachmentTable(database);
	return ({ id, type, createdAt, body, files = [] }, targets) =>
		inTransaction(database, () => {
			const { lastInsertRowid } = insertEvent.run(id, type, createdAt, body);
			attachments.add(lastInsertRowid, files);
			const at = now();
			return targets.map(({ endpointId, url, secret, signerId, isProvisional }) => {
				const added = insertDelivery.run(
					lastInsertRowid,
					endpointId,
					url ?? null,
					secret ?? null,
					signerId ?? null,
					isProvisional === true ? 1 : 0,
					at,
					at,
				);
				return Number(added.lastInsertRowid);
			});
		});
}

function createSettle(database: Database): Outbox['settle'] {
	const insertAttempt = database.prepare(
		`INSERT INTO attempts (delivery_id, number, started_at, duration_ms, status, error, response)
		SELECT id, ?, ?, ?, ?, ?, ? FROM deliveries WHERE id = ?`,
	);
	// After a replay only the log learns of what was under way before it.
	const update = database.prepare(
		`UPDATE deliveries SET attempts = max(attempts, ?3), last_status = ?6, last_duration_ms = ?7,
			last_error = ?8,
			state = iif(generation = ?10, ?1, state),
			secret = iif(generation = ?10 AND ?1 = 'delivered', NULL, secret),
			tries = tries + iif(generation = ?10, ?2, 0),
			is_body_kept = iif(generation = ?10 AND ?1 = 'delivered' AND ${DROPS_BODY}, 0, is_body_kept),
			settled_at = iif(generation = ?10, ?4, settled_at),
			settled_day = iif(generation = ?10 AND ?4 IS NOT NULL, ${TODAY}, settled_day),
			next_at = iif(generation = ?10, coalesce(?5, next_at), next_at)
		WHERE id = ?9 AND state = 'pending'
		RETURNING event_seq, is_body_kept`,
	);
	const drop = createDrop(database);
	return (settled) => {
		inTransaction(database, () => {
			for (const { id, generation, attempt, settlement } of settled) {
				const { number, startedAt, durationMs } = attempt;
				const status = attempt.status ?? null;
				const error = attempt.error ?? null;
				const response = attempt.response ?? null;
				// The delivery may have been deleted meanwhile, with its log.
				insertAttempt.run(number, startedAt, durationMs, status, error, response, id);
				const isRetry = settlement.state === 'retry';
				const usesTry = !isRetry || settlement.usesTry;
				const row = update.get(
					isRetry ? 'pending' : settlement.state,
					usesTry ? 1 : 0,
					number,
					isRetry ? null : startedAt + durationMs,
					isRetry && settlement.usesTry ? settlement.nextAt : null,
					status,
					durationMs,
					error,
					id,
					generation,
				);
				if (row?.is_body_kept === 0) drop(id, Number(row.event_seq));
			}
		});
	};
}

/** Whether the endpoint of a delivery wants nothing to be kept of what it has got. */
const DROPS_BODY = `EXISTS (SELECT 1 FROM endpoints p WHERE p.id = deliveries.endpoint_id
	AND json_valid(p.settings) AND p.settings ->> '$.privacy.dropBodiesAfterDelivery' = 1)`;

/** Deletes an event's body once all its endpoints have it that want that, and nobody else needs it. */
function createDrop(database: Database): (deliveryId: number, event: number) => void {
	// A receiver may have sent back what it got; the reason of a refusal quotes its answer.
	const forgetAnswers = database.prepare(
		`UPDATE attempts SET response = NULL, error = iif(error IS NULL, NULL, 'HTTP ' || status)
		WHERE delivery_id = ? AND response IS NOT NULL`,
	);
	const dropBody = database.prepare(DROP_BODY);
	const attachments = openAttachmentTable(database);
	return (deliveryId, event) => {
		forgetAnswers.run(deliveryId);
		// Pages that become free are zeros then, too, which costs more than is worth it for other deletions.
		database.exec('PRAGMA secure_delete = ON');
		if (Number(dropBody.run(event).changes) > 0) attachments.forget(event);
		database.exec('PRAGMA secure_delete = FAST');
	};
}
