import { sleep } from 'n8n-workflow';
import type { IExecuteFunctions } from 'n8n-workflow';
import { EventClaims } from './claim';

/** Entries n8n keeps per node; each write reads and writes them all, so more would cost time. */
export const MAX_RECORDED_EVENTS = 1000;
/** By then another process has written what it had read before an id came to the row. */
const SETTLED_AFTER_MS = 500;
const MOST_LOOKS = 10;

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

	/**
	 * @returns whether the id is new, as far as it can be known: one that a write without an answer may
	 * have recorded counts as new
	 * @throws what `record` throws twice in a row
	 */
	async add(id: string, record: RecordIds): Promise<boolean> {
		return await new Promise<boolean>((resolve, reject) => {
			this.waiting.push({ id, record, resolve, reject });
			this.lastWrite = this.lastWrite.then(async () => {
				await recordTogether(this.waiting.splice(0));
			});
		});
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
		const isNew = await recordPersistently(first.record, [...firstOfId.keys()]);
		for (const waiting of batch) {
			waiting.resolve(firstOfId.get(waiting.id) === waiting && isNew(waiting.id));
		}
	} catch (error) {
		for (const waiting of batch) waiting.reject(error);
	}
}

/** Two processes that create the row of a node at once: one fails, and finds the row the next time. */
const ROW_EXISTS = /unique|duplicate/i;

async function recordPersistently(
	record: RecordIds,
	ids: string[],
): Promise<(id: string) => boolean> {
	try {
		const fresh = new Set((await record(ids)).new);
		return (id) => fresh.has(id);
	} catch (error) {
		const fresh = new Set((await record(ids)).new);
		// Any other failure may have come after the write: what is known now may be known from then.
		const hasWritten = !(error instanceof Error && ROW_EXISTS.test(error.message));
		return (id) => hasWritten || fresh.has(id);
	}
}

const nodes = new Map<string, NodeRecords>();

function recordsOf(node: string): NodeRecords {
	const present = nodes.get(node);
	if (present) return present;
	const created = new NodeRecords();
	nodes.set(node, created);
	return created;
}

/** What this process has confirmed: other processes may write over what it has recorded. */
const confirmed = new EventClaims();

/**
 * Asks n8n's database, before anything runs, whether an event is new, and records it there. Where that
 * cannot be known the event counts as new: one that runs twice does less harm than one that never does.
 *
 * @param id what the event, or this attempt of it, is known by
 * @param isAlone whether events of this node come to this process only, as it has received this one
 */
export async function confirm(
	context: IExecuteFunctions,
	id: string,
	isAlone: boolean,
): Promise<boolean> {
	const node = `${context.getWorkflow().id ?? ''} ${context.getNode().id}`;
	if (confirmed.claim(`${node} ${id}`, Date.now()) !== 'first') return false;
	const record = recordBy(context);
	try {
		const isNew = await recordsOf(node).add(id, record);
		if (isNew && !isAlone) void keepRecorded(context, node, id, record);
		return isNew;
	} catch (error) {
		warn(context, 'OpenClaw Trigger could not check whether an event has run before', error);
		return true;
	}
}

/**
 * Looks, some time after an event was recorded, whether it still is, and records it again where not:
 * a process that writes the row at the same moment as another one writes over what that one added.
 */
async function keepRecorded(
	context: IExecuteFunctions,
	node: string,
	id: string,
	record: RecordIds,
): Promise<void> {
	try {
		for (let look = 0; look < MOST_LOOKS; look += 1) {
			await sleep(SETTLED_AFTER_MS);
			if (!(await recordsOf(node).add(id, record))) return;
		}
	} catch (error) {
		warn(context, 'OpenClaw Trigger could not check whether an event is still recorded', error);
	}
}

function recordBy({ helpers }: IExecuteFunctions): RecordIds {
	return async (ids) =>
		await helpers.checkProcessedAndRecord(ids, 'node', {
			mode: 'entries',
			maxEntries: MAX_RECORDED_EVENTS,
		});
}

function warn({ logger }: IExecuteFunctions, message: string, error: unknown): void {
	logger.warn(message, { reason: error instanceof Error ? error.message : 'unknown' });
}
