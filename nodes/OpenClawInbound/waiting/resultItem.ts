import type { IDataObject } from 'n8n-workflow';

import type { EventData } from '../../../protocol/event';
import { ownProperty } from '../../shared/parameterValues';
import type { ParkedMessage } from './parkedMessage';

/** Type of the event that brings the result of a message. */
export const CALLBACK_TYPE = 'inbound.completed';

/**
 * What the node gives out when the gateway has told the result.
 *
 * @param data of the event
 * @returns `ok`, the run, the message, and `reply` with `usage`, or `error` when the run failed
 */
export function toResult(data: EventData, { runId, known }: ParkedMessage): IDataObject {
	const { ok, reply, usage, error, agentId, sessionKey, durationMs } = data;
	const text = ownProperty(reply, 'text');
	const base = {
		runId,
		...known,
		...(typeof agentId === 'string' ? { agentId } : {}),
		...(typeof sessionKey === 'string' ? { sessionKey } : {}),
	};
	const duration = typeof durationMs === 'number' ? { durationMs } : {};
	if (ok !== true || typeof text !== 'string') {
		return { ok: false, ...base, error: toError(error), ...duration };
	}
	const cost = typeof usage === 'object' && usage !== null ? { usage: { ...usage } } : {};
	return { ok: true, ...base, reply: text, ...cost, ...duration };
}

function toError(error: unknown): IDataObject {
	const message = ownProperty(error, 'message');
	const code = ownProperty(error, 'code');
	return {
		code: typeof code === 'string' ? code : 'agent-failed',
		message: typeof message === 'string' ? message : 'The agent did not finish its run',
	};
}
