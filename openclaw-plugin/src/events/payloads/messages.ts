import { parseUsage } from '../usage';
import type { Usage } from '../usage';
import { fieldsOf, idOf, inner, isSet, textOf, valueOf } from './fields';
import { messageOrigin } from './origin';
import type { Origin } from './origin';

/** What `message_received` says: somebody has written. */
export interface ReceivedMessage {
	readonly origin: Origin;
	/** Empty where only a picture or the like came. */
	readonly content: string;
	readonly messageId: string | undefined;
}

/** What `reply_payload_sending` says: a part of a reply goes to its channel. */
export interface OfferedReply {
	readonly origin: Origin;
	/** Empty where only a picture or the like is sent. */
	readonly content: string;
	/** Whether a model wrote it: the gateway's own notices and a tool's output are no replies of one. */
	readonly isGenerated: boolean;
	readonly sessionId: string | undefined;
	readonly model: string | undefined;
	/** Of the whole turn. */
	readonly usage: Usage | undefined;
}

/** What `message_sending` says: a message is on its way. */
export interface OutgoingMessage {
	readonly origin: Origin;
	readonly content: string;
	/** Where to, as the channel writes it. */
	readonly to: string | undefined;
}

/** What `message_sent` says: a message has arrived, or has not. */
export interface SentMessage extends OutgoingMessage {
	readonly messageId: string | undefined;
	/** Why it was not delivered; undefined when it was. */
	readonly failure: string | undefined;
}

export function parseReceived(event: unknown, context: unknown): ReceivedMessage {
	const fields = fieldsOf(event);
	return {
		origin: messageOrigin(fields, fieldsOf(context)),
		content: textOf(fields, 'content') ?? '',
		messageId: idOf(fields, 'messageId') ?? idOf(fieldsOf(context), 'messageId'),
	};
}

export function parseOffered(event: unknown, context: unknown): OfferedReply {
	const fields = fieldsOf(event);
	const payload = inner(fields, 'payload');
	const turn = inner(fields, 'usageState');
	const origin = messageOrigin(fields, fieldsOf(context));
	const isNotice = isSet(payload, 'isError') || isSet(payload, 'isStatusNotice');
	return {
		origin: { ...origin, agentId: textOf(turn, 'agentId') ?? origin.agentId },
		content: textOf(payload, 'text') ?? '',
		isGenerated: !isNotice && textOf(fields, 'kind') !== 'tool' && origin.runId !== undefined,
		sessionId: idOf(turn, 'sessionId'),
		model: textOf(turn, 'model'),
		usage: parseUsage(inner(turn, 'usage')),
	};
}

export function parseOutgoing(event: unknown, context: unknown): OutgoingMessage {
	const fields = fieldsOf(event);
	return {
		origin: messageOrigin(fields, fieldsOf(context)),
		content: textOf(fields, 'content') ?? '',
		to: idOf(fields, 'to') ?? idOf(fieldsOf(context), 'conversationId'),
	};
}

export function parseSent(event: unknown, context: unknown): SentMessage {
	const fields = fieldsOf(event);
	const hasFailed = valueOf(fields, 'success') === false;
	return {
		...parseOutgoing(event, context),
		messageId: idOf(fields, 'messageId') ?? idOf(fieldsOf(context), 'messageId'),
		failure: hasFailed ? (textOf(fields, 'error') ?? 'The message was not delivered') : undefined,
	};
}
