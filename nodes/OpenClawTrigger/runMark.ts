import type { INodeExecutionData } from 'n8n-workflow';

/** Goes from `webhook()` to `execute()` with the item, to another process too, and no further. */
const MARK = 'openClawTrigger:run';

/** What `execute()` has to know of the request, beside the event. */
export interface RunMark {
	/** The first run ended in an answer that makes the sender try again. */
	readonly isRerun?: boolean;
	/**
	 * Unix seconds at which this attempt was signed, where the answer tells whether the workflow succeeded:
	 * a later attempt then says that an earlier one did not, whichever process had it.
	 */
	readonly attemptAt?: number;
}

/** Marks an item; one without anything to say stays as it is. */
export function markRun(item: INodeExecutionData, mark: RunMark): INodeExecutionData {
	return Object.keys(mark).length === 0
		? item
		: { ...item, json: { ...item.json, [MARK]: { ...mark } } };
}

/** Takes the mark off an item. */
export function takeRunMark(item: INodeExecutionData): {
	readonly mark: RunMark;
	readonly item: INodeExecutionData;
} {
	const { [MARK]: mark, ...json } = item.json;
	return { mark: readMark(mark), item: { ...item, json } };
}

function readMark(mark: unknown): RunMark {
	const { isRerun, attemptAt }: Readonly<Record<string, unknown>> =
		typeof mark === 'object' && mark !== null ? { ...mark } : {};
	return {
		...(isRerun === true ? { isRerun: true } : {}),
		...(typeof attemptAt === 'number' ? { attemptAt } : {}),
	};
}
