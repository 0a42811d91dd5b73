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
		...(missingPaths === undefined ? {} : { missingPaths }),
		...(isTextList(body.missingPaths) ? { missingPaths: body.missingPaths } : {}),
		attempts,
		durationMs,
	};
}

/** The item that the next node gets, linked to the one it came from. */
export function toOutput(result: ItemResult<IDataObject>, itemIndex: number): INodeExecutionData {
	const json = result.ok ? result.value : { error: result.error.message };
	return { json, pairedItem: { item: itemIndex } };
}

function textField(name: string, body: Readonly<Record<string, unknown>>): IDataObject {
	const value = body[name];
	return typeof value === 'string' ? { [name]: value } : {};
}

function isTextList(value: unknown): value is string[] {
	return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
}
