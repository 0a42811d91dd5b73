import type { Endpoint } from '../endpoints/endpoint';
import type { Logger } from '../gatewayApi';
import { formatDeliveryId } from '../outbox/delivery';
import type { Attempt, Settlement } from '../outbox/outbox';
import { isTellable } from '../outbox/emitter';
import type { OwnEvents } from '../outbox/emitter';
import type { DueDelivery } from '../outbox/queue';
import type { DeliveryHealth } from './health';
import type { Outcome } from './outcome';
import { afterFailure, afterHold, FAILURES_TO_OPEN, FREE_PACE, nextWait } from './schedule';
import type { DeliveryClock } from './schedule';

/** How often a receiver may refuse an event until it is given up. */
const MAX_REFUSALS = 3;

/** The delivery that an outcome is about. */
export interface SettlementContext {
	readonly retry: Endpoint['retry'];
	/** Tries used up before this attempt. */
	readonly tries: number;
	/** How often the receiver has refused the event before. */
	readonly refusals: number;
	/** Whether it was made to find out if the endpoint works again. */
	readonly isProbe: boolean;
	/**
	 * Milliseconds until another try can be signed in a second of its own: by the signed time a receiver
	 * tells a try from a copy of an earlier one. 0: it does not go by that.
	 */
	readonly leastWaitMs: number;
	readonly now: number;
	/** From 0 to 1. */
	readonly random: number;
}

/**
 * Decides what becomes of a delivery. What is about the endpoint rather than the event uses up no try
 * while the endpoint is held or probed; a receiver's `Retry-After` makes a wait longer, never shorter.
 *
 * @returns undefined when the attempt does not count at all
 */
export function settlementOf(outcome: Outcome, context: SettlementContext): Settlement | undefined {
	switch (outcome.kind) {
		case 'interrupted':
			return undefined;
		case 'delivered':
			return { state: 'delivered' };
		case 'final':
			return { state: 'failed' };
		// The endpoint is disabled with it, and its queue kept: this one waits as the others do.
		case 'gone':
		case 'held':
			return { state: 'retry', usesTry: false };
		case 'refused':
			return context.refusals + 1 >= MAX_REFUSALS ? { state: 'failed' } : tryAgain(context, 0);
		case 'failed':
			if (context.isProbe && outcome.isEndpointFault) return { state: 'retry', usesTry: false };
			return tryAgain(context, outcome.retryAfterMs ?? 0);
	}
}

function tryAgain(
	{ retry, tries, leastWaitMs, now, random }: SettlementContext,
	askedMs: number,
): Settlement {
	const wait = nextWait(retry, tries + 1, random);
	if (wait === undefined) return { state: 'failed' };
	return { state: 'retry', nextAt: now + Math.max(wait, askedMs, leastWaitMs), usesTry: true };
}

/** Days without a success after which an endpoint is disabled, if it was tried. */
const MAX_FAILING_DAYS = 5;
const MIN_FAILURES_TO_DISABLE = 5;

/** What an attempt says about how its endpoint does. */
export function healthAfter(
	health: DeliveryHealth,
	outcome: Outcome,
	clock: DeliveryClock,
	random: number,
): DeliveryHealth {
	const now = clock.now();
	switch (outcome.kind) {
		case 'interrupted':
			return health;
		case 'delivered':
			return { ...working(health), lastSuccessAt: now, lastWarning: outcome.warning };
		case 'refused':
			return { ...working(health), lastFailureAt: now, lastError: outcome.error };
		case 'final':
		case 'gone':
			return { ...health, lastFailureAt: now, lastError: outcome.error };
		case 'held': {
			const hold = { reason: outcome.error, askedMs: outcome.askedMs };
			const pace = afterHold(health.pace, clock.elapsed(), hold);
			return outcome.by === 'receiver' ? { ...failing(health, clock), pace } : { ...health, pace };
		}
		case 'failed': {
			const about = { lastFailureAt: now, lastError: outcome.error };
			if (!outcome.isEndpointFault) return { ...working(health), ...about };
			const pace = afterFailure(health.pace, clock.elapsed(), random);
			return { ...failing(health, clock), pace, ...about };
		}
	}
}

/** An endpoint that refuses one event works. */
function working(health: DeliveryHealth): DeliveryHealth {
	return { ...health, pace: FREE_PACE, failingSince: undefined, isFailingTold: false };
}

function failing(health: DeliveryHealth, clock: DeliveryClock): DeliveryHealth {
	if (health.failingSince !== undefined) return health;
	const failingSince = { at: clock.now(), elapsed: clock.elapsed(), day: clock.day() };
	return { ...health, failingSince };
}

/** Why an endpoint is to be disabled after an attempt; undefined: it is not. */
export function reasonToDisable(
	{ kind }: Pick<Endpoint, 'kind'>,
	outcome: Outcome,
	{ pace, failingSince, lastError }: DeliveryHealth,
	clock: DeliveryClock,
): string | undefined {
	if (outcome.kind === 'gone') return outcome.error;
	if (kind === 'callback' || failingSince === undefined) return undefined;
	if (pace.failures + pace.holds < MIN_FAILURES_TO_DISABLE) return undefined;
	const days = clock.day() - failingSince.day;
	if (days < MAX_FAILING_DAYS) return undefined;
	const last = pace.holdReason ?? lastError ?? '';
	return `It took no event for ${String(days)} days, the last time with: ${last}`;
}

/**
 * Something about an endpoint that its owner should know. `failing`: it has been down for five minutes.
 * `recovered`: one of which that was told works again. `disabled`: nothing is sent to it any more, its
 * queue is kept. Times are milliseconds since 1970.
 */
export type EndpointChange =
	| { readonly kind: 'failing'; readonly since: number; readonly reason: string }
	| { readonly kind: 'recovered'; readonly failingSince: number | undefined }
	| { readonly kind: 'disabled'; readonly reason: string };

/** A delivery that will not be tried again by itself. */
export interface FailedDelivery {
	readonly id: number;
	readonly eventId: string;
	readonly eventType: string;
	readonly reason: string;
}

/** Who is told, besides the gateway's log. What they throw is their own. */
export interface ChangeListeners {
	readonly onStateChange?: (endpoint: Endpoint, change: EndpointChange) => void;
	readonly onFailedForGood?: (endpoint: Endpoint, delivery: FailedDelivery) => void;
}

/** Milliseconds that an endpoint may be down, as it is while it restarts, before anybody is told. */
export const FAILING_AFTER_MS = 300_000;
/** From so many milliseconds on it is worth a line that a receiver asked to be left alone. */
const LONG_HOLD_MS = 60_000;

/** An attempt with all that it changed. */
export interface AttemptChange {
	readonly endpoint: Endpoint;
	readonly delivery: DueDelivery;
	readonly attempt: Attempt;
	readonly outcome: Outcome;
	readonly settlement: Settlement;
	readonly before: DeliveryHealth;
	readonly after: DeliveryHealth;
	readonly disabledReason: string | undefined;
	/** By `DeliveryClock.elapsed`. */
	readonly elapsed: number;
}

/** What an attempt changed about its endpoint that its owner should know. */
export function changeOf(change: Omit<AttemptChange, 'settlement'>): EndpointChange | undefined {
	const { before, after, disabledReason, elapsed } = change;
	if (disabledReason !== undefined) return { kind: 'disabled', reason: disabledReason };
	if (before.isFailingTold && after.failingSince === undefined) {
		return { kind: 'recovered', failingSince: before.failingSince?.at };
	}
	const { failingSince, isFailingTold, lastError } = after;
	const isDown = after.pace.failures >= FAILURES_TO_OPEN;
	if (!isDown || isFailingTold || failingSince === undefined) return undefined;
	if (elapsed - failingSince.elapsed < FAILING_AFTER_MS) return undefined;
	return { kind: 'failing', since: failingSince.at, reason: lastError ?? '' };
}

/** Writes into the gateway's log what people should read there: changes, not each failure. */
export function logChanges(change: AttemptChange, logger: Logger): void {
	const { endpoint, before, after, delivery, settlement, attempt, disabledReason } = change;
	const name = `Endpoint '${endpoint.name}'`;
	const wasDown = before.pace.failures >= FAILURES_TO_OPEN;
	const isDown = after.pace.failures >= FAILURES_TO_OPEN;
	const reason = attempt.error ?? '';
	if (!wasDown && isDown) {
		logger.warn(
			`${name} failed ${String(FAILURES_TO_OPEN)} times in a row, the last time with: ${reason}. Its deliveries wait until it works again`,
		);
	}
	if (wasDown && !isDown && disabledReason === undefined) logger.info(`${name} works again`);
	if (disabledReason !== undefined) {
		logger.warn(
			`${name} is disabled: ${disabledReason}. What waits for it is kept: enable it again when that was a mistake`,
		);
	}
	logHold(change, logger);
	if (after.lastWarning !== undefined && after.lastWarning !== before.lastWarning) {
		logger.warn(`${name}: ${after.lastWarning}`);
	}
	if (settlement.state === 'failed') {
		const id = formatDeliveryId(delivery.id);
		logger.warn(
			`Delivery ${id} (${delivery.eventType}) to '${endpoint.name}' failed for good: ${reason}. It can be replayed`,
		);
	}
}

function logHold({ endpoint, outcome, before, after, elapsed }: AttemptChange, logger: Logger) {
	if (outcome.kind !== 'held' || after.pace.holds === before.pace.holds) return;
	const name = `Endpoint '${endpoint.name}'`;
	const ms = (after.pace.heldUntil ?? elapsed) - elapsed;
	if (outcome.by !== 'receiver') {
		if (after.pace.holds === 1) {
			logger.warn(`${name} cannot be sent to: ${outcome.error}. Its deliveries wait`);
		}
	} else if (ms >= LONG_HOLD_MS) {
		const seconds = String(Math.round(ms / 1000));
		logger.info(`${name} is left alone for ${seconds} s: ${outcome.error}`);
	}
}

/**
 * Tells of changes by events: `endpoint.failing`, `endpoint.recovered`, `endpoint.disabled`, `delivery.failed`.
 * The queue of callbacks is no endpoint that anybody knows by its name.
 */
export function tellByEvents({ tell }: OwnEvents): ChangeListeners {
	return {
		onStateChange: ({ id, name, kind }, { kind: change, ...details }) => {
			if (kind !== 'callback') tell(`endpoint.${change}`, { endpoint: { name, ...details } }, id);
		},
		onFailedForGood: (endpoint, { id, eventId, eventType: type, reason }) => {
			if (!isTellable(type)) return;
			const delivery = { id: formatDeliveryId(id), eventId, type, reason };
			tell('delivery.failed', { endpoint: { name: endpoint.name }, delivery }, endpoint.id);
		},
	};
}
