import type { IDataObject, IExecuteFunctions, INode } from 'n8n-workflow';

import { idempotencyKeys } from '../../../protocol/idempotencyKey';
import { CREDENTIAL_NAME, readConnection } from '../../shared/gatewayConnection';
import type { RequestTarget } from '../../shared/gatewayErrors';
import { hopsSoFar, runSource } from '../../shared/runSource';
import type { DeliveryRun } from './delivery';
import { invalidItem } from './everyItem';
import { itemReader } from './itemParameters';
import type { ItemReader } from './itemParameters';
import { OPTION_DEFAULTS, readOptions } from './options';
import type { InboundOptions } from './options';
import type { PluginRequest, ReplyWay } from './pluginRequest';

/** What all items of one execution have in common. */
export interface Task {
	readonly context: IExecuteFunctions;
	readonly node: INode;
	readonly operation: unknown;
	readonly run: DeliveryRun;
	readonly optionsOf: ItemReader<InboundOptions>;
	/** What the gateway is told of where messages come from, so that circles end. */
	readonly originHeaders: Readonly<Record<string, string>>;
	/** The idempotency key of an item that has none of its own. */
	readonly keyOf: (itemIndex: number) => string;
}

/** One item, ready to be sent. */
export interface PreparedItem extends Partial<PluginRequest> {
	/** Path at the gateway, with a leading slash, escaped. */
	readonly path: string;
	/** Becomes the JSON body. */
	readonly body: unknown;
	readonly target: RequestTarget;
	readonly replyWay: ReplyWay;
	/** What is known of the output before the gateway has answered. */
	readonly output: IDataObject;
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
): Promise<Task> {
	// Read once: for each request n8n would decrypt it again and might start an expression engine.
	const read = readConnection(await context.getCredentials(CREDENTIAL_NAME));
	if (!read.ok) throw invalidItem(node, read.reason, 0);
	const { connection } = read;
	return {
		context,
		node,
		operation: context.getNodeParameter('operation', 0),
		run: { context, connection, signal, pausedUntil: 0, tokenRefused: undefined },
		optionsOf: itemReader(context, 'options', {}, (value, itemIndex) => {
			const result = readOptions(value);
			if (!result.ok) throw invalidItem(node, result.reason, itemIndex);
			return result.options;
		}),
		originHeaders: {
			'X-OpenClaw-Source': runSource(context),
			'X-OpenClaw-Hops': String(hopsSoFar(context)),
		},
		keyOf: idempotencyKeys({
			instanceId: context.getInstanceId(),
			executionId: context.getExecutionId(),
			nodeId: node.id,
			runIndex: Number(context.getWorkflowDataProxy(0).$runIndex),
		}),
	};
}

/** How many items may be under way. Options of the first item that can't be used are that item's trouble. */
export function concurrencyOf({ optionsOf }: Task): number {
	try {
		return optionsOf(0).maxConcurrency;
	} catch {
		return OPTION_DEFAULTS.maxConcurrency;
	}
}
