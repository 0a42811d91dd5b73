import type { IDataObject, IExecuteFunctions, INode, INodeExecutionData } from 'n8n-workflow';

import { isReviewNode, isToolNode } from '../../shared/n8nInternals';
import { hasExpression } from '../../shared/parameterValues';
import { addressOf, parkItems } from './callback';
import type { ParkedItem } from './callback';
import {
	invalidItem,
	orErrorItems,
	stopWith,
	toOutput,
	undelivered,
	workOnItems,
} from './everyItem';
import { rawParameter } from './itemParameters';
import { prepareSend } from './message';
import { askPerson } from './review';
import { toJson } from './runs';
import { sendMessage } from './sendMessage';
import type { SentMessage } from './sendMessage';
import { concurrencyOf, prepareTask } from './task';
import { readWaitLimit } from './waitLimit';

/**
 * Sends a message for each item and puts the execution to wait; the gateway's callbacks resume it once every
 * run has ended, see `resume.ts`.
 *
 * @returns what n8n keeps while it waits; throws a `NodeOperationError` or `NodeApiError` when nothing is
 *   to be waited for, unless the node goes on then
 */
export async function sendAndWait(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	if (isReviewNode(context.getNode())) return await askPerson(context);
	return await orErrorItems(context, async (node, count) => await park(context, node, count));
}

async function park(
	context: IExecuteFunctions,
	node: INode,
	count: number,
): Promise<INodeExecutionData[]> {
	if (isToolNode(node)) throw invalidItem(node, NO_TOOL, 0);
	const limit = readWaitLimit(context.getNodeParameter('options.limitWaitTime', 0, {}), Date.now());
	if (!limit.ok) throw invalidItem(node, limit.reason, 0);

	// It is read again with the reply, when the items are no longer there.
	const schema = rawParameter(context, 'options.replySchema', '');
	if (typeof schema === 'string' && hasExpression(schema)) throw invalidItem(node, NOT_FIXED, 0);

	const stop = stopWith(context);
	const task = await prepareTask(context, node, stop.signal);
	const prepare = prepareSend(task);
	// One look before anything is sent: the addresses differ in their query only.
	addressOf(task, 0);
	const results = await workOnItems({
		node,
		count,
		limit: concurrencyOf(task),
		goesOn: context.continueOnFail(),
		stop,
		work: async (itemIndex) => {
			const { url, secret } = addressOf(task, itemIndex);
			const sent = await sendMessage(task, prepare, itemIndex, {
				headers: { 'X-OpenClaw-Callback-Url': url, 'X-OpenClaw-Callback-Secret': secret },
			});
			const runId = confirmedRun(sent);
			if (runId === undefined) throw undelivered(node, NOT_CONFIRMED, itemIndex);
			return { runId, json: toJson(sent.prepared.output, sent.delivered) };
		},
	});
	const output = results.map((result, itemIndex) =>
		toOutput(result.ok ? { ok: true, value: result.value.json } : result, itemIndex),
	);
	if (!results.some(({ ok }) => ok)) return output;
	const parked = results.map((result, itemIndex): ParkedItem => {
		const { json } = output[itemIndex] ?? { json: {} };
		if (!result.ok) return { sent: false, json };
		return { sent: true, message: { runId: result.value.runId, known: keptOf(json) } };
	});
	parkItems(context, parked);
	await context.putExecutionToWait(limit.until);
	return output;
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

const NOT_FIXED = {
	message: "'Reply Schema' in the options cannot be an expression here",
	description:
		"Enter the schema itself: with 'Send Message and Wait for Response' it is read again when the agent has replied.",
};

const NOT_CONFIRMED = {
	message: "The gateway took the message, but will not send the agent's reply back",
	description:
		"Only the plugin event-webhooks sends replies back. Check 'Inbound Path' in the credential: hook mappings of the gateway itself cannot do it. Bring the plugin up to date.",
};
