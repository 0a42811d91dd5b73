import { announceEndpointChange } from '../endpoints/registry';
import type { EndpointRegistry } from '../endpoints/registry';
import type { Logger } from '../gatewayApi';
import type { Outbox } from '../outbox/outbox';
import { onWake } from '../outbox/queue';
import { sharedOf } from '../shared';
import { outboxClock } from '../store/clock';
import { errorText } from '../logger';
import { checkpointIfLarge } from '../store/sharedStore';
import type { Store } from '../store/store';
import { storeFailureOf } from '../store/storeError';
import { createAttempt } from './attempt';
import type { ChangeListeners } from './changes';
import { createEndpointQueue } from './endpointQueue';
import type { EndpointQueue } from './endpointQueue';
import { createHealthTable } from './health';
import type { SendRequest } from './httpClient';
import type { DeliveryClock } from './schedule';
import { createSettlements } from './settlements';

/*
 * The way of a delivery. It is in the outbox before anybody here hears of it, and stays there.
 *
 *                                due, and the endpoint may be sent to
 *            ┌──────────┐ ────────────────────────────────────────────▶ ┌───────────┐
 *   event ──▶│ pending  │                                               │ under way │
 *            └──────────┘ ◀──────────────────────────────────────────── └───────────┘
 *              ▲  ▲   failed, refused: after a wait, one try fewer        │      │
 *              │  │   held, probe, 410: uses no try                 2xx   │      │  no try left,
 *              │  │   interrupted: as if it had not been made             ▼      ▼  cannot be sent
 *              │  │                                              ┌───────────┐ ┌────────┐
 *              │  └───────────────────── replay ─────────────────│ delivered │ │ failed │
 *              │                                                 └───────────┘ └────────┘
 *              └───────────────────────── replay ────────────────────────────────────┘
 *
 * Whether an endpoint may be sent to is up to its owner (`Endpoint.lifecycle`: only `active` ones are) and
 * to how it does (`Pace`): `free`, held for as long as it asks (429, 503 with Retry-After), then one
 * request at a time until one is delivered; or, after five failures in a row, a probe now and then.
 *
 *   dispatcher     who is woken when, start and stop
 *   endpointQueue  one endpoint's queue: what is started, and what follows from an attempt
 *   dueList        which delivery comes next          schedule     waits, holds, rate limit, circuit
 *   attempt        body, headers, signature           outcome      what an answer means, and what of it is kept
 *   transform      the body that the settings say     connections  receivers that fetch their events instead
 *   httpClient     the request itself                 egress       proxy, certificates, connections
 *   hostGuard      which hosts are refused            changes      what becomes of delivery and endpoint, and who is told
 *   settlements    results on their way to the disk   health       how an endpoint does, in the database
 */

export interface DispatcherParts extends ChangeListeners {
	readonly store: Store;
	readonly outbox: Outbox;
	readonly registry: EndpointRegistry;
	readonly request: SendRequest;
	readonly logger: Logger;
	/** Version of the plugin, for the `User-Agent`. */
	readonly version: string;
	/** The one of the data folder unless given. */
	readonly clock?: DeliveryClock;
	/** From 0 to 1; the system's unless given. */
	readonly random?: () => number;
}

/** Makes all deliveries of a gateway. */
export interface Dispatcher {
	/** Begins, or begins again, when another one of the same folder in this process has stopped. */
	start(): Promise<void>;
	/** Waits for requests under way, two seconds at most, and ends them then. */
	stop(): Promise<void>;
}

/** Milliseconds between two looks at what other processes (the command line) have written. */
const POLL_MS = 500;
/** Milliseconds between two times of deleting what is too old. */
const TIDY_MS = 10_000;
/** Milliseconds between two steps of that, for others to run. */
const TIDY_STEP_MS = 20;
/** The gateway gives all services together five seconds, and restarts when they take longer. */
const STOP_MS = 2000;

/** The one that works; a reloaded plugin starts another before the old one has stopped. */
const workingOf = (folder: string) =>
	sharedOf(folder).slot('dispatcher', (): { dispatcher?: Dispatcher } => ({}));

/**
 * Makes the deliveries that the outbox holds, with a queue for each endpoint, so that a slow or dead one
 * delays no other.
 *
 * @example
 * const { send } = createHttpClient(GATEWAY_HOST_RULES);
 * const dispatcher = createDispatcher({ store, outbox, registry, request: send, logger, version });
 * await dispatcher.start();
 */
export function createDispatcher(parts: DispatcherParts): Dispatcher {
	const { folder } = parts.store;
	let session: Session | undefined;
	let stopping: Promise<void> | undefined;
	const dispatcher: Dispatcher = {
		start: async () => {
			const working = workingOf(folder);
			const other = working.dispatcher;
			working.dispatcher = dispatcher;
			await other?.stop();
			// The next one has come meanwhile.
			if (working.dispatcher === dispatcher) session ??= startSession(parts);
		},
		stop: async () => {
			stopping ??= session?.stop().finally(() => {
				session = undefined;
				stopping = undefined;
			});
			await stopping;
		},
	};
	return dispatcher;
}

/** The time between a start and a stop. */
interface Session {
	stop(): Promise<void>;
}

function startSession(parts: DispatcherParts): Session {
	const { store, outbox, logger, clock = openClock(parts.store) } = parts;
	const report = (error: unknown) => {
		// That the database cannot be used, its store has reported.
		if (storeFailureOf(error) === undefined)
			logger.error(`Deliveries are held up: ${errorText(error)}`);
	};
	const attemptTo = <Result>(work: () => Result): Result | undefined => {
		try {
			return work();
		} catch (error) {
			report(error);
			return undefined;
		}
	};
	const queues = createQueues({ ...parts, clock }, report);
	const lookAtAll = () => {
		queues.reloadHealth();
		queues.wakeAll();
	};

	const dataVersion = store.prepare('PRAGMA data_version');
	let knownVersion: unknown;
	const poll = () => {
		attemptTo(() => {
			store.checkFile();
			checkpointIfLarge(store, outbox.maxBytes);
			const version = dataVersion.get()?.data_version;
			if (version === knownVersion) return;
			lookAtAll();
			knownVersion = version;
		});
	};
	let tidyTimer: NodeJS.Timeout | undefined;
	const tidy = () => {
		const isMore = attemptTo(() => outbox.tidy()) ?? false;
		if (!isMore) {
			// Nothing should have been missed; if it was, it is late, not lost.
			attemptTo(() => {
				queues.wakeAll();
			});
		}
		tidyTimer = setTimeout(tidy, isMore ? TIDY_STEP_MS : TIDY_MS).unref();
	};
	const forgetWakeUps = collectWakeUps(store.folder, (wakeUp) => {
		attemptTo(() => {
			if (wakeUp === 'all') lookAtAll();
			else queues.wake(wakeUp);
		});
	});
	const pollTimer = setInterval(poll, POLL_MS).unref();
	poll();
	tidy();
	return {
		stop: async () => {
			clearInterval(pollTimer);
			clearTimeout(tidyTimer);
			forgetWakeUps();
			await queues.stop(STOP_MS);
		},
	};
}

/** The queues of all endpoints that something has waited for. */
interface Queues {
	/** Looks what is due for some endpoints. */
	wake(endpointIds: readonly number[]): void;
	/** Looks what is due at all. */
	wakeAll(): void;
	/** Takes over what another process or the API has changed. */
	reloadHealth(): void;
	/** Begins no requests any more, ends those that take too long, and writes the results of the others. */
	stop(graceMs: number): Promise<void>;
}

function createQueues(
	parts: DispatcherParts & { readonly clock: DeliveryClock },
	report: (error: unknown) => void,
): Queues {
	const { store, outbox, registry, clock, random = Math.random } = parts;
	const healthTable = createHealthTable(store, clock);
	const known = new Map<number, EndpointQueue>();
	const abort = new AbortController();
	const attempt = createAttempt({ ...parts, findEndpoint: (id) => registry.find(id) });
	const countRefusals = createRefusalCount(store);
	let onEnd: () => void = () => undefined;

	const running = () => {
		let count = 0;
		for (const queue of known.values()) count += queue.running;
		return count;
	};
	const isIdle = () => {
		for (const queue of known.values()) if (queue.running > 0) return false;
		return true;
	};
	const wakeAll = () => {
		for (const id of outbox.pendingEndpoints()) queueOf(id);
		for (const queue of known.values()) queue.wake();
	};
	const settlements = createSettlements({
		store,
		outbox,
		healthTable,
		readNext: (id) => {
			known.get(id)?.readNext();
		},
		afterWrite: (id, isWritten) => {
			known.get(id)?.goOn(isWritten);
		},
		onDisabled: () => {
			announceEndpointChange(store.folder);
		},
		onRecovery: () => {
			try {
				wakeAll();
			} catch (error) {
				report(error);
			}
		},
	});
	/** Undefined until the database could be read. */
	let healths: ReturnType<typeof healthTable.loadChanged> | undefined;
	const healthOf = (endpointId: number) => {
		healths ??= healthTable.loadChanged();
		return healths.get(endpointId);
	};
	const queueOf = (endpointId: number): EndpointQueue => {
		const found = known.get(endpointId);
		if (found !== undefined) return found;
		const queue = createEndpointQueue(
			{
				...parts,
				endpointId,
				attempt,
				settlements,
				countRefusals,
				isIdle,
				onEnd: () => {
					onEnd();
				},
				signal: abort.signal,
				report,
				random,
			},
			healthOf(endpointId),
		);
		known.set(endpointId, queue);
		return queue;
	};
	const reloadHealth = () => {
		// What is not written yet is newer than what would be read.
		if (!settlements.flush()) return;
		const changed = healthTable.loadChanged();
		healths = new Map([...(healths ?? []), ...changed]);
		for (const [id, health] of changed) known.get(id)?.setHealth(health);
	};
	return {
		wake: (endpointIds) => {
			for (const id of endpointIds) queueOf(id).wake();
		},
		wakeAll,
		reloadHealth,
		stop: async (graceMs) => {
			for (const queue of known.values()) queue.stop();
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, graceMs);
				onEnd = () => {
					if (!isIdle()) return;
					clearTimeout(timer);
					resolve();
				};
				onEnd();
			});
			if (running() > 0) abort.abort();
			settlements.close();
		},
	};
}

/** The clocks of the data folder. */
function openClock(store: Store): DeliveryClock {
	const clock = outboxClock(store.folder);
	const today = store.prepare('SELECT day FROM clock');
	let day = 0;
	return {
		now: () => clock.now(),
		elapsed: () => performance.now(),
		day: () => {
			try {
				day = Number(today.get()?.day ?? day);
			} catch {
				// The database cannot be read now: the day is still the one it was.
			}
			return day;
		},
	};
}

/** Of the last tries of a delivery, those that the receiver refused for the event's content. */
function createRefusalCount(store: Store) {
	const count = store.prepare(
		`SELECT count(*) AS n FROM (
			SELECT status FROM attempts WHERE delivery_id = ? ORDER BY id DESC LIMIT ?
		) WHERE status IN (400, 413, 422)`,
	);
	return (deliveryId: number, tries: number): number => {
		try {
			return Number(count.get(deliveryId, tries)?.n ?? 0);
		} catch {
			// The database cannot be read now; one try more does no harm.
			return 0;
		}
	};
}

/** What was asked for since the last time. */
type WakeUp = readonly number[] | 'all';

/**
 * Collects the calls of `wakeDispatcher` and answers them once, after the code that made them has run: it
 * may be in the middle of a transaction, or of a hook.
 *
 * @returns a function that ends it
 */
function collectWakeUps(folder: string, answer: (wakeUp: WakeUp) => void): () => void {
	let ids = new Set<number>();
	let isAll = false;
	let immediate: NodeJS.Immediate | undefined;
	const forget = onWake(folder, (endpointIds) => {
		if (endpointIds === undefined) isAll = true;
		else for (const id of endpointIds) ids.add(id);
		immediate ??= setImmediate(() => {
			immediate = undefined;
			const wakeUp = isAll ? 'all' : [...ids];
			ids = new Set();
			isAll = false;
			answer(wakeUp);
		});
	});
	return () => {
		forget();
		if (immediate !== undefined) clearImmediate(immediate);
	};
}
