import type { EndpointRegistry } from '../endpoints/registry';
import type { Outbox } from '../outbox/outbox';
import type { Logger } from '../sdk';
import type { Store } from '../store/store';
import { createAttempt } from './attempt';
import { createEndpointQueue } from './endpointQueue';
import type { EndpointQueue } from './endpointQueue';
import { createEndpointStates, NEW_STATE } from './endpointStates';
import type { SendRequest } from './request';
import { createSettlements } from './settlements';
import { reportUnexpected } from './unexpected';

export interface EndpointQueuesParts {
	readonly store: Store;
	readonly outbox: Outbox;
	readonly registry: EndpointRegistry;
	readonly request: SendRequest;
	readonly logger: Logger;
	/** Version of the plugin, for the `User-Agent`. */
	readonly version: string;
	/** Milliseconds since 1970. */
	readonly now: () => number;
	/** From 0 to 1. */
	readonly random: () => number;
}

/** The queues of all endpoints that something has waited for. */
export interface EndpointQueues {
	/** Requests under way. */
	readonly running: number;
	/** Looks what is due for some endpoints. */
	wake(endpointIds: readonly number[]): void;
	/** Looks what is due at all. */
	readonly wakeAll: () => void;
	/** Takes over what another process or the API has changed. */
	reloadStates(): void;
	/** Begins no requests any more. */
	stop(): void;
	/** Ends those under way, and writes the results of the others. */
	close(): void;
}

export function createEndpointQueues(parts: EndpointQueuesParts): EndpointQueues {
	const { store, outbox, registry, request, logger, now, random, version } = parts;
	const states = createEndpointStates(store);
	const queues = new Map<number, EndpointQueue>();
	const abort = new AbortController();
	const attempt = createAttempt({ findSigner: (id) => registry.find(id), request, now, version });

	const wakeAll = () => {
		for (const id of outbox.pendingEndpoints()) queueOf(id);
		for (const queue of queues.values()) queue.wake();
	};
	const settlements = createSettlements({
		store,
		outbox,
		states,
		now,
		readNext: (id) => {
			queues.get(id)?.readNext();
		},
		afterWrite: (id, isWritten) => {
			queues.get(id)?.goOn(isWritten);
		},
		onRecovery: () => {
			try {
				wakeAll();
			} catch (error) {
				reportUnexpected(error, logger);
			}
		},
	});
	const isIdle = () => {
		for (const queue of queues.values()) if (queue.running > 0) return false;
		return true;
	};
	const queueOf = (id: number): EndpointQueue => {
		const known = queues.get(id);
		if (known !== undefined) return known;
		const { signal } = abort;
		const queue = createEndpointQueue(
			{ id, outbox, registry, attempt, settlements, isIdle, signal, logger, now, random },
			states.load().get(id) ?? NEW_STATE,
		);
		queues.set(id, queue);
		return queue;
	};
	return {
		get running() {
			let count = 0;
			for (const queue of queues.values()) count += queue.running;
			return count;
		},
		wake: (endpointIds) => {
			for (const id of endpointIds) queueOf(id).wake();
		},
		wakeAll,
		reloadStates: () => {
			// What is not written yet is newer than what would be read.
			if (!settlements.flush()) return;
			const loaded = states.load();
			for (const [id, queue] of queues) queue.setState(loaded.get(id) ?? NEW_STATE);
		},
		stop: () => {
			for (const queue of queues.values()) queue.stop();
		},
		close: () => {
			abort.abort();
			settlements.close();
		},
	};
}
