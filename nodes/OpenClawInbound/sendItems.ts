import { NodeOperationError } from 'n8n-workflow';
import type { IDataObject, IExecuteFunctions, INode, INodeExecutionData } from 'n8n-workflow';

import { idempotencyKeys } from '../../protocol/idempotencyKey';
import { CREDENTIAL_NAME, readConnection } from '../shared/gatewayConnection';
import { deliver } from './delivery';
import type { DeliveryRun } from './delivery';
import { invalidItem, undelivered } from './itemFailure';
import type { PreparedItem } from './operations/preparedItem';
import { prepareSend } from './operations/send';
import { prepareWake } from './operations/wake';
import { readOptions } from './options';
import { noReply, requestTimeout } from './pluginRequest';
import type { InboundOptions } from './options';
import { toJson, toOutput } from './output';
import { itemReader } from './parameters';
import type { ItemReader } from './parameters';
import { runItems } from './runItems';
import type { ItemResult } from './runItems';

/** The largest request that a gateway takes, in bytes. */
export const MAX_REQUEST_BYTES = 262_144;

/**
 * Sends all items of the node's input.
 *
 * @param context the node's `this`
 * @returns one output item per input item, in the same order; throws a `NodeOperationError` or
 *   `NodeApiError` for the first item that was not accepted, unless the node goes on then
 */
export async function sendItems(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	const items = context.getInputData();
	if (items.length === 0) return [];
	const node = context.getNode();
	try {
		const results = await sendAll(context, node, items.length);
		return results.map(toOutput);
	} catch (error) {
		const nodeError = toNodeError(node, error, 0);
		if (!context.continueOnFail()) throw nodeError;
		return items.map((_, itemIndex) => toOutput({ ok: false, error: nodeError }, itemIndex));
	}
}

interface Task {
	readonly node: INode;
	readonly run: DeliveryRun;
	readonly prepare: ItemReader<PreparedItem>;
	readonly optionsOf: ItemReader<InboundOptions>;
	readonly keyOf: (itemIndex: number) => string;
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

async function prepareTask(
	context: IExecuteFunctions,
	node: INode,
	signal: AbortSignal,
): Promise<Task> {
	// Read once: for each request n8n would decrypt it again and might start an expression engine.
	const read = readConnection(await context.getCredentials(CREDENTIAL_NAME));
	if (!read.ok) throw invalidItem(node, read.reason, 0);
	const { connection } = read;
	const optionsOf = itemReader(context, 'options', {}, (value, itemIndex) => {
		const result = readOptions(value);
		if (!result.ok) throw invalidItem(node, result.reason, itemIndex);
		return result.options;
	});
	const isWake = context.getNodeParameter('operation', 0) === 'wake';
	return {
		node,
		run: { context, connection, signal, pausedUntil: 0, tokenRefused: undefined },
		prepare: isWake
			? prepareWake(context, node, connection)
			: prepareSend(context, node, connection, optionsOf),
		optionsOf,
		keyOf: idempotencyKeys({
			instanceId: context.getInstanceId(),
			executionId: context.getExecutionId(),
			nodeId: node.id,
			runIndex: Number(context.getWorkflowDataProxy(0).$runIndex),
		}),
	};
}

async function sendItem(task: Task, itemIndex: number): Promise<ItemResult<IDataObject>> {
	const { node, run } = task;
	try {
		const { path, headers, target, body, output } = task.prepare(itemIndex);
		const options = task.optionsOf(itemIndex);
		const { maxAttempts, backoffMs, idempotencyKey } = options;
		const isWaiting = headers?.Prefer !== undefined;
		const delivered = await deliver(run, {
			request: {
				method: 'POST',
				path,
				body: toRequestBody(node, body, itemIndex),
				idempotencyKey: idempotencyKey ?? task.keyOf(itemIndex),
				timeoutMs: isWaiting ? requestTimeout(node, run.connection, options) : options.timeoutMs,
				...(headers === undefined ? {} : { headers }),
			},
			target,
			policy: { maxAttempts, backoffMs },
		});
		if (!delivered.ok) {
			return { ok: false, error: undelivered(node, delivered.failure, itemIndex) };
		}
		if (isWaiting && delivered.body.reply === undefined) {
			return { ok: false, error: undelivered(node, noReply(options), itemIndex) };
		}
		return { ok: true, value: toJson(output, delivered) };
	} catch (error) {
		return { ok: false, error: toNodeError(node, error, itemIndex) };
	}
}

function toRequestBody(node: INode, body: unknown, itemIndex: number): string {
	const text = JSON.stringify(body);
	const bytes = Buffer.byteLength(text);
	if (bytes <= MAX_REQUEST_BYTES) return text;
	const reason = {
		message: `The message is larger than a gateway accepts: ${String(Math.ceil(bytes / 1024))} KiB`,
		description: "Fill less into 'Fields'. The limit is 256 KiB for the whole request.",
	};
	throw invalidItem(node, reason, itemIndex);
}

/** n8n's own error class around anything else, such as an expression that could not be evaluated. */
function toNodeError(node: INode, error: unknown, itemIndex: number): Error {
	if (error instanceof Error && 'node' in error) return error;
	const cause = error instanceof Error ? error : new Error(String(error));
	return new NodeOperationError(node, cause, { itemIndex });
}
