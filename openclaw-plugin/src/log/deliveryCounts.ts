import type { Database } from '../store/databaseAccess';

/** How many deliveries there are. */
export interface DeliveryCounts {
	/** All that wait, whenever they were created. */
	readonly pending: number;
	readonly delivered: number;
	readonly failed: number;
	/** Delivered ones among the settled, from 0 to 1; absent when none has been settled. */
	readonly successRate?: number;
}

/**
 * Counts by endpoint: what has been settled among the deliveries from a number on, and all that wait.
 *
 * @param first see `firstSince`
 */
export function countDeliveries(
	database: Database,
	first: number,
): ReadonlyMap<string, DeliveryCounts> {
	const counts = new Map<string, Omit<DeliveryCounts, 'successRate'>>();
	const add = (endpoint: string, status: string, count: number) => {
		const known = counts.get(endpoint) ?? { pending: 0, delivered: 0, failed: 0 };
		counts.set(endpoint, { ...known, [status]: count });
	};
	const settled = database.prepare(
		`SELECT endpoint, state, count(*) AS n FROM deliveries
		WHERE id >= ? AND state <> 'pending' GROUP BY endpoint, state`,
	);
	for (const row of settled.all(first)) add(String(row.endpoint), String(row.state), Number(row.n));
	const pending = database.prepare(
		`SELECT endpoint, count(*) AS n FROM deliveries WHERE state = 'pending' GROUP BY endpoint`,
	);
	for (const row of pending.all()) add(String(row.endpoint), 'pending', Number(row.n));
	return new Map([...counts].map(([endpoint, count]) => [endpoint, sumCounts([count])] as const));
}

/** Adds counts up. */
export function sumCounts(counts: Iterable<DeliveryCounts>): DeliveryCounts {
	let [pending, delivered, failed] = [0, 0, 0];
	for (const count of counts) {
		pending += count.pending;
		delivered += count.delivered;
		failed += count.failed;
	}
	const settled = delivered + failed;
	return {
		pending,
		delivered,
		failed,
		...(settled === 0 ? {} : { successRate: delivered / settled }),
	};
}
