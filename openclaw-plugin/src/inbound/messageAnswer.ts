import type { ServerResponse } from 'node:http';
import { answerJson, answerRefusal } from '../http/answers';
import type { Refusal } from '../http/answers';
import { DIRECT } from './message';
import type { InboundMessage, RunResult } from './message';
import type { MessageStore } from './messageStore';
import type { Signals } from './signals';

/** What belongs to an answer besides the message itself. */
export interface AnswerContext {
	/** The same request came before; nothing was started anew. */
	readonly isRepeated: boolean;
	/** Seconds that the sender wanted to wait at most. */
	readonly waitSeconds: number;
	/** Of all messages that the call became, where it may become several. */
	readonly runIds?: readonly string[];
}

/** Requests that may wait at once; further ones are answered at once. */
const MAX_WAITING = 200;
/** How often the gateway may put a message off before that is as good as no reply. */
const MAX_TRIES = 2;

/**
 * Waits for the result of a message: until it is there, the time is over, whoever asked has gone, or
 * the gateway has put the message off several times, as it does when it is about to end.
 *
 * @returns the message as it is then; without a result when there is none
 */
export async function waitForResult(
	{ messages, signals }: { readonly messages: MessageStore; readonly signals: Signals },
	message: InboundMessage,
	seconds: number,
	response: ServerResponse,
): Promise<InboundMessage> {
	const isUseless = seconds === 0 || message.result !== undefined;
	if (isUseless || signals.waitingCount >= MAX_WAITING) return message;
	const gone = new AbortController();
	const onClose = () => {
		gone.abort();
	};
	response.once('close', onClose);
	const timer = setTimeout(onClose, seconds * 1000);
	try {
		for (;;) {
			await signals.waitFor(message.runId, gone.signal);
			const current = messages.find(message.runId) ?? message;
			const isOver = gone.signal.aborted || current.tries > MAX_TRIES;
			if (current.result !== undefined || isOver) return current;
		}
	} finally {
		clearTimeout(timer);
		response.removeListener('close', onClose);
	}
}

/**
 * Answers for a message that is in the database: 202 while it has no result, 200 with the reply, 424
 * when it failed for good. 424 rather than 5xx, since sending it again would not help.
 */
export function answerMessage(
	response: ServerResponse,
	message: InboundMessage,
	{ isRepeated, waitSeconds, runIds }: AnswerContext,
): void {
	const { runId, agentId, result } = message;
	const headers = {
		...repeatedHeader(isRepeated),
		...preference(waitSeconds),
	};
	// Who did not ask for the result gets the same answer each time, whatever has become of it.
	if (waitSeconds === 0 || result === undefined) {
		const all = runIds === undefined ? {} : { runIds };
		answerJson(response, 202, { ...accepted(message), ...all }, headers);
		return;
	}
	if (result.ok) {
		answerJson(response, 200, { ...accepted(message), ...outcomeOf(message) }, headers);
		return;
	}
	const more = { runId, agentId, durationMs: durationOf(message) };
	answerRefusal(response, { ...failureOf(result), headers, more });
}

export function repeatedHeader(isRepeated: boolean): Readonly<Record<string, string>> {
	return isRepeated ? { 'Idempotency-Replayed': 'true' } : {};
}

/** Answers what has become of an earlier message, in the same way, with its state. */
export function answerRun(
	response: ServerResponse,
	message: InboundMessage,
	waitSeconds: number,
): void {
	const { endpoint, state, result } = message;
	const headers = preference(waitSeconds);
	const about = { state, ...(endpoint === DIRECT ? {} : { endpoint }) };
	if (result?.ok === false) {
		const { runId, agentId } = message;
		const more = { runId, agentId, ...about, durationMs: durationOf(message) };
		answerRefusal(response, { ...failureOf(result), headers, more });
		return;
	}
	const body = { ...accepted(message), ...about, ...outcomeOf(message) };
	answerJson(response, result === undefined ? 202 : 200, body, headers);
}

function failureOf({ code, message }: Extract<RunResult, { ok: false }>): Refusal {
	return { status: 424, code, message };
}

function accepted({ runId, agentId, message, missingPaths, options }: InboundMessage) {
	// A gateway without callbacks ignores their headers: who asked for one has to know that it comes.
	const callback = options.callback === undefined ? {} : { callback: true };
	return { ok: true, runId, agentId, message, missingPaths, ...callback };
}

/** What the result is for those who get it: in an answer, and in a callback. */
export function outcomeOf(message: InboundMessage) {
	const { result } = message;
	if (result === undefined) return {};
	const durationMs = durationOf(message);
	if (!result.ok) return { error: { code: result.code, message: result.message }, durationMs };
	const { reply, truncated, usage } = result;
	return {
		reply: { text: reply, ...(truncated === undefined ? {} : { truncated }) },
		...(usage === undefined ? {} : { usage }),
		durationMs,
	};
}

function durationOf({ createdAt, endedAt = createdAt }: InboundMessage): number {
	return endedAt - createdAt;
}

/** @see https://www.rfc-editor.org/rfc/rfc7240#section-3 */
function preference(waitSeconds: number): Readonly<Record<string, string>> {
	return waitSeconds > 0 ? { 'Preference-Applied': `wait=${String(waitSeconds)}` } : {};
}
