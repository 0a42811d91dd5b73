import type { IDataObject, IExecuteFunctions, INode, INodeExecutionData } from 'n8n-workflow';

import { undelivered } from './itemFailure';
import { prepareTask, sendMessage, toNodeError } from './messageTask';
import type { MessageTask } from './messageTask';
import { orErrorItems } from './orErrorItems';
import { toJson, toOutput } from './output';
import { noReply } from './pluginRequest';
import { runItems } from './runItems';
import type { ItemResult } from './runItems';

/**
 * Sends all items of the node's input.
 *
 * @param context the node's `this`
 * @returns one output item per input item, in the same order; throws a `NodeOperationError` or
 *   `NodeApiError` for the first item that was not accepted, unless the node goes on then
 */
export async function sendItems(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await orErrorItems(context, async (node, count) => {
		const results = await sendAll(context, node, count);
		return results.map(toOutput);
	});
}

async function sendAll(
	context: IExecuteFunctions,
	node: INode,
	count: number,
): Promise<ItemResult<IDataObject>[]> {
	const stop = new AbortController();
	const canceled = context.getExecutionCancelSignal();
	const signal = canceled === undefined ? stop.signal : AbortSignal.any([canceled, stop.signal]);
	const task = await prepareTask(context, node, signal);
	const goesOnAfterFailure = context.continueOnFail();
	let first: Error | undefined;
	const results = await runItems(
		count,
		task.optionsOf(0).maxConcurrency,
		async (itemIndex) => await sendItem(task, itemIndex),
		(result) => {
			if (!result.ok && !goesOnAfterFailure) {
				first ??= result.error;
				stop.abort();
			}
			return !signal.aborted;
		},
	);
	if (first !== undefined) throw toNodeError(node, first, 0);
	return results;
}

async function sendItem(task: MessageTask, itemIndex: number): Promise<ItemResult<IDataObject>> {
	const { node, optionsOf } = task;
	try {
		const { prepared, delivered } = await sendMessage(task, itemIndex);
		if (prepared.replyWay === 'in-answer' && delivered.body.reply === undefined) {
			const failure = noReply(optionsOf(itemIndex));
			return { ok: false, error: undelivered(node, failure, itemIndex) };
		}
		return { ok: true, value: toJson(prepared.output, delivered) };
	} catch (error) {
		return { ok: false, error: toNodeError(node, error, itemIndex) };
	}
}
