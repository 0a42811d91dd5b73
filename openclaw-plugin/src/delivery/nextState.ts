import type { Attempt, Settlement } from '../outbox/outbox';
import type { DueDelivery } from '../outbox/queue';
import { formatDeliveryId } from '../outbox/delivery';
import { afterFailure, CLOSED, FAILURES_TO_OPEN } from './circuit';
import type { Circuit } from './circuit';
import type { EndpointState } from './endpointStates';
import type { Outcome } from './outcome';

/** What an attempt says about its endpoint. */
export function nextState(
	state: EndpointState,
	outcome: Outcome,
	now: number,
	random: number,
): EndpointState {
	switch (outcome.kind) {
		case 'interrupted':
			return state;
		case 'delivered':
			return { ...state, circuit: CLOSED, lastSuccessAt: now };
		case 'final':
			return { ...state, lastFailureAt: now, lastError: outcome.error };
		case 'gone':
			return {
				...state,
				circuit: CLOSED,
				disabledReason: outcome.error,
				lastFailureAt: now,
				lastError: outcome.error,
			};
		case 'failed':
			return {
				...state,
				circuit: nextCircuit(state.circuit, outcome, now, random),
				lastFailureAt: now,
				lastError: outcome.error,
			};
	}
}

function nextCircuit(
	circuit: Circuit,
	outcome: Extract<Outcome, { kind: 'failed' }>,
	now: number,
	random: number,
): Circuit {
	// An endpoint that refuses one event works.
	if (!outcome.isEndpointFault) return CLOSED;
	return afterFailure(circuit, now, outcome.retryAfterMs, random);
}

/** Something for the gateway's log. */
export interface News {
	readonly level: 'info' | 'warn';
	readonly message: string;
}

export interface StateChange {
	readonly name: string;
	readonly before: EndpointState;
	readonly after: EndpointState;
	readonly delivery: Pick<DueDelivery, 'id' | 'eventType'>;
	readonly settlement: Settlement;
	readonly attempt: Attempt;
}

/** What of an attempt people should read in the gateway's log: changes, not each failure. */
export function stateNews(change: StateChange): readonly News[] {
	const { name, before, after, delivery, settlement, attempt } = change;
	const wasDown = before.circuit.failures >= FAILURES_TO_OPEN;
	const isDown = after.circuit.failures >= FAILURES_TO_OPEN;
	const news: News[] = [];
	if (!wasDown && isDown) {
		const message = `Endpoint '${name}' failed ${String(FAILURES_TO_OPEN)} times in a row, the last time with: ${attempt.error ?? ''}. Its deliveries wait until it works again`;
		news.push({ level: 'warn', message });
	}
	if (wasDown && !isDown) news.push({ level: 'info', message: `Endpoint '${name}' works again` });
	if (before.disabledReason === undefined && after.disabledReason !== undefined) {
		const message = `Endpoint '${name}' is disabled: ${after.disabledReason}. Enable it again when that was a mistake`;
		news.push({ level: 'warn', message });
	} else if (settlement.state === 'failed') {
		const id = formatDeliveryId(delivery.id);
		const message = `Delivery ${id} (${delivery.eventType}) to '${name}' failed for good: ${attempt.error ?? ''}. It can be replayed`;
		news.push({ level: 'warn', message });
	}
	return news;
}
