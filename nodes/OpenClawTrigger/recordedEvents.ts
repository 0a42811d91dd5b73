/** Entries n8n keeps per node; each event reads and writes them all, so more would cost time. */
export const MAX_RECORDED_EVENTS = 1000;

/** n8n's own deduplication: tells which ids are new and remembers them. */
export type RecordIds = (ids: string[]) => Promise<{ new: unknown[] }>;

interface Waiting {
	readonly id: string;
	readonly record: RecordIds;
	readonly resolve: (isNew: boolean) => void;
	readonly reject: (reason: unknown) => void;
}

/**
 * Asks n8n's database which events have run before, in another process or before a restart. n8n
 * reads, changes and writes one row per node without a lock, so calls of this process are done one
 * after the other, and those that wait are done together.
 */
export class RecordedEvents {
	private readonly queues = new Map<string, Waiting[]>();

	/**
	 * @param node what tells this node from others, of other workflows too
	 * @param id the event's id
	 * @param record n8n's helper, bound to the node
	 * @returns whether the event is new
	 * @throws what `record` throws twice in a row
	 */
	async isNew(node: string, id: string, record: RecordIds): Promise<boolean> {
		return await new Promise<boolean>((resolve, reject) => {
			const waiting: Waiting = { id, record, resolve, reject };
			const queue = this.queues.get(node);
			if (queue) {
				queue.push(waiting);
				return;
			}
			const own = [waiting];
			this.queues.set(node, own);
			void this.drain(node, own);
		});
	}

	private async drain(node: string, queue: Waiting[]): Promise<void> {
		while (queue.length > 0) await recordTogether(queue.splice(0));
		this.queues.delete(node);
	}
}

async function recordTogether(batch: readonly Waiting[]): Promise<void> {
	const [first] = batch;
	if (!first) return;
	const firstOfId = new Map<string, Waiting>();
	for (const waiting of batch) {
		if (!firstOfId.has(waiting.id)) firstOfId.set(waiting.id, waiting);
	}
	try {
		const fresh = new Set((await recordPersistently(first.record, [...firstOfId.keys()])).new);
		for (const waiting of batch) {
			const isFirst = firstOfId.get(waiting.id) === waiting;
			waiting.resolve(isFirst && fresh.has(waiting.id));
		}
	} catch (error) {
		for (const waiting of batch) waiting.reject(error);
	}
}

/** Two processes that create the row of a node at once: one fails, and finds the row the next time. */
async function recordPersistently(record: RecordIds, ids: string[]): Promise<{ new: unknown[] }> {
	try {
		return await record(ids);
	} catch {
		return await record(ids);
	}
}
