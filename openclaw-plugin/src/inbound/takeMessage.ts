import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerRefusal, refuse } from '../http/answers';
import type { Checked } from '../http/answers';
import { parseJsonBody } from '../http/jsonBody';
import { readLimitedBody } from '../http/limitedBody';
import { answerMessage, CALLBACK_UNSIGNED, KEY_REUSED, QUEUE_FULL } from './answer';
import type { MessageOptions, NewMessage } from './message';
import type { MessageStore } from './messageStore';
import type { MessageWriter } from './prompt';
import { hashRequest, readRequestOptions } from './requestOptions';
import type { RequestOptions } from './requestOptions';
import { createRunId } from './runId';
import { wakeAgentRunner } from './signals';
import { waitForResult } from './waitForResult';

/** One inbound endpoint, ready to write messages. */
export interface Inlet {
	readonly name: string;
	readonly agentId: string;
	readonly template: string;
	readonly write: MessageWriter;
}

/** What taking messages takes. */
export interface MessageTaking {
	readonly messages: MessageStore;
	readonly callbackOrigins: readonly string[];
	/** Finds the endpoint whose secrets sign what goes to a URL; without it nothing is called back. */
	readonly findSigner?: (url: string) => string | undefined;
	/** Marks a text as coming from outside: `wrapExternalContent` of the gateway's SDK. */
	readonly wrapExternalContent: (text: string) => string;
	/** Milliseconds, the system's clock unless given. */
	readonly now?: () => number;
}

/** Open messages at which no more are taken. */
const MAX_OPEN_MESSAGES = 10_000;

/**
 * Takes a message that was posted to an inbound endpoint: queues it durably, or finds the one that it
 * repeats, and answers.
 *
 * @throws StoreError when it cannot be stored
 */
export async function takeMessage(
	request: IncomingMessage,
	response: ServerResponse,
	query: URLSearchParams,
	inlet: Inlet,
	taking: MessageTaking,
): Promise<void> {
	const { messages, now = Date.now } = taking;
	const read = await readMessage(request, query, inlet, taking);
	if (!read.ok) {
		answerRefusal(response, read.refusal);
		return;
	}
	const { message, waitSeconds } = read.value;
	if (messages.countOpen() >= MAX_OPEN_MESSAGES) {
		answerRefusal(response, QUEUE_FULL);
		return;
	}
	const added = messages.add(message, now());
	if (added.kind === 'conflict') {
		answerRefusal(response, KEY_REUSED);
		return;
	}
	if (added.kind === 'added') wakeAgentRunner();
	const isRepeated = added.kind === 'known';
	const current =
		waitSeconds > 0
			? await waitForResult(messages, added.message, waitSeconds, response)
			: added.message;
	answerMessage(response, current, { isRepeated, waitSeconds });
}

async function readMessage(
	request: IncomingMessage,
	query: URLSearchParams,
	inlet: Inlet,
	{ callbackOrigins, findSigner, wrapExternalContent, now = Date.now }: MessageTaking,
): Promise<Checked<{ readonly message: NewMessage; readonly waitSeconds: number }>> {
	const { headers } = request;
	const { name, agentId } = inlet;
	const asked = readRequestOptions(headers, query, {
		agentId,
		sessionKey: `agent:${agentId}:webhook:${name}`,
		callbackOrigins,
	});
	if (!asked.ok) return asked;
	const { callbackUrl } = asked.value;
	const signer = callbackUrl === undefined ? undefined : findSigner?.(callbackUrl);
	if (callbackUrl !== undefined && signer === undefined) return refuse(CALLBACK_UNSIGNED);
	const raw = await readLimitedBody(request);
	if (!raw.ok) return raw;
	const body = parseJsonBody(headers, raw.value);
	if (!body.ok) return body;
	const written = inlet.write({ body: body.value, headers, query, now: now() });
	if (!written.ok) return written;
	const { text, missingPaths } = written.value;
	const { key, sessionKey, waitSeconds } = asked.value;
	const message: NewMessage = {
		runId: createRunId(),
		endpoint: name,
		agentId,
		sessionKey,
		message: text,
		prompt: wrapExternalContent(text),
		missingPaths,
		options: messageOptions(asked.value, signer),
		// Names of endpoints hold no blank, so keys of two endpoints never meet.
		...(key === undefined
			? {}
			: { request: { key: `${name} ${key}`, hash: hashRequest(raw.value, asked.value) } }),
	};
	return { ok: true, value: { message, waitSeconds } };
}

function messageOptions(
	{ deliver, waitSeconds, callbackUrl }: RequestOptions,
	endpoint: string | undefined,
): MessageOptions {
	const callback =
		callbackUrl === undefined || endpoint === undefined
			? undefined
			: { url: callbackUrl, endpoint };
	return {
		...(deliver ? { deliver: true } : {}),
		...(waitSeconds > 0 || callback !== undefined ? { detailed: true } : {}),
		...(callback === undefined ? {} : { callback }),
	};
}
