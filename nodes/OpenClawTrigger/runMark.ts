import type { INodeExecutionData } from 'n8n-workflow';

/** Goes from `webhook()` to `execute()` with the item, to another process too, and no further. */
const MARK = 'openClawTrigger:rerun';

/** Marks the item of an event whose first run ended in an answer that makes the sender try again. */
export function markRerun(item: INodeExecutionData): INodeExecutionData {
	return { ...item, json: { ...item.json, [MARK]: true } };
}

/** Takes the mark off an item. */
export function takeRerunMark(item: INodeExecutionData): {
	isRerun: boolean;
	item: INodeExecutionData;
} {
	const { [MARK]: mark, ...json } = item.json;
	return { isRerun: mark === true, item: { ...item, json } };
}
