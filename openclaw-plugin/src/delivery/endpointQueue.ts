import type { Endpoint } from '../endpoints/endpoint';
import type { EndpointRegistry } from '../endpoints/registry';
import type { Outbox } from '../outbox/outbox';
import type { DueDelivery } from '../outbox/queue';
import type { Logger } from '../sdk';
import type { AttemptResult, MakeAttempt } from './attempt';
import { phaseOf } from './circuit';
import { decide } from './decide';
import { createDueList } from './dueList';
import type { EndpointState } from './endpointStates';
import { nextState, stateNews } from './nextState';
import { reportUnexpected } from './unexpected';
import type { Settlements } from './settlements';

/** Makes the deliveries of one endpoint, independent of all others. */
export interface EndpointQueue {
	/** Requests under way. */
	readonly running: number;
	/** Makes what is due, and what has come that it does not know. */
	wake(): void;
	/** Reads what `goOn` will start; to be called right before it, within a transaction. */
	readNext(): void;
	/**
	 * Starts what comes next, after results of it were written.
	 *
	 * @param isWritten whether that worked: if not, nothing counts that was read with it
	 */
	goOn(isWritten: boolean): void;
	/** Takes over the state that another process or the API has written. */
	setState(state: EndpointState): void;
	/** Begins nothing any more. */
	stop(): void;
}

export interface EndpointQueueParts {
	readonly id: number;
	readonly outbox: Outbox;
	readonly registry: EndpointRegistry;
	readonly attempt: MakeAttempt;
	readonly settlements: Settlements;
	/** Whether no endpoint has requests under way. */
	readonly isIdle: () => boolean;
	/** Ends requests under way. */
	readonly signal: AbortSignal;
	readonly logger: Logger;
	readonly now: () => number;
	/** From 0 to 1. */
	readonly random: () => number;
}

/** Longer timers would fire at once; looking again in between costs nothing. */
const MAX_TIMER_MS = 3_600_000;
/** Milliseconds until the next look when the database cannot be read. */
const RETRY_MS = 1000;

export function createEndpointQueue(
	parts: EndpointQueueParts,
	initial: EndpointState,
): EndpointQueue {
	const { id: endpointId, outbox, registry, settlements, signal, logger, now, random } = parts;
	const running = new Set<number>();
	const due = createDueList(
		outbox,
		endpointId,
		(id) => running.has(id) || settlements.has(id),
		() => running.size + settlements.size,
	);
	let state = initial;
	let lastProbe = 0;
	/** Requests that may be made at once, when it was last looked at; 0: none. */
	let limit = 0;
	/** Read within this turn of the event loop, and gone at its end: what waits in memory may be stale. */
	const read = new Map<number, DueDelivery>();
	let timer: NodeJS.Timeout | undefined;
	let isStopped = false;

	const lookAgainAt = (time: number | undefined) => {
		clearTimeout(timer);
		timer = undefined;
		if (time === undefined) return;
		const wait = Math.min(Math.max(time - now(), 0), MAX_TIMER_MS);
		timer = setTimeout(() => {
			timer = undefined;
			due.forget();
			pump();
		}, wait).unref();
	};
	const finish = (
		delivery: DueDelivery,
		{ attempt, outcome }: AttemptResult,
		made: {
			readonly name: string;
			readonly retry: Endpoint['retry'];
			readonly isProbe: boolean;
			readonly signsApart: boolean;
		},
	): boolean => {
		running.delete(delivery.id);
		const { isProbe } = made;
		const context = { ...made, tries: delivery.tries, now: now(), random: random() };
		const settlement = decide(outcome, context);
		if (settlement === undefined) return false;
		const before = state;
		state = nextState(before, outcome, now(), random());
		if (isProbe && outcome.kind === 'failed') {
			lastProbe = outcome.rotatesProbe ? delivery.id : lastProbe;
		} else {
			lastProbe = 0;
		}
		const isSoon = settlements.add(
			{ id: delivery.id, generation: delivery.generation, attempt, settlement },
			endpointId,
			state,
		);
		for (const news of stateNews({
			name: made.name,
			before,
			after: state,
			delivery,
			settlement,
			attempt,
		})) {
			logger[news.level](news.message);
		}
		return isSoon;
	};
	const start = (endpoint: Endpoint, id: number, isProbe: boolean) => {
		const delivery = read.get(id) ?? outbox.load(id);
		if (delivery === undefined) return;
		running.add(id);
		parts
			.attempt(endpoint, delivery, signal)
			.then((result) => {
				const signsApart = endpoint.kind !== 'callback';
				const { name, retry } = endpoint;
				const goesOn = finish(delivery, result, { name, retry, isProbe, signsApart });
				// What can start at once does, if the receiver would have nothing to do during the write.
				if (!goesOn || (due.knowsMore && parts.isIdle())) pump();
			})
			.catch((error: unknown) => {
				reportUnexpected(error, logger);
			});
	};
	/** Starts what can be started; returns when to look again. */
	const startDue = (): number | undefined => {
		const endpoint = registry.find(endpointId);
		limit = 0;
		if (endpoint?.lifecycle.state !== 'active' || endpoint.kind === 'connection') return undefined;
		for (;;) {
			const phase = phaseOf(state.circuit, now());
			if (phase === 'open') return state.circuit.openUntil;
			const isProbe = phase === 'half-open';
			limit = isProbe ? 1 : (endpoint.concurrency ?? 1);
			if (running.size >= limit || settlements.isFull) return undefined;
			const id = isProbe ? due.nextAfter(lastProbe, now()) : due.next(now());
			if (id === undefined) return outbox.nextRetryAt(endpointId);
			start(endpoint, id, isProbe);
		}
	};
	const pump = () => {
		if (isStopped) return;
		try {
			if (state.disabledReason === undefined) lookAgainAt(startDue());
		} catch (error) {
			reportUnexpected(error, logger);
			lookAgainAt(now() + RETRY_MS);
		} finally {
			read.clear();
		}
	};
	return {
		get running() {
			return running.size;
		},
		wake: () => {
			due.expectMore();
			pump();
		},
		readNext: () => {
			read.clear();
			const isOpen =
				state.disabledReason === undefined && phaseOf(state.circuit, now()) === 'closed';
			const free = isOpen && !isStopped ? limit - running.size : 0;
			if (free <= 0) return;
			for (const id of due.peek(free, now())) {
				const delivery = outbox.load(id);
				if (delivery !== undefined) read.set(id, delivery);
			}
		},
		goOn: (isWritten) => {
			if (!isWritten) read.clear();
			pump();
		},
		setState: (changed) => {
			state = changed;
		},
		stop: () => {
			isStopped = true;
			clearTimeout(timer);
		},
	};
}
