import type { INodeExecutionData } from 'n8n-workflow';
import { ownProperty } from '../../shared/parameterValues';

/** Goes from where an event arrives to `execute()` with the item, to another process too, and no further. */
const MARK = 'openClawTrigger:run';

/**
 * Goes back with the execution: places of the items whose earlier execution still runs elsewhere, with
 * commas between them.
 */
export const BUSY_RUNS = 'openClawBusyRuns';

/** What `execute()` has to know of an event that came to the webhook. */
export interface SentMark {
	readonly kind: 'sent';
	/** The first run ended in an answer that makes the sender try again. */
	readonly isRerun: boolean;
	/**
	 * Unix seconds at which this attempt was signed, where the answer tells whether the workflow succeeded:
	 * a later attempt then says that an earlier one did not, whichever process had it.
	 */
	readonly attemptAt?: number;
}

/** What `execute()` has to know of an event that was fetched. */
export interface FetchedMark {
	readonly kind: 'fetched';
	/** Name of the endpoint at the gateway. */
	readonly endpoint: string;
	/** Who has fetched it. */
	readonly consumer: string;
	readonly delivery: string;
	readonly eventId: string;
	readonly attempt: number;
	/** The execution in which an earlier attempt was started, if that may have ended or go on. */
	readonly previousRun?: string;
	/** Whether a run that ended with an error is not repeated. */
	readonly endsWithError: boolean;
	/** Whether an event that was started is never started again. */
	readonly runsOnce: boolean;
	/** n8n has no unique key for executions: its deduplication has to tell whether the event is new. */
	readonly claims: boolean;
	/** Whether to look whether the earlier execution still runs elsewhere. */
	readonly waits: boolean;
}

export type RunMark = SentMark | FetchedMark;

/** Marks an item. */
export function markRun(item: INodeExecutionData, mark: RunMark): INodeExecutionData {
	return { ...item, json: { ...item.json, [MARK]: { ...mark } } };
}

/** Takes the mark off an item. */
export function takeRunMark(item: INodeExecutionData): {
	readonly mark: RunMark | undefined;
	readonly item: INodeExecutionData;
} {
	const { [MARK]: mark, ...json } = item.json;
	return { mark: readMark(mark), item: { ...item, json } };
}

function readMark(mark: unknown): RunMark | undefined {
	const read = (name: string) => ownProperty(mark, name);
	const text = (name: string) => {
		const value = read(name);
		return typeof value === 'string' ? value : '';
	};
	if (read('kind') === 'sent') {
		const attemptAt = read('attemptAt');
		return {
			kind: 'sent',
			isRerun: read('isRerun') === true,
			...(typeof attemptAt === 'number' ? { attemptAt } : {}),
		};
	}
	if (read('kind') !== 'fetched') return undefined;
	const previousRun = text('previousRun');
	return {
		kind: 'fetched',
		endpoint: text('endpoint'),
		consumer: text('consumer'),
		delivery: text('delivery'),
		eventId: text('eventId'),
		attempt: Number(read('attempt')),
		...(previousRun === '' ? {} : { previousRun }),
		endsWithError: read('endsWithError') === true,
		runsOnce: read('runsOnce') === true,
		claims: read('claims') === true,
		waits: read('waits') === true,
	};
}
