import { refuse } from '../http/answers';
import type { Checked, Refusal } from '../http/answers';
import type { Caller } from '../tokens/tokens';
import type { Call, MessageTools } from './call';
import { createRunId } from './message';
import type { InboundMessage, MessageOptions, NewMessage } from './message';
import type { Added } from './messageStore';
import type { MessageInput, WrittenMessage } from './messageText';
import { hashMessage } from './requestOptions';
import type { RequestOptions } from './requestOptions';
import { identifyCall } from './senderCall';

/** What one message is made of, and the place in the list that it comes from. */
export interface MadeMessage {
	readonly written: WrittenMessage;
	readonly index?: number;
}

export interface StoredMessages {
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
export function storeMessages(
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
