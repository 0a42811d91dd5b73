import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { checkReply } from './checkReply';
import { orErrorItems, stopWith, toOutput, workOnItems } from './everyItem';
import type { ItemReader } from './itemParameters';
import { prepareSend } from './message';
import { toJson } from './runs';
import { sendMessage, waitForReply } from './sendMessage';
import { concurrencyOf, prepareTask } from './task';
import type { PreparedItem, Task } from './task';
import { prepareWake } from './wake';

/**
 * Sends all items of the node's input: Send Message and Wake Agent.
 *
 * @param context the node's `this`
 * @returns one output item per input item, in the same order; throws a `NodeOperationError` or
 *   `NodeApiError` for the first item that was not accepted, unless the node goes on then
 */
export async function sendItems(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await orErrorItems(context, async (node, count) => {
		const stop = stopWith(context);
		const task = await prepareTask(context, node, stop.signal);
		const prepare = task.operation === 'wake' ? prepareWake(task) : prepareSend(task);
		const results = await workOnItems({
			node,
			count,
			limit: concurrencyOf(task),
			goesOn: context.continueOnFail(),
			stop,
			work: async (itemIndex) => await sendItem(task, prepare, itemIndex),
		});
		return results.map(toOutput);
	});
}

async function sendItem(
	task: Task,
	prepare: ItemReader<PreparedItem>,
	itemIndex: number,
): Promise<IDataObject> {
	const { prepared, delivered } = await sendMessage(task, prepare, itemIndex);
	if (prepared.replyWay !== 'in-answer') return toJson(prepared.output, delivered);
	const answered = await waitForReply(task, delivered, itemIndex);
	const { replySchema } = task.optionsOf(itemIndex);
	return replySchema === undefined
		? toJson(prepared.output, answered)
		: await checkReply(task, { prepared, delivered: answered }, replySchema, itemIndex);
}
