import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import type { IDataObject, IExecuteFunctions, INode, INodeExecutionData } from 'n8n-workflow';

import type { UserMessage } from '../../shared/gatewayConnection';

/** What became of one item. */
export type ItemResult<T> =
	| { readonly ok: true; readonly value: T }
	| { readonly ok: false; readonly error: Error };

/** Why one item could not be sent, in words for the user. */
export interface ItemFailure extends UserMessage {
	/** The gateway's answer, if there was one. */
	readonly status?: number;
}

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

/** How {@link workOnItems} goes about it. */
export interface ItemWork<T> {
	readonly node: INode;
	/** How many items there are. */
	readonly count: number;
	/** How many may be under way, at least 1. */
	readonly limit: number;
	/** Does one item. */
	readonly work: (itemIndex: number) => Promise<T>;
	/** Whether the others are worked on after one that failed. */
	readonly goesOn: boolean;
	/** Starts nothing more once it is aborted, and is aborted after a failure that ends it all. */
	readonly stop: AbortController;
}

/**
 * Works on items at the same time, but on no more than `limit`, and starts them in order. What is under way
 * when it is to end is waited for.
 *
 * @returns the results in order
 * @throws the first failure, unless the others go on then
 */
export async function workOnItems<T>(options: ItemWork<T>): Promise<ItemResult<T>[]> {
	const { node, count, limit, work, goesOn, stop } = options;
	const results: ItemResult<T>[] = [];
	let next = 0;
	let first: Error | undefined;
	const worker = async (): Promise<void> => {
		while (!stop.signal.aborted && next < count) {
			const itemIndex = next++;
			const result = await resultOf(node, work, itemIndex);
			results[itemIndex] = result;
			if (result.ok || goesOn) continue;
			first ??= result.error;
			stop.abort();
		}
	};
	await Promise.all(Array.from({ length: Math.min(limit, count) }, worker));
	if (first !== undefined) throw toNodeError(node, first, 0);
	return results;
}

async function resultOf<T>(
	node: INode,
	work: (itemIndex: number) => Promise<T>,
	itemIndex: number,
): Promise<ItemResult<T>> {
	try {
		return { ok: true, value: await work(itemIndex) };
	} catch (error) {
		return { ok: false, error: toNodeError(node, error, itemIndex) };
	}
}

/** A controller that ends with the execution, too. */
export function stopWith(context: IExecuteFunctions): AbortController {
	const stop = new AbortController();
	const canceled = context.getExecutionCancelSignal();
	if (canceled?.aborted === true) stop.abort();
	canceled?.addEventListener(
		'abort',
		() => {
			stop.abort();
		},
		{ once: true },
	);
	return stop;
}

/** The item that the next node gets, linked to the one it came from. */
export function toOutput(result: ItemResult<IDataObject>, itemIndex: number): INodeExecutionData {
	const json = result.ok ? result.value : { error: result.error.message };
	return { json, pairedItem: { item: itemIndex } };
}

/**
 * Something that the user has to change in the node, found before anything was sent.
 *
 * @param node the node, for the editor to show it
 * @param reason what happened and how to go on
 * @param itemIndex the item
 */
export function invalidItem(
	node: INode,
	reason: UserMessage,
	itemIndex: number,
): NodeOperationError {
	const { message, description } = reason;
	const text = `${message} [item ${String(itemIndex)}]`;
	return new NodeOperationError(node, text, { description, itemIndex });
}

/** What the gateway or the way to it did not accept. It is made of texts only, so no token can be in it. */
export function undelivered(node: INode, failure: ItemFailure, itemIndex: number): NodeApiError {
	const message = `${failure.message} [item ${String(itemIndex)}]`;
	const { description, status } = failure;
	return new NodeApiError(
		node,
		{ message },
		{
			message,
			description,
			itemIndex,
			...(status === undefined ? {} : { httpCode: String(status) }),
		},
	);
}

/** A reply that the next node could not work with. */
export function unusableReply(
	node: INode,
	reason: UserMessage,
	itemIndex: number,
): NodeOperationError {
	const error = invalidItem(node, reason, itemIndex);
	// n8n replaces messages that contain a code such as ECONNREFUSED, and a reply may well do so.
	error.message = `${reason.message} [item ${String(itemIndex)}]`;
	return error;
}

/** n8n's own error class around anything else, such as an expression that could not be evaluated. */
function toNodeError(node: INode, error: unknown, itemIndex: number): Error {
	if (error instanceof Error && 'node' in error) return error;
	const cause = error instanceof Error ? error : new Error(String(error));
	return new NodeOperationError(node, cause, { itemIndex });
}
