import { setTimeout as delay } from 'node:timers/promises';
import { sharedOf } from '../shared';
import { checkpointIfLarge } from '../store/sharedStore';
import { createEndpointQueues } from './endpointQueues';
import type { EndpointQueuesParts } from './endpointQueues';
import { reportUnexpected } from './unexpected';
import { collectWakeUps } from './wakeUps';

/** `now` and `random` are the system's unless given. */
export type DispatcherParts = Omit<EndpointQueuesParts, 'now' | 'random'> &
	Partial<Pick<EndpointQueuesParts, 'now' | 'random'>>;

/** Makes all deliveries of a gateway. */
export interface Dispatcher {
	/** Begins, or begins again, when another one of the same folder in this process has stopped. */
	start(): Promise<void>;
	/** Waits for requests under way, five seconds at most, and ends them then. */
	stop(): Promise<void>;
}

/** Milliseconds between two looks at what other processes (the command line) have written. */
const POLL_MS = 500;
/** Milliseconds between two times of deleting what is too old. */
const TIDY_MS = 10_000;
/** Milliseconds between two steps of that, for others to run. */
const TIDY_STEP_MS = 20;
const STOP_MS = 5000;
const STOP_LOOK_MS = 20;

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
	const { store, outbox, logger } = parts;
	const queues = createEndpointQueues({ now: Date.now, random: Math.random, ...parts });
	const dataVersion = store.prepare('PRAGMA data_version');
	let knownVersion: unknown;

	const attemptTo = <Result>(work: () => Result): Result | undefined => {
		try {
			return work();
		} catch (error) {
			reportUnexpected(error, logger);
			return undefined;
		}
	};
	const lookAtAll = () => {
		queues.reloadStates();
		queues.wakeAll();
	};
	const poll = () => {
		attemptTo(() => {
			store.checkFile();
			checkpointIfLarge(store, outbox.maxBytes);
			const version = dataVersion.get()?.data_version;
			if (version === knownVersion) return;
			knownVersion = version;
			lookAtAll();
		});
	};
	let tidyTimer: NodeJS.Timeout | undefined;
	const tidy = () => {
		const isMore = attemptTo(() => outbox.tidy()) ?? false;
		// Nothing should have been missed; if it was, it is late, not lost.
		if (!isMore) attemptTo(queues.wakeAll);
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
			queues.stop();
			const end = performance.now() + STOP_MS;
			while (queues.running > 0 && performance.now() < end) await delay(STOP_LOOK_MS);
			queues.close();
		},
	};
}
