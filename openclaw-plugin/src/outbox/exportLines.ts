import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from '../store/databaseAccess';
import type { DeliveryQuery } from './delivery';
import { listDeliveries, showDelivery } from './deliveryLog';

const EXPORTED_AT_ONCE = 100;

/**
 * Writes all deliveries that match a query as NDJSON, newest first, with their events and attempts: some
 * lines at a time, so that agents of the process go on meanwhile.
 *
 * @example
 * for await (const lines of exportLines(database, { status: 'failed' })) output.write(lines);
 */
export async function* exportLines(
	database: Database,
	query: DeliveryQuery,
): AsyncGenerator<string> {
	let before = query.before;
	for (;;) {
		const page = listDeliveries(database, {
			...query,
			recent: EXPORTED_AT_ONCE,
			...(before === undefined ? {} : { before }),
		});
		const lines = page.deliveries.flatMap(({ id }) => showDelivery(database, id) ?? []);
		if (lines.length > 0) yield `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`;
		if (page.next === undefined) return;
		before = page.next;
		await nextTurn();
	}
}
