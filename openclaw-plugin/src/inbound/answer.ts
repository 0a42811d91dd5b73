import type { ServerResponse } from 'node:http';
import { answerJson, answerRefusal } from '../http/answers';
import type { Refusal } from '../http/answers';
import type { InboundMessage } from './message';

/** What belongs to an answer besides the message itself. */
export interface AnswerContext {
	/** The same request came before; nothing was started anew. */
	readonly isRepeated: boolean;
	/** Seconds that the sender wanted to wait at most. */
	readonly waitSeconds: number;
}

/**
 * Answers for a message that is in the database: 202 while it has no result, 200 with the reply, 424
 * when it failed for good. 424 rather than 5xx, since sending it again would not help.
 */
export function answerMessage(
	response: ServerResponse,
	message: InboundMessage,
	{ isRepeated, waitSeconds }: AnswerContext,
): void {
	const { runId, agentId, result } = message;
	const headers = {
		...(isRepeated ? { 'Idempotency-Replayed': 'true' } : {}),
		...(waitSeconds > 0 ? { 'Preference-Applied': `wait=${String(waitSeconds)}` } : {}),
	};
	// Who did not ask for the result gets the same answer each time, whatever has become of it.
	if (waitSeconds === 0 || result === undefined) {
		answerJson(response, 202, accepted(message), headers);
		return;
	}
	const durationMs = (message.settledAt ?? message.createdAt) - message.createdAt;
	if (result.ok) {
		const { reply, usage } = result;
		const more = { reply: { text: reply }, ...(usage === undefined ? {} : { usage }), durationMs };
		answerJson(response, 200, { ...accepted(message), ...more }, headers);
		return;
	}
	const { code, message: reason } = result;
	const refusal = { status: 424, code, message: reason, headers };
	answerRefusal(response, refusal, { runId, agentId, durationMs });
}

function accepted({ runId, agentId, message, missingPaths, options }: InboundMessage) {
	// A gateway without callbacks ignores their headers: who asked for one has to know that it comes.
	const callback = options.callback === undefined ? {} : { callback: true };
	return { ok: true, runId, agentId, message, missingPaths, ...callback };
}

export const KEY_REUSED: Refusal = {
	status: 422,
	code: 'idempotency-key-reused',
	path: 'Idempotency-Key',
	message:
		'Another message was sent with this Idempotency-Key before. Use a new key for a new message',
};

export const CALLBACK_UNSIGNED: Refusal = {
	status: 400,
	code: 'callback-unsigned',
	path: 'callbackUrl',
	message:
		'No endpoint of this gateway with a secret leads to the origin of the callback URL, so nothing there could tell that the callback is genuine. Set one up first',
};

export const QUEUE_FULL: Refusal = {
	status: 503,
	code: 'queue-full',
	message: 'Too many messages wait for their agents. Send it again later',
	headers: { 'Retry-After': '30' },
};

export const NOT_STORED: Refusal = {
	status: 503,
	code: 'not-stored',
	message:
		"The gateway could not store the message: see its log, or 'openclaw event-webhooks list'",
	headers: { 'Retry-After': '10' },
};

export const INBOUND_OFF: Refusal = {
	status: 404,
	code: 'inbound-off',
	message:
		"Inbound endpoints are switched off at this gateway, or its settings have a fault: see 'inbound.enabled' in the settings of the plugin event-webhooks",
};

/** The one refusal that repeats something of the request: the name, shortened. */
export function unknownEndpoint(name: string): Refusal {
	const shown = name.length > 100 ? `${name.slice(0, 100)}…` : name;
	return {
		status: 404,
		code: 'unknown-endpoint',
		message: `There is no inbound endpoint '${shown}' at this gateway`,
	};
}
