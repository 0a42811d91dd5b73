import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EndpointManager } from '../endpoints/manage';
import { endpointsOf, findCandidates } from '../outbox/deliveryLog';
import type { Database } from '../store/databaseAccess';

const AT_ONCE = 200;

/** Sends deliveries again; returns how many. */
export function replayNamed(
	manager: Pick<EndpointManager, 'replay'>,
	deliveryIds: readonly number[],
	status?: 'failed',
): number {
	const outcome = manager.replay({ deliveryIds, ...(status === undefined ? {} : { status }) });
	return outcome.ok ? outcome.value.count : 0;
}

/**
 * Sends all failed deliveries again, some at a time: agents of the gateway go on meanwhile. What fails
 * after this has begun is left alone.
 *
 * @param endpoint only those to this one
 * @returns how many
 */
export async function replayFailed(
	database: Database,
	manager: Pick<EndpointManager, 'replay'>,
	endpoint: string | undefined,
): Promise<number> {
	const endpoints = endpoint === undefined ? undefined : endpointsOf(database, endpoint);
	let count = 0;
	let before = Number.MAX_SAFE_INTEGER;
	for (;;) {
		const deliveryIds = findCandidates(database, { status: 'failed', endpoints, before }, AT_ONCE);
		const last = deliveryIds.at(-1);
		if (last === undefined) return count;
		count += replayNamed(manager, deliveryIds, 'failed');
		before = last;
		await nextTurn();
	}
}
