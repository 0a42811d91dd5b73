import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerRefusal } from '../http/answers';
import type { Checked } from '../http/answers';
import { parseJsonBody, readLimitedBody } from '../http/body';
import { answerMessage, KEY_REUSED, QUEUE_FULL } from './answer';
import type { CallbackRules } from './callbackTarget';
import type { MessageOptions, NewMessage } from './message';
import type { MessageStore } from './messageStore';
import { hashRequest, readRequestOptions } from './requestOptions';
import type { RequestOptions } from './requestOptions';
import { createRunId } from './runId';
import { wakeAgentRunner } from './signals';
import { waitForResult } from './waitForResult';

/** What is to be told to whom. */
export interface Letter {
	/** Of the inbound endpoint; {@link DIRECT} without one. No name holds a blank. */
	readonly name: string;
	readonly agentId: string;
	/** Session of messages that name none. */
	readonly sessionKey: string;
	readonly text: string;
	readonly missingPaths: readonly string[];
	readonly model?: string;
}

/** Makes the message of a request's body. */
export type ReadLetter = (
	body: unknown,
	request: IncomingMessage,
	query: URLSearchParams,
) => Checked<Letter>;

/** What taking messages takes. */
export interface MessageTaking {
	readonly messages: MessageStore;
	readonly callbacks: CallbackRules;
	/** Marks a text as coming from outside: `wrapExternalContent` of the gateway's SDK. */
	readonly wrapExternalContent: (text: string) => string;
	/** Milliseconds, the system's clock unless given. */
	readonly now?: () => number;
}

/** Open messages at which no more are taken. */
const MAX_OPEN_MESSAGES = 10_000;

/**
 * Takes a message that was posted to an inbound endpoint or to an agent: queues it durably, or finds the one that it
 * repeats, and answers.
 *
 * @throws StoreError when it cannot be stored
 */
export async function takeMessage(
	request: IncomingMessage,
	response: ServerResponse,
	query: URLSearchParams,
	readLetter: ReadLetter,
	taking: MessageTaking,
): Promise<void> {
	const { messages, now = Date.now } = taking;
	const read = await readMessage(request, query, readLetter, taking);
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
	readLetter: ReadLetter,
	{ callbacks, wrapExternalContent }: MessageTaking,
): Promise<Checked<{ readonly message: NewMessage; readonly waitSeconds: number }>> {
	const { headers } = request;
	const raw = await readLimitedBody(request);
	if (!raw.ok) return raw;
	const body = parseJsonBody(headers, raw.value);
	if (!body.ok) return body;
	const letter = readLetter(body.value, request, query);
	if (!letter.ok) return letter;
	const { name, agentId, text, missingPaths, model } = letter.value;
	const rules = { agentId, sessionKey: letter.value.sessionKey, callbacks };
	const asked = readRequestOptions(headers, query, rules);
	if (!asked.ok) return asked;
	const { key, sessionKey, waitSeconds } = asked.value;
	const message: NewMessage = {
		runId: createRunId(),
		endpoint: name,
		agentId,
		sessionKey,
		message: text,
		prompt: wrapExternalContent(text),
		missingPaths,
		options: { ...messageOptions(asked.value), ...(model === undefined ? {} : { model }) },
		// Names of endpoints hold no blank, so keys of two endpoints never meet.
		...(key === undefined
			? {}
			: { request: { key: `${name} ${key}`, hash: hashRequest(raw.value, asked.value) } }),
	};
	return { ok: true, value: { message, waitSeconds } };
}

function messageOptions({ deliver, waitSeconds, callback }: RequestOptions): MessageOptions {
	return {
		...(deliver ? { deliver: true } : {}),
		...(waitSeconds > 0 || callback !== undefined ? { detailed: true } : {}),
		...(callback === undefined ? {} : { callback }),
	};
}
