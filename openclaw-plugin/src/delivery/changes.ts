import type { Endpoint } from '../endpoints/endpoint';
import { formatDeliveryId } from '../outbox/delivery';
import type { Attempt, Settlement } from '../outbox/outbox';
import { isTellable } from '../outbox/emitter';
import type { OwnEvents } from '../outbox/emitter';
import type { DueDelivery } from '../outbox/queue';
import type { Logger } from '../sdk';
import type { DeliveryHealth } from './health';
import type { Outcome } from './outcome';
import { FAILURES_TO_OPEN } from './schedule';

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
