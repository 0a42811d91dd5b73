import { openOutbox, type Attempt } from '../../../../openclaw-plugin/src/outbox/outbox';
import { createEventId } from '../../../../openclaw-plugin/src/protocol';
import { targetsOf } from '../../endpoints/support/storedEndpoints';
import { inTransaction, type Database } from '../../../../openclaw-plugin/src/store/databaseAccess';

/** A delivery to put into a database, in whatever state. Times are milliseconds since 1970. */
export interface StoredDelivery {
	readonly endpoint?: string;
	readonly type?: string;
	/** `delivered` unless given. */
	readonly state?: 'pending' | 'delivered' | 'failed';
	readonly createdAt?: number;
	readonly data?: Readonly<Record<string, unknown>>;
	/** Requests made for it; 1 unless it is pending. */
	readonly tries?: number;
	readonly status?: number;
	readonly durationMs?: number;
	readonly error?: string;
	readonly response?: string;
	/** Belongs to the same event as the delivery before. */
	readonly sameEvent?: boolean;
}

/** Milliseconds from the creation of a delivery to the end of each of its attempts. */
export const SETTLED_AFTER_MS = 100;

/**
 * Writes deliveries through the outbox, as the gateway does.
 *
 * @returns their numbers, in order
 */
export function storeDeliveries(
	database: Database,
	deliveries: readonly StoredDelivery[],
): number[] {
	let now = 0;
	const outbox = openOutbox(database, { folder: '', now: () => now });
	const append = (group: readonly StoredDelivery[]): number[] => {
		const [{ type = 'message.received', createdAt = Date.now(), data = {} } = {}] = group;
		now = createdAt;
		const id = createEventId(createdAt);
		const timestamp = new Date(createdAt).toISOString();
		const body = JSON.stringify({ id, type, timestamp, instanceId: 'test', data });
		const numbers = outbox.append(
			{ id, type, createdAt, body },
			targetsOf(database, ...group.map(({ endpoint = 'ops' }) => endpoint)),
		);
		group.forEach((delivery, index) => {
			settle(numbers[index] ?? 0, delivery);
		});
		return [...numbers];
	};
	const settle = (id: number, delivery: StoredDelivery) => {
		const { state = 'delivered', status, durationMs = 0, error, response } = delivery;
		const startedAt = now + SETTLED_AFTER_MS - durationMs;
		const attempt = { startedAt, durationMs, status, error, response };
		const tries = delivery.tries ?? (state === 'pending' ? 0 : 1);
		for (let number = 1; number <= tries; number += 1) {
			const numbered: Attempt = { ...attempt, number };
			outbox.settle([
				{
					id,
					generation: 0,
					attempt: numbered,
					settlement: settlementOf(state, number < tries, now),
				},
			]);
		}
	};
	const groups: StoredDelivery[][] = [];
	for (const delivery of deliveries) {
		const last = groups.at(-1);
		if (delivery.sameEvent === true && last !== undefined) last.push(delivery);
		else groups.push([delivery]);
	}
	return inTransaction(database, () => groups.flatMap(append));
}

function settlementOf(state: StoredDelivery['state'], isContinued: boolean, now: number) {
	if (isContinued || state === 'pending' || state === undefined) {
		return { state: 'retry', nextAt: now + SETTLED_AFTER_MS, usesTry: true } as const;
	}
	return { state } as const;
}
