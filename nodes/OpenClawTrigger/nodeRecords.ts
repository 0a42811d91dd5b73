import { sleep } from 'n8n-workflow';

/** Ids that nobody waits for are written at most this often. */
const PAUSE_MS = 250;
/** As many of them are written without a pause. */
const MAX_BATCH = 200;

/** n8n's own deduplication: tells which ids are new and remembers them. */
export type RecordIds = (ids: string[]) => Promise<{ new: unknown[] }>;

interface Waiting {
	readonly id: string;
	readonly record: RecordIds;
	readonly resolve: (isNew: boolean) => void;
	readonly reject: (reason: unknown) => void;
}

/**
 * The ids of one node on their way into n8n's database. n8n reads, changes and writes one row without
 * a lock, so writes of this process are done one after the other, with all ids that wait.
 */
export class NodeRecords {
	private waiting: Waiting[] = [];
	/** Settled when all writes that have been asked for are done; it never rejects. */
	private lastWrite: Promise<void> = Promise.resolve();
	private isPacing = false;

	/**
	 * @param when `soon`: nobody waits for the answer, so the id is written with those that come within
	 * a quarter of a second
	 * @returns whether the id is new
	 * @throws what `record` throws twice in a row
	 */
	async add(id: string, record: RecordIds, when: 'now' | 'soon'): Promise<boolean> {
		return await new Promise<boolean>((resolve, reject) => {
			this.waiting.push({ id, record, resolve, reject });
			if (when === 'now' || this.waiting.length === MAX_BATCH) void this.write();
			else if (!this.isPacing) void this.pace();
		});
	}

	/** The first id after a quiet time is written at once: a crash loses as little as possible. */
	private async pace(): Promise<void> {
		this.isPacing = true;
		do {
			const pause = sleep(PAUSE_MS);
			await this.write();
			await pause;
		} while (this.waiting.length > 0);
		this.isPacing = false;
	}

	private write(): Promise<void> {
		this.lastWrite = this.lastWrite.then(async () => {
			await recordTogether(this.waiting.splice(0));
		});
		return this.lastWrite;
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
