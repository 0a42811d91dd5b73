import type { Endpoint } from '../endpoints/endpoint';
import { showBody, viewOf } from '../endpoints/privacy';
import type { EndpointRegistry } from '../endpoints/registry';
import type { Outbox, Settlement } from '../outbox/outbox';
import { formatDeliveryId, parseDeliveryId } from '../outbox/delivery';
import { onWake } from '../outbox/queue';
import type { DueDelivery } from '../outbox/queue';
import { createEventKeys, signEvent } from '../protocol';
import type { EventKeys } from '../protocol';
import { announceEndpointChange } from '../endpoints/registry';
import { openEndpointTable } from '../endpoints/endpointTable';
import { sharedOf } from '../shared';
import { inTransaction } from '../store/databaseAccess';
import type { Database } from '../store/databaseAccess';
import { nextWait } from './schedule';

/** What became of a delivery at a receiver that has fetched it. */
export interface FetchedOutcome {
	readonly deliveryId: number;
	/**
	 * `started`: it runs, in the execution `run`. `done` and `filtered` are deliveries. `failed` is tried again
	 * by the endpoint's schedule. `released` goes back without having used a try.
	 */
	readonly outcome: 'started' | 'done' | 'filtered' | 'failed' | 'released';
	readonly run?: string;
	readonly reason?: string;
	readonly durationMs?: number;
	/** Whether another process tells it than the one that fetches, which is to hear of it. */
	readonly elsewhere?: boolean;
}

/** One event as it is handed out. */
export interface HandedOut {
	/** `dlv_…` */
	readonly delivery: string;
	/** From 1. */
	readonly attempt: number;
	/** The execution that an earlier attempt was started in. */
	readonly previousRun?: string;
	/** Unix seconds, as they are signed. */
	readonly timestamp: string;
	readonly signature: string;
	/** The exact text that is signed. */
	readonly body: string;
}

/** Who fetches. */
export interface Consumer {
	/** A random id of the listener. */
	readonly id: string;
	/** Where it is. */
	readonly address: string;
	/** Under which ids this very listener has asked before, where it cannot know whether it was answered. */
	readonly replaces?: readonly string[];
}

/** What a fetch brings. */
export type Fetched =
	| {
			readonly kind: 'deliveries';
			readonly deliveries: readonly HandedOut[];
			/** Deliveries of this consumer of which another process has told the end. */
			readonly ended: readonly string[];
	  }
	/** Somebody else has the events. */
	| { readonly kind: 'taken'; readonly holder: Holder };

/** Who has the events of an endpoint. */
export interface Holder {
	/** Milliseconds since 1970. */
	readonly since: number;
	readonly address: string;
}

/**
 * Hands out events to receivers that fetch them. What was handed out belongs to that consumer until it
 * settles it; when its connection has ended, the next one gets all that is not settled, as another attempt.
 * All functions throw what the database throws.
 */
export interface Connections {
	/**
	 * Waits until something is due, `waitMs` at the most.
	 *
	 * @param signal ends the wait when the receiver has gone: what is handed out then stays here
	 */
	fetch(
		endpoint: Endpoint,
		consumer: Consumer,
		wanted: { readonly max: number; readonly waitMs: number; readonly signal: AbortSignal },
	): Promise<Fetched>;
	/** Who has the events while this consumer would not get them; undefined when it would. */
	holderOf(endpoint: Endpoint, consumer: Pick<Consumer, 'id' | 'replaces'>): Holder | undefined;
	/**
	 * The network connection that a consumer's last request came over has closed. One that is alive asks again; of
	 * one that was killed, nothing more comes, and its place is soon free.
	 */
	hangUp(endpoint: Endpoint, consumer: Consumer): void;
	/** Takes back what a response could not bring: the receiver has gone before it was sent. */
	takeBack(
		endpoint: Endpoint,
		consumer: Consumer,
		lost: { readonly deliveries: readonly HandedOut[]; readonly ended: readonly string[] },
	): void;
	/** Writes what became of deliveries; what nobody waits for any more is passed over. */
	settle(endpoint: Endpoint, consumer: Consumer, outcomes: readonly FetchedOutcome[]): void;
	/**
	 * Counts the time in which nobody fetches, and lets endpoints expire that nobody has fetched from for
	 * `holdHours`: what waits for them fails, and nothing is kept until they are registered again. The time
	 * of the gateway counts, not that of the clock on the wall.
	 *
	 * @param ms since it was last called
	 */
	age(ms: number): void;
}

export interface ConnectionParts {
	/** Where the plugin keeps its data. */
	readonly folder: string;
	readonly database: Database;
	readonly outbox: Outbox;
	readonly registry: Pick<EndpointRegistry, 'find' | 'list'>;
	/** Told of each endpoint that has expired. */
	readonly onExpired: (endpoint: Endpoint, reason: string) => void;
	/** Milliseconds since 1970; the system's clock unless given. */
	readonly now?: () => number;
	/** Milliseconds that only go forward; the system's unless given. */
	readonly elapsed?: () => number;
	/** From 0 to 1. */
	readonly random?: () => number;
}

/** Milliseconds after its last request for which a consumer counts as there. */
const ALIVE_MS = 60_000;
/** The same once its network connection has closed: some receivers open another one for each request. */
const HUNG_UP_MS = 10_000;
/** Milliseconds until what was released is handed out again. */
const RELEASE_PAUSE_MS = 5000;
/** Bytes of events in one answer, so that it stays one that a receiver can read. */
const MAX_ANSWER_BYTES = 4_194_304;
/** Longer timers would fire at once. */
const MAX_TIMER_MS = 3_600_000;
const HOUR_MS = 3_600_000;
/** Hours that events wait for a receiver, unless its endpoint says otherwise. */
const DEFAULT_HOLD_HOURS = 72;

/** The consumer of one endpoint, as all instances of the plugin know it. */
interface Connection {
	consumer?: string;
	address: string;
	/** Milliseconds since 1970. */
	since: number;
	/** When it was last heard of, by the clock that only goes forward; its connection has ended if absent. */
	seenAt?: number;
	/** Its open request; a later one takes its place. */
	request?: { readonly endWait: () => void };
	/** By delivery: until when it is not handed out again. */
	readonly released: Map<number, number>;
	/** Deliveries of which another process has told the end, until the consumer has heard of it. */
	readonly ended: Set<string>;
}

/** Makes the hand-out of events. */
export function createConnections(parts: ConnectionParts): Connections {
	const { folder, database, outbox, registry, onExpired } = parts;
	const { now = Date.now, elapsed = () => performance.now(), random = Math.random } = parts;
	const connections = sharedOf(folder).slot('connections', () => new Map<number, Connection>());
	const keys = new WeakMap<Endpoint, EventKeys>();
	const mark = database.prepare(
		'UPDATE deliveries SET consumer = ? WHERE id = ? AND consumer IS NULL',
	);
	const letGo = database.prepare(
		'UPDATE deliveries SET consumer = NULL WHERE id = ? AND consumer = ?',
	);
	const start = database.prepare(
		"UPDATE deliveries SET run = ? WHERE id = ? AND state = 'pending'",
	);
	const heldByOthers = database.prepare(
		`SELECT id, consumer, attempts, generation FROM deliveries INDEXED BY deliveries_by_state
		WHERE state = 'pending' AND endpoint_id = ? AND consumer IS NOT NULL AND consumer <> ?`,
	);
	const note = database.prepare(
		`INSERT OR REPLACE INTO connections (endpoint_id, consumer, address, since, unfetched_ms)
		VALUES (?, ?, ?, ?, 0)`,
	);

	const noted = database.prepare('SELECT consumer FROM connections WHERE endpoint_id = ?');

	const connectionOf = (endpointId: number): Connection => {
		const known = connections.get(endpointId) ?? {
			address: '',
			since: 0,
			released: new Map(),
			ended: new Set(),
		};
		connections.set(endpointId, known);
		return known;
	};
	const isAlive = ({ request, seenAt }: Connection) =>
		request !== undefined || (seenAt !== undefined && elapsed() - seenAt < ALIVE_MS);
	const holderOf: Connections['holderOf'] = ({ id: endpointId }, { id, replaces }) => {
		const connection = connectionOf(endpointId);
		const { consumer: present, since, address } = connection;
		if (present === undefined || present === id || replaces?.includes(present) === true) {
			return undefined;
		}
		const hasPlace = () => noted.get(endpointId)?.consumer === present;
		return isAlive(connection) && hasPlace() ? { since, address } : undefined;
	};
	/** Gives everything that another consumer has not settled to whoever comes now. */
	const takeOver = (endpoint: Endpoint, connection: Connection, { id, address }: Consumer) => {
		inTransaction(database, () => {
			const left = heldByOthers.all(endpoint.id, id);
			outbox.settle(
				left.map((row) => ({
					id: Number(row.id),
					generation: Number(row.generation),
					attempt: {
						number: Number(row.attempts) + 1,
						startedAt: now(),
						durationMs: 0,
						error: 'The receiver has gone before it had settled the event',
					},
					settlement: { state: 'retry', usesTry: false },
				})),
			);
			for (const row of left) letGo.run(row.id ?? null, row.consumer ?? null);
			note.run(endpoint.id, id, address, now());
		});
		connection.request?.endWait();
		delete connection.request;
		connection.consumer = id;
		connection.address = address;
		connection.since = now();
		connection.released.clear();
		connection.ended.clear();
	};
	const handOut = (endpoint: Endpoint, connection: Connection, consumer: string, max: number) => {
		const wanted = max + connection.released.size;
		const ready = outbox
			.due(endpoint.id, now(), wanted)
			.filter((id) => (connection.released.get(id) ?? 0) <= elapsed())
			.slice(0, max);
		let bytes = 0;
		const taken: DueDelivery[] = [];
		inTransaction(database, () => {
			taken.length = 0;
			bytes = 0;
			for (const id of ready) {
				const delivery = outbox.load(id);
				if (delivery === undefined) continue;
				bytes += delivery.body.length;
				if (taken.length > 0 && bytes > MAX_ANSWER_BYTES) break;
				mark.run(consumer, id);
				taken.push(delivery);
			}
		});
		for (const { id } of taken) connection.released.delete(id);
		return taken.map((delivery) => sign(endpoint, delivery));
	};
	const sign = (endpoint: Endpoint, delivery: DueDelivery): HandedOut => {
		const { id, eventId, attempts, run } = delivery;
		const body = showBody(delivery.body, [viewOf(endpoint.privacy)]);
		const known = keys.get(endpoint) ?? createEventKeys(endpoint.secrets);
		keys.set(endpoint, known);
		const timestamp = Math.floor(Date.now() / 1000);
		const headers = signEvent({ id: eventId, body, timestamp, secret: known });
		return {
			delivery: formatDeliveryId(id),
			attempt: attempts + 1,
			...(run === undefined ? {} : { previousRun: run }),
			timestamp: String(timestamp),
			signature: headers['X-OpenClaw-Signature'] ?? '',
			body,
		};
	};
	/** Milliseconds until something can be handed out without news. */
	const nextIn = (endpointId: number, connection: Connection): number => {
		const retryAt = outbox.nextRetryAt(endpointId);
		const waits = [...connection.released.values()].map((until) => until - elapsed());
		if (retryAt !== undefined) waits.push(retryAt - now());
		return Math.max(1, Math.min(MAX_TIMER_MS, ...waits));
	};
	/** Waits for news of an endpoint; `news` is called by whoever brings some. */
	const untilNews = async (
		endpointId: number,
		waitMs: number,
		news: { end?: () => void },
		signal: AbortSignal,
	): Promise<void> => {
		await new Promise<void>((resolve) => {
			const finish = () => {
				clearTimeout(timer);
				forget();
				signal.removeEventListener('abort', finish);
				resolve();
			};
			const timer = setTimeout(finish, waitMs);
			const forget = onWake(folder, (ids) => {
				// The event is being written: it is looked for when that is done.
				if (ids === undefined || ids.includes(endpointId)) setImmediate(finish);
			});
			signal.addEventListener('abort', finish);
			news.end = finish;
		});
	};

	const ageBy = database.prepare(
		`INSERT INTO connections (endpoint_id, unfetched_ms) VALUES (?, ?)
		ON CONFLICT (endpoint_id) DO UPDATE SET unfetched_ms = unfetched_ms + excluded.unfetched_ms
		RETURNING unfetched_ms`,
	);
	const refresh = database.prepare(
		'UPDATE connections SET unfetched_ms = 0 WHERE endpoint_id = ? AND unfetched_ms > 0',
	);
	const expire = (endpoint: Endpoint, hours: number) => {
		const reason = `Nobody has fetched from the endpoint for ${String(hours)} hours (holdHours)`;
		openEndpointTable(database).setExpired(endpoint.id, now());
		while (outbox.failPending(endpoint.id, reason) > 0);
		refresh.run(endpoint.id);
		announceEndpointChange(folder);
		onExpired(endpoint, reason);
	};

	return {
		age: (ms) => {
			for (const endpoint of registry.list()) {
				const { id, kind, lifecycle, holdHours = DEFAULT_HOLD_HOURS } = endpoint;
				if (kind !== 'connection' || lifecycle.state !== 'active') continue;
				if (isAlive(connectionOf(id))) {
					refresh.run(id);
					continue;
				}
				const unfetched = Number(ageBy.get(id, ms)?.unfetched_ms);
				if (unfetched > holdHours * HOUR_MS) expire(endpoint, holdHours);
			}
		},
		fetch: async (given, consumer, { max, waitMs, signal }) => {
			const holder = holderOf(given, consumer);
			if (holder !== undefined) return { kind: 'taken', holder };
			const connection = connectionOf(given.id);
			if (connection.consumer !== consumer.id) takeOver(given, connection, consumer);
			refresh.run(given.id);
			// A request that is still open was lost on the way: this one is its successor.
			connection.request?.endWait();
			const news: { end?: () => void } = {};
			const request = {
				endWait: () => {
					news.end?.();
				},
			};
			connection.request = request;
			const isCurrent = () => connection.request === request && !signal.aborted;
			const deadline = elapsed() + waitMs;
			try {
				for (;;) {
					const endpoint = registry.find(given.id);
					const isOpen = endpoint?.lifecycle.state === 'active';
					const deliveries =
						isOpen && max > 0 ? handOut(endpoint, connection, consumer.id, max) : [];
					const left = deadline - elapsed();
					const hasNews = deliveries.length > 0 || connection.ended.size > 0;
					if (hasNews || left <= 0 || endpoint === undefined) {
						const ended = [...connection.ended];
						connection.ended.clear();
						return { kind: 'deliveries', deliveries, ended };
					}
					const wait = max > 0 ? Math.min(left, nextIn(given.id, connection)) : left;
					await untilNews(given.id, wait, news, signal);
					if (!isCurrent()) return { kind: 'deliveries', deliveries: [], ended: [] };
				}
			} finally {
				if (connection.request === request) {
					delete connection.request;
					if (signal.aborted) delete connection.seenAt;
					else connection.seenAt = elapsed();
				}
			}
		},
		holderOf,
		hangUp: ({ id }, consumer) => {
			const connection = connectionOf(id);
			if (connection.consumer !== consumer.id || connection.seenAt === undefined) return;
			connection.seenAt = Math.min(connection.seenAt, elapsed() - ALIVE_MS + HUNG_UP_MS);
		},
		takeBack: ({ id }, consumer, { deliveries, ended }) => {
			inTransaction(database, () => {
				for (const { delivery } of deliveries)
					letGo.run(parseDeliveryId(delivery) ?? 0, consumer.id);
			});
			const connection = connectionOf(id);
			if (connection.consumer !== consumer.id) return;
			delete connection.seenAt;
			for (const delivery of ended) connection.ended.add(delivery);
		},
		settle: (endpoint, consumer, outcomes) => {
			const connection = connectionOf(endpoint.id);
			if (connection.consumer === consumer.id && connection.seenAt !== undefined) {
				connection.seenAt = elapsed();
			}
			inTransaction(database, () => {
				for (const result of outcomes) {
					const { deliveryId, outcome, run } = result;
					const delivery = outbox.load(deliveryId);
					if (delivery?.endpointId !== endpoint.id) continue;
					if (run !== undefined) start.run(run, deliveryId);
					if (outcome === 'started') continue;
					const { changes } = letGo.run(deliveryId, consumer.id);
					if (outcome === 'released') {
						// What another consumer has meanwhile is not this one's to give back.
						if (Number(changes) > 0) {
							connection.released.set(deliveryId, elapsed() + RELEASE_PAUSE_MS);
						}
						continue;
					}
					const { id, generation, attempts } = delivery;
					if (result.elsewhere === true && connection.consumer === consumer.id) {
						connection.ended.add(formatDeliveryId(id));
					}
					const durationMs = result.durationMs ?? 0;
					outbox.settle([
						{
							id,
							generation,
							attempt: {
								number: attempts + 1,
								startedAt: now() - durationMs,
								durationMs,
								...describe(result),
							},
							settlement: settlementOf(endpoint, delivery, result, {
								now: now(),
								random: random(),
							}),
						},
					]);
				}
			});
			// What was released, or failed, may be due again.
			connection.request?.endWait();
		},
	};
}

function describe({ outcome, run, reason }: FetchedOutcome) {
	if (outcome === 'failed') return { error: reason ?? 'The workflow failed' };
	const what = outcome === 'filtered' ? 'Filtered by the workflow' : 'Run to its end';
	const where = run === undefined ? '' : ` in execution ${run}`;
	return { response: `${what}${where}${reason === undefined ? '' : `: ${reason}`}` };
}

function settlementOf(
	{ retry }: Endpoint,
	{ tries }: DueDelivery,
	{ outcome }: FetchedOutcome,
	{ now, random }: { readonly now: number; readonly random: number },
): Settlement {
	if (outcome !== 'failed') return { state: 'delivered' };
	const wait = nextWait(retry, tries + 1, random);
	return wait === undefined
		? { state: 'failed' }
		: { state: 'retry', nextAt: now + wait, usesTry: true };
}
