import type { Outbox, SettledDelivery } from '../outbox/outbox';
import type { Store } from '../store/store';
import type { DeliveryHealth, HealthTable } from './health';

/** What an attempt came to, for the delivery and for its endpoint. */
export interface AttemptOutcome {
	readonly settled: SettledDelivery;
	readonly endpointId: number;
	readonly health: DeliveryHealth;
	/** Why the endpoint is to be disabled; undefined: it is not. */
	readonly disabledReason: string | undefined;
}

/** Results of attempts on their way into the database. */
export interface Settlements {
	/** How many are not written yet. */
	readonly size: number;
	/** Whether so many are not written that no more requests should be made. */
	readonly isFull: boolean;
	has(deliveryId: number): boolean;
	/**
	 * To be written within this turn of the event loop.
	 *
	 * @returns false when writing does not work now, so that nobody need wait for it
	 */
	add(outcome: AttemptOutcome): boolean;
	/** Writes all now, whoever waits for it; says whether it worked. */
	flush(): boolean;
	close(): void;
}

export interface SettlementParts {
	readonly store: Store;
	readonly outbox: Pick<Outbox, 'settle'>;
	readonly healthTable: HealthTable;
	/**
	 * Called within the transaction that writes results of an endpoint, to read there what comes next: a
	 * third of the cost of reading it later. May be called twice.
	 */
	readonly readNext: (endpointId: number) => void;
	/** Called right after that, with its success, for each endpoint that has had results. */
	readonly afterWrite: (endpointId: number, isWritten: boolean) => void;
	/** Called after endpoints were disabled. */
	readonly onDisabled: () => void;
	/** Called when there is room for results again after there was none, or writing works again. */
	readonly onRecovery: () => void;
}

/** Milliseconds between two tries to write when the database cannot be written. */
const RETRY_MS = 500;
const MAX_UNWRITTEN = 1000;

/**
 * Writes the results that arrive in one turn of the event loop in one transaction. While the database
 * cannot be written they stay in memory, so that no delivery is made twice for that.
 */
export function createSettlements(parts: SettlementParts): Settlements {
	const { store, outbox, healthTable } = parts;
	const unwritten = new Map<number, SettledDelivery>();
	const changed = new Map<number, DeliveryHealth>();
	const disabled = new Map<number, string>();
	/** Endpoints that wait until it is tried to write their results. */
	const waiting = new Set<number>();
	let immediate: NodeJS.Immediate | undefined;
	let timer: NodeJS.Timeout | undefined;

	const write = (readers: Iterable<number> = []): boolean => {
		try {
			store.transaction(() => {
				outbox.settle([...unwritten.values()]);
				for (const [endpointId, health] of changed) healthTable.save(endpointId, health);
				for (const [endpointId, reason] of disabled) healthTable.disable(endpointId, reason);
				for (const endpointId of readers) parts.readNext(endpointId);
			});
		} catch {
			// The store has reported why.
			return false;
		}
		const wasFull = unwritten.size >= MAX_UNWRITTEN;
		const hasDisabled = disabled.size > 0;
		unwritten.clear();
		changed.clear();
		disabled.clear();
		if (hasDisabled) parts.onDisabled();
		if (wasFull) parts.onRecovery();
		return true;
	};
	const retry = () => {
		timer = undefined;
		if (write()) parts.onRecovery();
		else timer = setTimeout(retry, RETRY_MS).unref();
	};
	const flush = (readers?: Iterable<number>): boolean => {
		if (unwritten.size === 0) return true;
		const isWritten = write(readers);
		if (!isWritten) timer ??= setTimeout(retry, RETRY_MS).unref();
		return isWritten;
	};
	const endTurn = () => {
		immediate = undefined;
		const endpointIds = [...waiting];
		waiting.clear();
		const isWritten = flush(endpointIds);
		for (const id of endpointIds) parts.afterWrite(id, isWritten);
	};
	return {
		get size() {
			return unwritten.size;
		},
		get isFull() {
			return unwritten.size >= MAX_UNWRITTEN;
		},
		has: (id) => unwritten.has(id),
		add: ({ settled, endpointId, health, disabledReason }) => {
			unwritten.set(settled.id, settled);
			changed.set(endpointId, health);
			if (disabledReason !== undefined) disabled.set(endpointId, disabledReason);
			if (timer !== undefined) return false;
			waiting.add(endpointId);
			immediate ??= setImmediate(endTurn);
			return true;
		},
		flush: () => flush(),
		close: () => {
			if (immediate !== undefined) clearImmediate(immediate);
			immediate = undefined;
			clearTimeout(timer);
			timer = undefined;
			flush();
		},
	};
}
