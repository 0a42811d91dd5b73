import type { IDataObject, IExecuteFunctions, INode, INodeExecutionData } from 'n8n-workflow';

import { unreachableFromGateway } from '../../shared/gatewayConnection';
import { invalidItem, undelivered } from '../itemFailure';
import { prepareTask, sendMessage } from '../messageTask';
import type { SentMessage } from '../messageTask';
import { orErrorItems } from '../orErrorItems';
import { toJson } from '../output';
import { callbackAddress } from './callbackAddress';
import { parkMessage } from './parkedMessage';
import { readWaitLimit } from './waitLimit';

/**
 * Sends one message and puts the execution to wait; the gateway's callback resumes it, see `resume.ts`.
 *
 * @returns what n8n keeps while it waits; throws a `NodeOperationError` or `NodeApiError` when nothing is
 *   to be waited for, unless the node goes on then
 */
export async function sendAndWait(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await orErrorItems(context, async (node, count) => [await park(context, node, count)]);
}

async function park(
	context: IExecuteFunctions,
	node: INode,
	count: number,
): Promise<INodeExecutionData> {
	if (node.type.endsWith('Tool')) throw invalidItem(node, NO_TOOL, 0);
	// n8n resumes an execution once, with the answer to one message.
	if (count > 1) throw invalidItem(node, oneByOne(count), 0);
	const limit = readWaitLimit(context.getNodeParameter('options.limitWaitTime', 0, {}), Date.now());
	if (!limit.ok) throw invalidItem(node, limit.reason, 0);

	const signal = context.getExecutionCancelSignal() ?? new AbortController().signal;
	const task = await prepareTask(context, node, signal);
	const { url, secret } = callbackAddress(context, task.keyOf(0));
	const elsewhere = unreachableFromGateway(url, task.run.connection);
	if (elsewhere !== undefined) throw invalidItem(node, elsewhere, 0);
	const sent = await sendMessage(task, 0, {
		'X-OpenClaw-Callback-Url': url,
		'X-OpenClaw-Callback-Secret': secret,
	});
	const runId = confirmedRun(sent);
	if (runId === undefined) throw undelivered(node, NOT_CONFIRMED, 0);
	const json = toJson(sent.prepared.output, sent.delivered);
	parkMessage(context, { runId, known: keptOf(json) });
	await context.putExecutionToWait(limit.until);
	return { json, pairedItem: { item: 0 } };
}

/** The run whose result the gateway has promised to tell. */
function confirmedRun({ delivered: { body } }: SentMessage): string | undefined {
	return body.callback === true && typeof body.runId === 'string' ? body.runId : undefined;
}

/** What the result does not tell again. */
function keptOf({ agentId, message, missingPaths }: IDataObject): IDataObject {
	return Object.fromEntries(
		Object.entries({ agentId, message, missingPaths }).filter(([, value]) => value !== undefined),
	);
}

const NO_TOOL = {
	message: "'Send Message and Wait for Response' is not possible in a tool",
	description:
		"Choose 'Send Message': as a tool of an AI Agent it waits for the agent's reply by itself, with a token of the plugin event-webhooks.",
};

function oneByOne(count: number) {
	return {
		message: `'Send Message and Wait for Response' takes one item, and got ${String(count)}`,
		description:
			"Put 'Loop Over Items' with a batch size of 1 before it, or use 'Send Message' with 'Wait for Reply'. Nothing was sent.",
	};
}

const NOT_CONFIRMED = {
	message: "The gateway took the message, but will not send the agent's reply back",
	description:
		"Only the plugin event-webhooks sends replies back. Check 'Inbound Path' in the credential: hook mappings of the gateway itself cannot do it. Bring the plugin up to date.",
};
