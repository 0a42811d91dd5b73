import type { Database } from '../store/databaseAccess';

/**
 * Finds the number of the first delivery since a time. Numbers ascend with time, so halving the range
 * takes some twenty looks where no index of times is needed.
 *
 * @param time milliseconds since 1970
 * @returns a number behind the last one when there is none
 */
export function firstSince(database: Database, time: number): number {
	const newest = database.prepare('SELECT max(id) AS id FROM deliveries').get();
	const next = database.prepare('SELECT id, created_at FROM deliveries WHERE id >= ? LIMIT 1');
	let low = 0;
	let high = Number(newest?.id ?? 0) + 1;
	while (low < high) {
		const middle = Math.floor((low + high) / 2);
		const row = next.get(middle);
		if (row === undefined || Number(row.created_at) >= time) high = middle;
		else low = Number(row.id) + 1;
	}
	return low;
}
