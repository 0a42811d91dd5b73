import type { IDataObject } from 'n8n-workflow';

import { isObject } from '../../../protocol/jsonObject';
import type { JsonSchema } from '../../shared/jsonSchema';
import { ownProperty, readText } from '../../shared/parameterValues';
import { CANCELED } from './delivery';
import type { Accepted } from './delivery';
import { undelivered, unusableReply } from './everyItem';
import { pluginRequest } from './pluginRequest';
import { toJson } from './runs';
import { sendMessage, waitForReply } from './sendMessage';
import type { SentMessage } from './sendMessage';
import { askAgain, describeMisfit, readStructuredReply } from './structuredReply';
import type { PreparedItem, Task } from './task';

/**
 * Reads the reply by its schema, and has the agent correct it once where it does not fit: by a second message
 * in the same session, with an idempotency key of its own.
 *
 * @param sent the message, with the answer that has the reply in it
 * @returns the item's output with `replyJson`, and `repairRunId` where the agent was asked again
 * @throws NodeOperationError that says what does not fit
 */
export async function checkReply(
	task: Task,
	sent: SentMessage,
	schema: JsonSchema,
	itemIndex: number,
): Promise<IDataObject> {
	const { node, run } = task;
	const { output } = sent.prepared;
	const text = replyText(sent.delivered);
	const first = readStructuredReply(text, schema);
	if (first.ok) return { ...toJson(output, sent.delivered), replyJson: first.value };
	const request = repairOf(task, sent, askAgain(text, first.reason, schema), itemIndex);
	const repaired = await sendRepair(task, request, itemIndex).catch(toError);
	if (repaired instanceof Error) {
		if (run.signal.aborted) throw undelivered(node, CANCELED, itemIndex);
		const description = `The agent could not be asked to correct it: ${repaired.message}`;
		throw unusableReply(node, { ...describe(text, first.reason), description }, itemIndex);
	}
	const corrected = replyText(repaired);
	const second = readStructuredReply(corrected, schema);
	if (!second.ok) throw unusableReply(node, describe(corrected, second.reason), itemIndex);
	const { runId, reply, usage } = repaired.body;
	const delivered = {
		...sent.delivered,
		body: { ...sent.delivered.body, reply, usage: sumOf(sent.delivered.body.usage, usage) },
		durationMs: sent.delivered.durationMs + repaired.durationMs,
	};
	return { ...toJson(output, delivered), replyJson: second.value, repairRunId: readText(runId) };
}

async function sendRepair(task: Task, request: PreparedItem, itemIndex: number): Promise<Accepted> {
	const asked = await sendMessage(task, () => request, itemIndex, { keySuffix: REPAIR });
	return await waitForReply(task, asked.delivered, itemIndex);
}

function toError(error: unknown): Error {
	return error instanceof Error ? error : new Error(String(error));
}

/** Ends the idempotency key of the message that asks for a correction. */
const REPAIR = '-repair';

/** A message to the same agent in the same session; an endpoint's template has no place for it. */
function repairOf(
	{ run: { connection }, optionsOf }: Task,
	{ prepared, delivered }: SentMessage,
	message: string,
	itemIndex: number,
): PreparedItem {
	const options = optionsOf(itemIndex);
	const agentId = readText(delivered.body.agentId ?? prepared.output.agentId) ?? '';
	const { sessionKey, model } = options.agentFields;
	const { target } = prepared;
	const own = target.kind === 'endpoint' ? `agent:${agentId}:webhook:${target.name}` : undefined;
	const { headers, query } = pluginRequest('in-answer', options);
	return {
		path: connection.inboundPath,
		headers,
		query: { ...query, sessionKey: sessionKey ?? own },
		body: { agentId, message, ...(model === undefined ? {} : { model }) },
		target: { kind: 'agent', agentId, viaPlugin: true },
		replyWay: 'in-answer',
		output: {},
	};
}

function describe(reply: string, reason: string) {
	return {
		message: describeMisfit(reply, reason),
		description:
			"The agent was asked once more, with what was wrong. Make the schema simpler, or say in the message what the agent is to put into it. 'Get Run' gives the whole reply.",
	};
}

function replyText({ body }: Accepted): string {
	return readText(ownProperty(body.reply, 'text')) ?? '';
}

/** What both runs took. */
function sumOf(first: unknown, second: unknown): unknown {
	if (!isObject(first) || !isObject(second)) return second ?? first;
	const sums = Object.entries(second).map(([name, count]) => {
		const before = first[name];
		const isSum = typeof count === 'number' && typeof before === 'number';
		return [name, isSum ? count + before : count];
	});
	return { ...first, ...Object.fromEntries(sums) };
}
