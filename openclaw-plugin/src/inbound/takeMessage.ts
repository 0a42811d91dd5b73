import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerEmpty, answerJson, refuse } from '../http/answers';
import type { Checked, Refusal } from '../http/answers';
import { isForm, parseExactJsonBody, parseFormBody } from '../http/body';
import { clientAddress, readLimitedBody } from '../http/request';
import type { Caller } from '../tokens/tokens';
import type { CallbackRules } from './callback';
import { createRunId } from './message';
import type { InboundMessage, NewMessage } from './message';
import { answerMessage, repeatedHeader, waitForResult } from './messageAnswer';
import type { Added, MessageStore } from './messageStore';
import type { MessageInput, WrittenMessage } from './messageText';
import type { MessageMaker } from './preparedEndpoint';
import { FILTERED } from './refusalStore';
import type { RefusalStore } from './refusalStore';
import { hashMessage, messageOptions, readRequestOptions } from './requestOptions';
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

/** What taking messages takes. */
export interface MessageTools {
	readonly messages: MessageStore;
	readonly signals: Signals;
	/** Where it is noted what was filtered out. */
	readonly refusals: Pick<RefusalStore, 'note'>;
	/** Marks a text as coming from outside: `wrapExternalContent` of the gateway's SDK. */
	readonly wrapExternalContent: (text: string) => string;
	readonly now: () => number;
}

/** What the settings say. */
export interface CallRules {
	readonly session: Pick<SessionRules, 'others' | 'prefixes' | 'hooks' | 'isThere'>;
	readonly callbacks: CallbackRules;
}

/** Open messages at which no more are taken, but for each endpoint's own share. */
const MAX_OPEN_MESSAGES = 10_000;
/** Open messages that each endpoint may have, however many others have. */
const OWN_SHARE = 100;

/**
 * Takes a message that was posted to an inbound endpoint or to an agent, or several in one call: queues them durably,
 * or finds those that they repeat, and answers.
 *
 * @param name of the endpoint
 * @returns why it was not taken; undefined once it is answered
 * @throws StoreError when it cannot be stored
 */
export async function takeMessage(
	call: Call,
	name: string,
	maker: MessageMaker,
	rules: CallRules,
	tools: MessageTools,
): Promise<Refusal | undefined> {
	const { request, response, query, sender } = call;
	const { headers } = request;
	const raw = await readBody(call);
	if (!raw.ok) return raw.refusal;
	const isFormOfSender = sender !== undefined && isForm(headers['content-type']);
	const body = isFormOfSender ? parseFormBody(raw.value) : parseExactJsonBody(headers, raw.value);
	if (!body.ok) return body.refusal;
	const isSilent = isFormOfSender && sender.auth.type === 'slack';
	const challenge = sender && readChallenge(sender, body.value);
	if (challenge !== undefined) {
		answerJson(response, 200, { challenge });
		return undefined;
	}
	const input = { body: body.value, headers, query, now: tools.now() };
	const made = makeMessages(maker, input);
	if (!made.ok) return made.refusal;
	const [first, ...others] = made.value.messages;
	if (first === undefined) {
		const message = `No message was made of it: ${made.value.unmet}`;
		tools.refusals.note(name, clientAddress(request), { status: 200, code: FILTERED, message });
		if (isSilent) answerEmpty(response);
		else answerJson(response, 200, { ok: true, status: FILTERED });
		return undefined;
	}
	const asked = readOptions(call, first.written, rules);
	if (!asked.ok) return asked.refusal;
	const { waitSeconds } = asked.value;
	const isList = maker.listItems !== undefined;
	if (isList && waitSeconds > 0) return NO_WAIT;
	const isFull = tools.messages.countOpen() >= MAX_OPEN_MESSAGES;
	if (isFull && tools.messages.countOpen(first.written.endpoint) >= OWN_SHARE) return QUEUE_FULL;
	const stored = storeMessages(call, [first, ...others], asked.value, input, tools);
	if (!stored.ok) return stored.refusal;
	const { isRepeated, runIds } = stored.value;
	const all = isList ? { runIds } : {};
	if (sender !== undefined) {
		// What the agent is told is the owner's own: senders keep answers, and show them to their users.
		const { runId } = stored.value.first;
		if (isSilent) answerEmpty(response);
		else answerJson(response, 202, { ok: true, runId, ...all }, repeatedHeader(isRepeated));
		return undefined;
	}
	const current = await waitForResult(tools, stored.value.first, waitSeconds, response);
	answerMessage(response, current, { isRepeated, waitSeconds, ...all });
	return undefined;
}

/** All of them, or why there is none of one of them: a call is taken as a whole. */
function makeMessages(
	{ write, findUnmet, listItems }: MessageMaker,
	input: MessageInput,
): Checked<{ readonly messages: readonly MadeMessage[]; readonly unmet: string }> {
	const items = listItems?.(input);
	if (items?.ok === false) return items;
	const inputs: readonly (MessageInput & { readonly index?: number })[] =
		items === undefined ? [input] : items.value.map((item, index) => ({ ...input, item, index }));
	const messages: MadeMessage[] = [];
	let unmet = 'the list is empty';
	for (const one of inputs) {
		const reason = findUnmet?.(one);
		if (reason !== undefined) {
			unmet = reason;
			continue;
		}
		const written = write(one);
		if (!written.ok) return written;
		messages.push({
			written: written.value,
			...(one.index === undefined ? {} : { index: one.index }),
		});
	}
	return { ok: true, value: { messages, unmet } };
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

/** What one message is made of, and the place in the list that it comes from. */
interface MadeMessage {
	readonly written: WrittenMessage;
	readonly index?: number;
}

interface StoredMessages {
	readonly first: InboundMessage;
	readonly runIds: readonly string[];
	/** All of them came before. */
	readonly isRepeated: boolean;
}

/**
 * Queues what a call has become, durably, each message under a key of its own: a call that was cut off in the middle
 * goes on when it comes again.
 *
 * @returns the messages, those that it repeats among them, or 422 for a key that belongs to another message
 * @throws StoreError when one cannot be stored
 */
function storeMessages(
	{ caller, sender }: Pick<Call, 'caller' | 'sender'>,
	[head, ...others]: readonly [MadeMessage, ...MadeMessage[]],
	options: RequestOptions,
	{ body, headers, now }: MessageInput,
	{ messages, signals, wrapExternalContent }: MessageTools,
): Checked<StoredMessages> {
	const ofCall = sender && identifyCall(sender, headers, body);
	const store = ({ written, index }: MadeMessage): Checked<Added> => {
		const identity = sender === undefined ? identifyMessage(written, options) : ofCall;
		const own =
			identity === undefined || index === undefined
				? identity
				: { ...identity, key: `${identity.key} ${String(index)}` };
		const prompt = wrapExternalContent(written.text);
		const added = messages.add(newMessage(written, options, caller, prompt, own), now);
		if (added.kind === 'added') signals.wakeRunner();
		return added.kind === 'conflict'
			? refuse({ ...KEY_REUSED, more: { runId: added.message.runId } })
			: { ok: true, value: added };
	};
	const first = store(head);
	if (!first.ok) return first;
	const all = [first.value];
	for (const made of others) {
		const added = store(made);
		if (!added.ok) return added;
		all.push(added.value);
	}
	const runIds = all.map(({ message }) => message.runId);
	const isRepeated = all.every(({ kind }) => kind === 'known');
	return { ok: true, value: { first: first.value.message, runIds, isRepeated } };
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

const NO_WAIT: Refusal = {
	status: 400,
	code: 'invalid-wait',
	path: 'wait',
	message:
		"The endpoint makes a message of each element of a list: 'wait' is for one reply. Ask for each of 'runIds' instead",
};

const QUEUE_FULL: Refusal = {
	status: 503,
	code: 'queue-full',
	message: 'Too many messages wait for their agents. Send it again later',
	headers: { 'Retry-After': '30' },
};

const KEY_REUSED: Refusal = {
	status: 422,
	code: 'idempotency-key-reused',
	path: 'Idempotency-Key',
	message:
		'Another message was sent with this Idempotency-Key before. Use a new key for a new message',
};
