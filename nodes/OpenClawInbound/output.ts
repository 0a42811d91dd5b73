import type { IDataObject, INodeExecutionData } from 'n8n-workflow';

import type { Delivered } from './delivery';
import type { ItemResult } from './runItems';

/**
 * What the node gives out for an item that was accepted. What the gateway says takes precedence over
 * what is known here; a value that neither knows is absent.
 *
 * @param known what was known before sending
 * @param delivered the gateway's answer
 */
export function toJson(
	known: IDataObject,
	delivered: Extract<Delivered, { ok: true }>,
): IDataObject {
	const { body, attempts, durationMs } = delivered;
	const { missingPaths, ...rest } = known;
	return {
		ok: true,
		...textField('runId', body),
		...rest,
		...textField('agentId', body),
		...textField('message', body),
		...textField('mode', body),
		...textField('eventOutcome', body),
		...replyOf(body),
		...missingOf(missingPaths, body.missingPaths),
		attempts,
		durationMs,
	};
}

/** The item that the next node gets, linked to the one it came from. */
export function toOutput(result: ItemResult<IDataObject>, itemIndex: number): INodeExecutionData {
	const json = result.ok ? result.value : { error: result.error.message };
	return { json, pairedItem: { item: itemIndex } };
}

/** Both may have filled a template in: the node its own, the gateway the one of an endpoint. */
function missingOf(known: IDataObject[string], told: unknown): IDataObject {
	const isKnown = Array.isArray(known) && known.length > 0;
	if (isTextList(told) && !isKnown) return { missingPaths: told };
	return known === undefined ? {} : { missingPaths: known };
}

/** The agent's reply and what it cost, where the node has waited for it. */
function replyOf({ reply, usage }: Readonly<Record<string, unknown>>): IDataObject {
	const text =
		typeof reply === 'object' && reply !== null && 'text' in reply ? reply.text : undefined;
	if (typeof text !== 'string') return {};
	const isUsage = typeof usage === 'object' && usage !== null;
	return { reply: text, ...(isUsage ? { usage: { ...usage } } : {}) };
}

function textField(name: string, body: Readonly<Record<string, unknown>>): IDataObject {
	const value = body[name];
	return typeof value === 'string' ? { [name]: value } : {};
}

function isTextList(value: unknown): value is string[] {
	return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}
