import type { INodeExecutionData } from 'n8n-workflow';
import { ownProperty } from '../shared/parameterValues';

/** Goes from `webhook()` to `execute()` with the item, to another process too, and no further. */
const MARK = 'openClawTrigger:run';

/** What `execute()` has to know of the request, beside the event. */
export interface RunMark {
	/** The first run ended in an answer that makes the sender try again. */
	readonly isRerun: boolean;
	/**
	 * Unix seconds at which this attempt was signed, where the answer tells whether the workflow succeeded:
	 * a later attempt then says that an earlier one did not, whichever process had it.
	 */
	readonly attemptAt: number | undefined;
}

/** Marks an item; one without anything to say stays as it is. */
export function markRun(item: INodeExecutionData, mark: RunMark): INodeExecutionData {
	return mark.isRerun || mark.attemptAt !== undefined
		? { ...item, json: { ...item.json, [MARK]: { ...mark } } }
		: item;
}

/** Takes the mark off an item. */
export function takeRunMark(item: INodeExecutionData): {
	readonly mark: RunMark;
	readonly item: INodeExecutionData;
} {
	const { [MARK]: mark, ...json } = item.json;
	const attemptAt = ownProperty(mark, 'attemptAt');
	return {
		mark: {
			isRerun: ownProperty(mark, 'isRerun') === true,
			attemptAt: typeof attemptAt === 'number' ? attemptAt : undefined,
		},
		item: { ...item, json },
	};
}
