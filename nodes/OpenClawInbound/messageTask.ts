import { NodeOperationError } from 'n8n-workflow';
import type { IExecuteFunctions, INode } from 'n8n-workflow';

import { idempotencyKeys } from '../../protocol/idempotencyKey';
import { CREDENTIAL_NAME, readConnection } from '../shared/gatewayConnection';
import { deliver } from './delivery';
import type { Delivered, DeliveryRun } from './delivery';
import { invalidItem, undelivered } from './itemFailure';
import type { PreparedItem } from './operations/preparedItem';
import { prepareSend } from './operations/send';
import { prepareWake } from './operations/wake';
import { readOptions } from './options';
import type { InboundOptions } from './options';
import { itemReader } from './parameters';
import type { ItemReader } from './parameters';
import { replyWay, requestTimeout } from './pluginRequest';

/** The largest request that a gateway takes, in bytes. */
const MAX_REQUEST_BYTES = 262_144;

/** What is needed to send the items of one execution, one by one. */
export interface MessageTask {
	readonly node: INode;
	readonly run: DeliveryRun;
	readonly prepare: ItemReader<PreparedItem>;
	readonly optionsOf: ItemReader<InboundOptions>;
	/** The idempotency key of an item that has none of its own. */
	readonly keyOf: (itemIndex: number) => string;
}

/** A message that the gateway took, with what was known of it before. */
export interface SentMessage {
	readonly prepared: PreparedItem;
	readonly delivered: Extract<Delivered, { ok: true }>;
}

/**
 * Reads what all items have in common.
 *
 * @param signal ends pauses, and with them further tries
 * @throws NodeOperationError for what has to be changed in the node or the credential
 */
export async function prepareTask(
	context: IExecuteFunctions,
	node: INode,
	signal: AbortSignal,
): Promise<MessageTask> {
	// Read once: for each request n8n would decrypt it again and might start an expression engine.
	const read = readConnection(await context.getCredentials(CREDENTIAL_NAME));
	if (!read.ok) throw invalidItem(node, read.reason, 0);
	const { connection } = read;
	const optionsOf = itemReader(context, 'options', {}, (value, itemIndex) => {
		const result = readOptions(value);
		if (!result.ok) throw invalidItem(node, result.reason, itemIndex);
		return result.options;
	});
	const operation = context.getNodeParameter('operation', 0);
	return {
		node,
		run: { context, connection, signal, pausedUntil: 0, tokenRefused: undefined },
		prepare:
			operation === 'wake'
				? prepareWake(context, node, connection)
				: prepareSend(context, node, connection, {
						optionsOf,
						wayOf: (options) => replyWay(operation, node, connection, options),
					}),
		optionsOf,
		keyOf: idempotencyKeys({
			instanceId: context.getInstanceId(),
			executionId: context.getExecutionId(),
			nodeId: node.id,
			runIndex: Number(context.getWorkflowDataProxy(0).$runIndex),
		}),
	};
}

/**
 * Sends the message of one item.
 *
 * @param headers besides those that the item itself needs
 * @throws NodeOperationError or NodeApiError when it was not sent, or not taken
 */
export async function sendMessage(
	{ node, run, prepare, optionsOf, keyOf }: MessageTask,
	itemIndex: number,
	headers: Readonly<Record<string, string>> = {},
): Promise<SentMessage> {
	const prepared = prepare(itemIndex);
	const options = optionsOf(itemIndex);
	const { maxAttempts, backoffMs } = options;
	const { path, body, target, replyWay: way } = prepared;
	// A callback leads to one execution, so no other may share its key.
	const ownKey = way === 'by-callback' ? undefined : options.idempotencyKey;
	const delivered = await deliver(run, {
		request: {
			method: 'POST',
			path,
			body: toRequestBody(node, body, itemIndex),
			headers: { ...prepared.headers, ...headers },
			idempotencyKey: ownKey ?? keyOf(itemIndex),
			timeoutMs: requestTimeout(way, options),
		},
		target,
		policy: { maxAttempts, backoffMs },
	});
	if (!delivered.ok) throw undelivered(node, delivered.failure, itemIndex);
	return { prepared, delivered };
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
export function toNodeError(node: INode, error: unknown, itemIndex: number): Error {
	if (error instanceof Error && 'node' in error) return error;
	const cause = error instanceof Error ? error : new Error(String(error));
	return new NodeOperationError(node, cause, { itemIndex });
}
