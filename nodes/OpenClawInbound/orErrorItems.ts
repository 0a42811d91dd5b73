import type { IExecuteFunctions, INode, INodeExecutionData } from 'n8n-workflow';

import { toNodeError } from './messageTask';
import { toOutput } from './output';

/**
 * Does the node's work for all items at once. Where the node goes on after errors, an error that ended all
 * of it comes out for each item.
 *
 * @param context the node's `this`
 * @param work not called without items
 * @throws NodeOperationError or NodeApiError of the work, unless the node goes on then
 */
export async function orErrorItems(
	context: IExecuteFunctions,
	work: (node: INode, count: number) => Promise<INodeExecutionData[]>,
): Promise<INodeExecutionData[]> {
	const items = context.getInputData();
	if (items.length === 0) return [];
	const node = context.getNode();
	try {
		return await work(node, items.length);
	} catch (error) {
		const nodeError = toNodeError(node, error, 0);
		if (!context.continueOnFail()) throw nodeError;
		return items.map((_, itemIndex) => toOutput({ ok: false, error: nodeError }, itemIndex));
	}
}
