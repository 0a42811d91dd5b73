import { setImmediate as nextTurn } from 'node:timers/promises';
import { findCandidates } from '../log/candidates';
import type { Outbox } from '../outbox/outbox';
import type { Database } from '../store/databaseAccess';

const AT_ONCE = 200;

/**
 * Sends all failed deliveries again, some at a time: agents of the gateway go on meanwhile. What fails
 * after this has begun is left alone.
 *
 * @param endpoint only those to this one
 * @returns how many
 */
export async function replayFailed(
	database: Database,
	outbox: Pick<Outbox, 'replay'>,
	endpoint: string | undefined,
): Promise<number> {
	let count = 0;
	let before = Number.MAX_SAFE_INTEGER;
	for (;;) {
		const deliveryIds = findCandidates(database, { status: 'failed', endpoint, before }, AT_ONCE);
		const last = deliveryIds.at(-1);
		if (last === undefined) return count;
		count += outbox.replay({ deliveryIds, status: 'failed' });
		before = last;
		await nextTurn();
	}
}
