import type { EventData } from '../protocol';
import { fieldsOf, idOf, inner, textOf, valueOf, withoutUnknown } from './fields';
import type { Fields } from './fields';

/** Who has written. */
export interface Sender {
	/** In the channel. */
	readonly id: string;
	readonly name?: string | undefined;
	readonly username?: string | undefined;
	/** Whether it is one of the gateway's owners. */
	readonly isOwner?: boolean | undefined;
}

export type ConversationType = 'direct' | 'group' | 'channel';

/** Where it was written. */
export interface Conversation {
	/** Of the chat in its channel, without the channel's name and without the thread. */
	readonly id: string;
	readonly type?: ConversationType | undefined;
	/** Title of the group or channel. */
	readonly name?: string | undefined;
	/** Topic of a forum, thread of a channel. */
	readonly threadId?: string | undefined;
	readonly threadName?: string | undefined;
}

/** Where something happened; what the gateway did not say is undefined. */
export interface Place {
	readonly agentId?: string | undefined;
	readonly sessionId?: string | undefined;
	readonly sessionKey?: string | undefined;
	/** Id of the channel, such as `telegram`. */
	readonly channel?: string | undefined;
	/** The bot or login in the channel. */
	readonly accountId?: string | undefined;
	/** The sender's id in the channel. */
	readonly userId?: string | undefined;
	readonly runId?: string | undefined;
	/** What started the run: `user`, `cron`, `heartbeat` … */
	readonly trigger?: string | undefined;
	readonly sender?: Sender | undefined;
	readonly conversation?: Conversation | undefined;
	/** Of a sub-agent's session: the session that has started it. */
	readonly parentSessionKey?: string | undefined;
}

/** Channel of the control UI's chat and of the API: there are no chats with ids in it. */
export const WEBCHAT = 'webchat';

const CHAT_KINDS: ReadonlySet<string | undefined> = new Set(['direct', 'group', 'channel']);
const ADDRESS_KINDS: Readonly<Record<string, ConversationType>> = {
	direct: 'direct',
	dm: 'direct',
	user: 'direct',
	group: 'group',
	channel: 'channel',
};

/** Of the hooks about messages, whose `channelId` is the channel. */
export function messagePlace(event: Fields, context: Fields): Place {
	const sessionKey = textOf(event, 'sessionKey') ?? textOf(context, 'sessionKey');
	const channel = textOf(context, 'channelId') ?? textOf(event, 'channel') ?? channelOf(sessionKey);
	return {
		agentId: agentIdOf(sessionKey),
		sessionKey,
		channel,
		accountId: idOf(context, 'accountId'),
		userId: idOf(event, 'senderId') ?? idOf(context, 'senderId'),
		runId: idOf(event, 'runId') ?? idOf(context, 'runId'),
		conversation: parseAddress(idOf(context, 'conversationId') ?? idOf(event, 'to'), channel),
	};
}

/** Of the hooks about runs, whose `channelId` is the conversation. */
export function runPlace(event: Fields, context: Fields): Place {
	const sessionKey = textOf(context, 'sessionKey') ?? textOf(event, 'sessionKey');
	const channel = textOf(context, 'channel', 'messageProvider') ?? channelOf(sessionKey);
	return {
		agentId: textOf(context, 'agentId') ?? textOf(event, 'agentId') ?? agentIdOf(sessionKey),
		sessionId: idOf(context, 'sessionId') ?? idOf(event, 'sessionId'),
		sessionKey,
		channel,
		accountId: idOf(context, 'accountId'),
		userId: idOf(context, 'senderId'),
		runId: idOf(event, 'runId') ?? idOf(context, 'runId'),
		trigger: textOf(context, 'trigger'),
		conversation: parseAddress(idOf(context, 'channelId', 'chatId'), channel),
	};
}

/** Of the hooks about tools, which name who asked for the run. */
export function toolPlace(event: Fields, context: Fields): Place {
	const requester = inner(context, 'requester');
	const run = runPlace(event, context);
	const channel = textOf(requester, 'channel') ?? run.channel;
	const userId = idOf(requester, 'senderId') ?? run.userId;
	const isOwner = valueOf(requester, 'senderIsOwner');
	return {
		...run,
		channel,
		accountId: idOf(requester, 'accountId') ?? run.accountId,
		userId,
		sender:
			userId === undefined || typeof isOwner !== 'boolean' ? undefined : { id: userId, isOwner },
		conversation: parseAddress(idOf(context, 'channelId'), channel),
	};
}

/** Of the hooks about sessions. */
export function sessionPlace(event: unknown, context: unknown): Place {
	return runPlace(fieldsOf(event), fieldsOf(context));
}

/** Of the gateway's agent events. */
export function agentEventPlace(event: unknown): Place {
	return runPlace(fieldsOf(event), {});
}

/**
 * The chat that an address of the gateway means.
 *
 * @example
 * parseAddress('telegram:group:-100:topic:11', 'telegram'); // { id: '-100', type: 'group', threadId: '11' }
 */
export function parseAddress(
	address: string | undefined,
	channel: string | undefined,
): Conversation | undefined {
	if (address === undefined || channel === undefined || channel === WEBCHAT) return undefined;
	if (address === channel || address.startsWith('agent:')) return undefined;
	const inChannel = address.startsWith(`${channel}:`) ? address.slice(channel.length + 1) : address;
	const [, kind, whole = ''] = /^(?:(direct|dm|user|group|channel):)?([^]+)$/.exec(inChannel) ?? [];
	const [, id = '', threadId] = /^([^]+?)(?::(?:topic|thread):([^:]+))?$/.exec(whole) ?? [];
	if (id === '') return undefined;
	return { id, type: kind === undefined ? undefined : ADDRESS_KINDS[kind], threadId };
}

/**
 * The agent of a session, by its key.
 *
 * @see https://docs.openclaw.ai/channels/channel-routing
 * @example
 * agentIdOf('agent:support-bot:telegram:direct:777'); // 'support-bot'
 */
export function agentIdOf(sessionKey: string | undefined): string | undefined {
	const [scheme, agentId] = sessionKey?.split(':', 3) ?? [];
	return scheme === 'agent' && agentId !== '' ? agentId : undefined;
}

/**
 * The channel of a session that belongs to one chat; the main session and those of runs have none.
 *
 * @example
 * channelOf('agent:main:telegram:group:-100200'); // 'telegram'
 * channelOf('agent:main:telegram:work:direct:777'); // 'telegram', with the channel's account
 * channelOf('agent:main:main'); // undefined
 */
export function channelOf(sessionKey: string | undefined): string | undefined {
	return chatOf(sessionKey)?.channel;
}

/** What kind of chat a session belongs to, where its key says so. */
export function chatTypeOf(sessionKey: string | undefined): ConversationType | undefined {
	return chatOf(sessionKey)?.type;
}

function chatOf(sessionKey: string | undefined) {
	const [scheme, , channel, third, fourth, fifth] = sessionKey?.split(':', 6) ?? [];
	if (scheme !== 'agent' || channel === undefined || CHAT_KINDS.has(channel)) return undefined;
	if (CHAT_KINDS.has(third) && fourth !== undefined) {
		return { channel, type: third as ConversationType };
	}
	if (CHAT_KINDS.has(fourth) && fifth !== undefined) {
		return { channel, type: fourth as ConversationType };
	}
	return undefined;
}

/**
 * Whether a session lasts for one run only: those of scheduled runs and hooks, and of API requests that
 * name no user.
 *
 * @example
 * isOneRun('agent:main:cron:6a0d85e8:run:4aa6720d'); // true
 */
export function isOneRun(sessionKey: string): boolean {
	return /^agent:[^:]+:(?:cron:.*:run|openai|openresponses):/.test(sessionKey);
}

/** Whether a session is a sub-agent's. */
export function isSubagent(sessionKey: string | undefined): boolean {
	return sessionKey !== undefined && /^agent:[^:]+:subagent:/.test(sessionKey);
}

/** The data of an event: fields that are not known are left out. */
export function eventData(place: Place, fields: Readonly<Record<string, unknown>>): EventData {
	const { sender, conversation } = place;
	return withoutUnknown({
		agentId: place.agentId,
		sessionId: place.sessionId,
		sessionKey: place.sessionKey,
		channel: place.channel,
		accountId: place.accountId,
		userId: place.userId,
		runId: place.runId,
		trigger: place.trigger,
		sender: sender && withoutUnknown({ ...sender }),
		conversation: conversation && withoutUnknown({ ...conversation }),
		parentSessionKey: place.parentSessionKey,
		...fields,
	});
}

/** Adds what is known from elsewhere; what is known here already stays. */
export function mergePlaces(first: Place, second: Place): Place {
	return {
		agentId: first.agentId ?? second.agentId,
		sessionId: first.sessionId ?? second.sessionId,
		sessionKey: first.sessionKey ?? second.sessionKey,
		channel: first.channel ?? second.channel,
		accountId: first.accountId ?? second.accountId,
		userId: first.userId ?? second.userId,
		runId: first.runId ?? second.runId,
		trigger: first.trigger ?? second.trigger,
		sender: mergeSender(first.sender, second.sender),
		conversation: mergeConversation(first.conversation, second.conversation),
		parentSessionKey: first.parentSessionKey ?? second.parentSessionKey,
	};
}

export function mergeSender(
	first: Sender | undefined,
	second: Sender | undefined,
): Sender | undefined {
	if (first === undefined || second === undefined) return first ?? second;
	if (first.id !== second.id) return first;
	return {
		id: first.id,
		name: first.name ?? second.name,
		username: first.username ?? second.username,
		isOwner: first.isOwner ?? second.isOwner,
	};
}

/** Two that may be the same chat become one; of others the first stays. */
export function mergeConversation(
	first: Conversation | undefined,
	second: Conversation | undefined,
): Conversation | undefined {
	if (first === undefined || second === undefined) return first ?? second;
	if (!isSameChat(first, second)) return first;
	return {
		id: first.id,
		type: first.type ?? second.type,
		name: first.name ?? second.name,
		threadId: first.threadId ?? second.threadId,
		threadName: first.threadName ?? second.threadName,
	};
}

/** Whether two may be the same chat: a thread that only one of them names does not tell them apart. */
export function isSameChat(first: Conversation, second: Conversation): boolean {
	const [left, right] = [first.threadId, second.threadId];
	return first.id === second.id && (left === undefined || right === undefined || left === right);
}
