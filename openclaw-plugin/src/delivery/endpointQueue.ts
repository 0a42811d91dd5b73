import type { Endpoint } from '../endpoints/endpoint';
import type { EndpointRegistry } from '../endpoints/registry';
import type { Logger } from '../gatewayApi';
import type { Outbox } from '../outbox/outbox';
import type { DueDelivery } from '../outbox/queue';
import type { AttemptResult, MakeAttempt } from './attempt';
import { changeOf, healthAfter, logChanges, reasonToDisable, settlementOf } from './changes';
import type { AttemptChange, ChangeListeners, EndpointChange } from './changes';
import { createDueList } from './dueList';
import { NEW_HEALTH } from './health';
import type { DeliveryHealth } from './health';
import { createRateCount, permitOf } from './schedule';
import type { DeliveryClock } from './schedule';
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
	/** Takes over what another process or the API has written about how the endpoint does. */
	setHealth(health: DeliveryHealth): void;
	/** Begins nothing any more. */
	stop(): void;
}

export interface EndpointQueueParts extends ChangeListeners {
	readonly endpointId: number;
	readonly outbox: Outbox;
	readonly registry: EndpointRegistry;
	readonly attempt: MakeAttempt;
	readonly settlements: Settlements;
	/** How often a receiver has refused a delivery, of so many tries. */
	readonly countRefusals: (deliveryId: number, tries: number) => number;
	/** Whether no endpoint has requests under way. */
	readonly isIdle: () => boolean;
	/** Called when a request has ended. */
	readonly onEnd: () => void;
	/** Ends requests under way. */
	readonly signal: AbortSignal;
	readonly logger: Logger;
	/** Says that something went wrong that should not have. */
	readonly report: (error: unknown) => void;
	readonly clock: DeliveryClock;
	/** From 0 to 1. */
	readonly random: () => number;
}

/** Longer timers would fire at once; looking again in between costs nothing. */
const MAX_TIMER_MS = 3_600_000;
/** Milliseconds until the next look when the database cannot be read. */
const RETRY_MS = 1000;

export function createEndpointQueue(
	parts: EndpointQueueParts,
	initial: DeliveryHealth = NEW_HEALTH,
): EndpointQueue {
	const { endpointId, outbox, registry, settlements, signal, clock, random } = parts;
	const running = new Set<number>();
	const due = createDueList(
		outbox,
		endpointId,
		(id) => running.has(id) || settlements.has(id),
		() => running.size + settlements.size,
	);
	const rate = createRateCount();
	let health = initial;
	/** The endpoint that is being disabled, as it was before: nothing is sent until it is another one. */
	let ended: Endpoint | undefined;
	let lastProbe = 0;
	/** Requests that may be made at once, when it was last looked at; 0: none. */
	let limit = 0;
	/** Read within this turn of the event loop, and gone at its end: what waits in memory may be stale. */
	const read = new Map<number, DueDelivery>();
	let timer: NodeJS.Timeout | undefined;
	let isStopped = false;

	/** @param time by `DeliveryClock.elapsed` */
	const lookAgainAt = (time: number | undefined) => {
		clearTimeout(timer);
		timer = undefined;
		if (time === undefined) return;
		const wait = Math.min(Math.max(time - clock.elapsed(), 0), MAX_TIMER_MS);
		timer = setTimeout(() => {
			timer = undefined;
			due.forget();
			pump();
		}, Math.ceil(wait)).unref();
	};
	/** @returns whether the queue goes on by itself when the result is written */
	const finish = (
		endpoint: Endpoint,
		delivery: DueDelivery,
		{ attempt, outcome }: AttemptResult,
		isProbe: boolean,
	): boolean => {
		const { id, generation, tries } = delivery;
		const { retry, kind } = endpoint;
		const refusals = outcome.kind === 'refused' ? parts.countRefusals(id, tries) : 0;
		const leastWaitMs = kind === 'callback' ? 0 : 1000 - (Date.now() % 1000);
		const now = clock.now();
		const context = { retry, tries, refusals, isProbe, leastWaitMs, now, random: random() };
		const settlement = settlementOf(outcome, context);
		if (settlement === undefined) return false;
		const before = health;
		const after = healthAfter(before, outcome, clock, random());
		const disabledReason = reasonToDisable(endpoint, outcome, after, clock);
		const elapsed = clock.elapsed();
		const change = { endpoint, delivery, attempt, outcome, before, after, disabledReason, elapsed };
		const news = changeOf(change);
		health = news?.kind === 'failing' ? { ...after, isFailingTold: true } : after;
		if (disabledReason !== undefined) ended = endpoint;
		lastProbe = isProbe && outcome.kind === 'failed' && outcome.rotatesProbe ? id : 0;
		const settled = { id, generation, attempt, settlement };
		const isSoon = settlements.add({ settled, endpointId, health, disabledReason });
		// It is still the next one in the order of creation.
		if (settlement.state === 'retry' && !settlement.usesTry) due.forget();
		try {
			tell({ ...change, settlement }, news);
		} catch (error) {
			parts.report(error);
		}
		return isSoon;
	};
	const tell = (change: AttemptChange, news: EndpointChange | undefined) => {
		const { endpoint, delivery, attempt, settlement } = change;
		logChanges(change, parts.logger);
		if (news !== undefined) parts.onStateChange?.(endpoint, news);
		if (settlement.state !== 'failed') return;
		const { id, eventId, eventType } = delivery;
		const reason = attempt.error ?? '';
		parts.onFailedForGood?.(endpoint, { id, eventId, eventType, reason });
	};
	const start = (endpoint: Endpoint, id: number, isProbe: boolean) => {
		const delivery = read.get(id) ?? outbox.load(id);
		if (delivery === undefined) return;
		running.add(id);
		rate.count(clock.elapsed());
		parts
			.attempt(endpoint, delivery, signal)
			.then((result) => {
				running.delete(id);
				const goesOn = finish(endpoint, delivery, result, isProbe);
				// What can start at once does, if the receiver would have nothing to do during the write.
				if (!goesOn || (due.knowsMore && parts.isIdle())) pump();
			})
			.catch(parts.report)
			.finally(parts.onEnd);
	};
	/** Starts what can be started; returns when to look again. */
	const startDue = (): number | undefined => {
		limit = 0;
		const endpoint = registry.find(endpointId);
		if (endpoint === ended || endpoint === undefined || !isSentTo(endpoint)) return undefined;
		ended = undefined;
		let hasLookedAgain = false;
		for (;;) {
			const elapsed = clock.elapsed();
			const permit = permitOf(health.pace, elapsed);
			if (permit.kind === 'wait') return permit.until;
			limit = permit.kind === 'free' ? (endpoint.concurrency ?? 1) : 1;
			if (running.size >= limit || settlements.isFull) return undefined;
			const nextAt = rate.nextAt(endpoint.rateLimit, elapsed);
			if (nextAt > elapsed) return nextAt;
			const isProbe = permit.kind === 'probe';
			const now = clock.now();
			const id = isProbe ? due.nextAfter(lastProbe, now) : due.next(now);
			if (id === undefined) {
				const retryAt = outbox.nextRetryAt(endpointId);
				if (retryAt === undefined) return undefined;
				if (retryAt > now) return elapsed + (retryAt - now);
				// One is due that was not known yet, or one of those under way.
				if (hasLookedAgain) {
					const laterAt = outbox.nextRetryAt(endpointId, now);
					return laterAt === undefined ? undefined : elapsed + (laterAt - now);
				}
				hasLookedAgain = true;
				due.forget();
				continue;
			}
			start(endpoint, id, isProbe);
		}
	};
	const pump = () => {
		if (isStopped) return;
		try {
			lookAgainAt(startDue());
		} catch (error) {
			parts.report(error);
			lookAgainAt(clock.elapsed() + RETRY_MS);
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
			const isOpen = permitOf(health.pace, clock.elapsed()).kind === 'free';
			const free = isOpen && !isStopped && ended === undefined ? limit - running.size : 0;
			if (free <= 0) return;
			for (const id of due.peek(free, clock.now())) {
				const delivery = outbox.load(id);
				if (delivery !== undefined) read.set(id, delivery);
			}
		},
		goOn: (isWritten) => {
			if (!isWritten) read.clear();
			due.release();
			pump();
		},
		setHealth: (changed) => {
			health = changed;
		},
		stop: () => {
			isStopped = true;
			clearTimeout(timer);
		},
	};
}

function isSentTo({ kind, lifecycle }: Endpoint): boolean {
	return kind !== 'connection' && lifecycle.state === 'active';
}
