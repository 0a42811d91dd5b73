import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Refusal } from '../http/answers';
import { parseExactJsonBody, readLimitedBody } from '../http/body';
import type { Caller } from '../tokens/tokens';
import type { CallbackRules } from './callback';
import { createRunId } from './message';
import type { MessageOptions, NewMessage } from './message';
import { answerMessage, waitForResult } from './messageAnswer';
import type { MessageStore } from './messageStore';
import type { WriteMessage, WrittenMessage } from './messageText';
import { hashMessage, readRequestOptions } from './requestOptions';
import type { RequestOptions } from './requestOptions';
import type { SessionRules } from './sessionPolicy';
import type { Signals } from './signals';

/** A request that was let in. */
export interface Call {
	readonly request: IncomingMessage;
	readonly response: ServerResponse;
	readonly query: URLSearchParams;
	readonly caller: Caller;
}

/** What taking messages takes. */
export interface MessageTools {
	readonly messages: MessageStore;
	readonly signals: Signals;
	/** Marks a text as coming from outside: `wrapExternalContent` of the gateway's SDK. */
	readonly wrapExternalContent: (text: string) => string;
	readonly now: () => number;
}

/** What the settings say. */
export interface CallRules {
	readonly session: Pick<SessionRules, 'others' | 'prefixes' | 'hooks'>;
	readonly callbacks: CallbackRules;
}

/** Open messages at which no more are taken. */
const MAX_OPEN_MESSAGES = 10_000;

/**
 * Takes a message that was posted to an inbound endpoint or to an agent: queues it durably, or finds the one that
 * it repeats, and answers.
 *
 * @returns why it was not taken; undefined once it is answered
 * @throws StoreError when it cannot be stored
 */
export async function takeMessage(
	call: Call,
	write: WriteMessage,
	rules: CallRules,
	tools: MessageTools,
): Promise<Refusal | undefined> {
	const { request, response, query, caller } = call;
	const { messages, signals, wrapExternalContent, now } = tools;
	const raw = await readLimitedBody(request);
	if (!raw.ok) return raw.refusal;
	const { headers } = request;
	const body = parseExactJsonBody(headers, raw.value);
	if (!body.ok) return body.refusal;
	const time = now();
	const written = write({ body: body.value, headers, query, now: time });
	if (!written.ok) return written.refusal;
	const { agentId, sessionKey: own } = written.value;
	const session = { ...rules.session, agentId, own, caller };
	const asked = readRequestOptions(headers, query, { session, callbacks: rules.callbacks });
	if (!asked.ok) return asked.refusal;
	if (messages.countOpen() >= MAX_OPEN_MESSAGES) return QUEUE_FULL;
	const prompt = wrapExternalContent(written.value.text);
	const added = messages.add(newMessage(written.value, asked.value, caller, prompt), time);
	if (added.kind === 'conflict') return { ...KEY_REUSED, more: { runId: added.message.runId } };
	if (added.kind === 'added') signals.wakeRunner();
	const isRepeated = added.kind === 'known';
	const { waitSeconds } = asked.value;
	const current = await waitForResult(tools, added.message, waitSeconds, response);
	answerMessage(response, current, { isRepeated, waitSeconds });
	return undefined;
}

function newMessage(
	written: WrittenMessage,
	options: RequestOptions,
	caller: Caller,
	prompt: string,
): NewMessage {
	const { endpoint, agentId, text, missingPaths, model } = written;
	const { key, sessionKey } = options;
	return {
		runId: createRunId(),
		caller: caller.id,
		endpoint,
		agentId,
		sessionKey,
		message: text,
		prompt,
		missingPaths,
		options: { ...messageOptions(options), ...(model === undefined ? {} : { model }) },
		// Ids of tokens and names of endpoints hold no blank, so keys of two callers or endpoints never meet.
		...(key === undefined
			? {}
			: {
					request: {
						key: `${caller.id} ${endpoint} ${key}`,
						hash: hashMessage(written, options),
					},
				}),
	};
}

function messageOptions({
	deliver,
	waitSeconds,
	callback,
	origin,
}: RequestOptions): MessageOptions {
	return {
		origin,
		...(deliver ? { deliver: true } : {}),
		...(waitSeconds > 0 || callback !== undefined ? { detailed: true } : {}),
		...(callback === undefined ? {} : { callback }),
	};
}

const KEY_REUSED: Refusal = {
	status: 422,
	code: 'idempotency-key-reused',
	path: 'Idempotency-Key',
	message:
		'Another message was sent with this Idempotency-Key before. Use a new key for a new message',
};

const QUEUE_FULL: Refusal = {
	status: 503,
	code: 'queue-full',
	message: 'Too many messages wait for their agents. Send it again later',
	headers: { 'Retry-After': '30' },
};
