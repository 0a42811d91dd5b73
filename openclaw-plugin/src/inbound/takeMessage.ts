import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Checked, Refusal } from '../http/answers';
import { answerJson } from '../http/answers';
import { parseExactJsonBody, readLimitedBody } from '../http/body';
import { clientAddress } from '../http/request';
import type { Caller } from '../tokens/tokens';
import type { CallbackRules } from './callback';
import { createRunId } from './message';
import type { MessageOptions, NewMessage } from './message';
import { answerMessage, repeatedHeader, waitForResult } from './messageAnswer';
import type { MessageStore } from './messageStore';
import type { MessageInput, WriteMessage, WrittenMessage } from './messageText';
import { FILTERED } from './refusalLog';
import type { RefusalLog } from './refusalLog';
import { hashMessage, readRequestOptions } from './requestOptions';
import type { RequestOptions } from './requestOptions';
import { identifyCall, readChallenge, readSenderOptions } from './senderCall';
import type { SenderCall } from './senderCall';
import type { SessionRules } from './sessionPolicy';
import type { Signals } from './signals';

/** A request that was let in. */
export interface Call {
	readonly request: IncomingMessage;
	readonly response: ServerResponse;
	readonly query: URLSearchParams;
	readonly caller: Caller;
	/** Of a call that is let in by its signature. */
	readonly sender?: SenderCall;
}

/** What an endpoint makes of a call. */
export interface MessageMaker {
	readonly write: WriteMessage;
	/** Says which condition a call does not meet; without a message then. */
	readonly findUnmet?: (input: MessageInput) => string | undefined;
}

/** What taking messages takes. */
export interface MessageTools {
	readonly messages: MessageStore;
	readonly signals: Signals;
	/** Where it is noted what was filtered out. */
	readonly log: Pick<RefusalLog, 'note'>;
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
	name: string,
	{ write, findUnmet }: MessageMaker,
	rules: CallRules,
	tools: MessageTools,
): Promise<Refusal | undefined> {
	const { request, response, query, caller, sender } = call;
	const { messages, signals, log, wrapExternalContent, now } = tools;
	const raw = await readBody(call);
	if (!raw.ok) return raw.refusal;
	const { headers } = request;
	const body = parseExactJsonBody(headers, raw.value);
	if (!body.ok) return body.refusal;
	const challenge = sender && readChallenge(sender, body.value);
	if (challenge !== undefined) {
		answerJson(response, 200, { challenge });
		return undefined;
	}
	const time = now();
	const input = { body: body.value, headers, query, now: time };
	const unmet = findUnmet?.(input);
	if (unmet !== undefined) {
		const message = `No message was made of it: ${unmet}`;
		log.note(name, clientAddress(request), { status: 200, code: FILTERED, message });
		answerJson(response, 200, { ok: true, status: FILTERED });
		return undefined;
	}
	const written = write(input);
	if (!written.ok) return written.refusal;
	const asked = readOptions(call, written.value, rules);
	if (!asked.ok) return asked.refusal;
	if (messages.countOpen() >= MAX_OPEN_MESSAGES) return QUEUE_FULL;
	const prompt = wrapExternalContent(written.value.text);
	const identity =
		sender === undefined
			? identifyMessage(written.value, asked.value)
			: identifyCall(sender, headers, body.value);
	const message = newMessage(written.value, asked.value, caller, prompt, identity);
	const added = messages.add(message, time);
	if (added.kind === 'conflict') return { ...KEY_REUSED, more: { runId: added.message.runId } };
	if (added.kind === 'added') signals.wakeRunner();
	const isRepeated = added.kind === 'known';
	if (sender !== undefined) {
		// What the agent is told is the owner's own: senders keep answers, and show them to their users.
		const { runId } = added.message;
		answerJson(response, 202, { ok: true, runId }, repeatedHeader(isRepeated));
		return undefined;
	}
	const { waitSeconds } = asked.value;
	const current = await waitForResult(tools, added.message, waitSeconds, response);
	answerMessage(response, current, { isRepeated, waitSeconds });
	return undefined;
}

/** A signed body was read before: only then it was known whether to let the call in. */
async function readBody({ request, sender }: Call): Promise<Checked<Buffer>> {
	return sender === undefined ? await readLimitedBody(request) : { ok: true, value: sender.raw };
}

function readOptions(
	{ request: { headers }, query, caller, sender }: Call,
	{ agentId, sessionKey: own }: WrittenMessage,
	rules: CallRules,
): Checked<RequestOptions> {
	if (sender !== undefined) return readSenderOptions(headers, query, own);
	const session = { ...rules.session, agentId, own, caller };
	return readRequestOptions(headers, query, { session, callbacks: rules.callbacks });
}

function identifyMessage(written: WrittenMessage, options: RequestOptions): NewMessage['request'] {
	const { key } = options;
	return key === undefined ? undefined : { key, hash: hashMessage(written, options) };
}

function newMessage(
	written: WrittenMessage,
	options: RequestOptions,
	caller: Caller,
	prompt: string,
	identity: NewMessage['request'],
): NewMessage {
	const { endpoint, agentId, text, missingPaths, model } = written;
	const { sessionKey } = options;
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
		...(identity === undefined
			? {}
			: { request: { ...identity, key: `${caller.id} ${endpoint} ${identity.key}` } }),
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
