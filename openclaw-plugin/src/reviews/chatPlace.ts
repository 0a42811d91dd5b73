import { fieldsOf, idOf, inner, textOf } from '../events/fields';

/** A chat, as the gateway addresses it. */
export interface ChatPlace {
	/** Id of the channel, such as `telegram`. */
	readonly channel: string;
	/** Who or what in it, such as `777` or `channel:C123`. */
	readonly to: string;
	/** Of the bot, where the channel has several. */
	readonly accountId?: string;
	readonly threadId?: string;
}

/** Where a command was written, and by whom, as the gateway tells its handler. */
export interface CommandPlace {
	readonly channel: string;
	readonly senderId: string | undefined;
	readonly sessionKey: string | undefined;
	readonly accountId: string | undefined;
	/** The gateway's words for the chat; which of them names it depends on the channel. */
	readonly chats: readonly string[];
}

/** What of a question says whose answer counts; see `ReviewRequest`. */
interface Asked {
	readonly place: ChatPlace;
	readonly sessionKey?: string;
	readonly approvers?: readonly string[];
}

/** Reads where a session's replies go, from the gateway's entry of the session; undefined where they go to no channel. */
export function placeOfSession(entry: unknown): ChatPlace | undefined {
	const delivery = inner(fieldsOf(entry), 'delivery');
	if (textOf(delivery, 'kind') !== 'external') return undefined;
	const context = inner(delivery, 'context');
	const channel = textOf(context, 'channel');
	const to = textOf(context, 'to');
	if (channel === undefined || to === undefined) return undefined;
	const accountId = textOf(context, 'accountId');
	const threadId = idOf(context, 'threadId');
	return {
		channel,
		to,
		...(accountId === undefined ? {} : { accountId }),
		...(threadId === undefined ? {} : { threadId }),
	};
}

/** Reads the context of a command. */
export function placeOfCommand(context: unknown): CommandPlace {
	const fields = fieldsOf(context);
	return {
		channel: (textOf(fields, 'channel') ?? '').toLowerCase(),
		senderId: idOf(fields, 'senderId'),
		sessionKey: textOf(fields, 'sessionKey'),
		accountId: textOf(fields, 'accountId'),
		chats: ['from', 'to'].flatMap((name) => idOf(fields, name) ?? []),
	};
}

/**
 * Whether a command was written in the chat that a question was asked in. A topic of it is the same chat: the same
 * people read it.
 */
export function isSameChat({ place, sessionKey }: Asked, command: CommandPlace): boolean {
	if (command.channel !== place.channel) return false;
	const accounts = [place.accountId, command.accountId];
	if (!accounts.includes(undefined) && accounts[0] !== accounts[1]) return false;
	const asked = chatId(place.channel, place.to);
	if (command.chats.some((chat) => chatId(place.channel, chat) === asked)) return true;
	// A session that is named after its chat is that chat alone; the main one may be that of many.
	return (
		sessionKey !== undefined &&
		sessionKey === command.sessionKey &&
		sessionKey.includes(`:${place.channel}:`)
	);
}

/** Whether the answer of who has written a command counts. */
export function mayAnswer({ approvers, place }: Asked, { senderId }: CommandPlace): boolean {
	if (approvers === undefined) return true;
	if (senderId === undefined) return false;
	const sender = chatId(place.channel, senderId);
	return approvers.some((approver) => chatId(place.channel, approver) === sender);
}

const KIND = /^(?:user|direct|dm|group|channel|chat|conversation|slash):/i;
const TOPIC = /:(?:topic|thread):.*$/i;

/**
 * The id alone: `telegram:group:-100:topic:11`, `group:-100` and `-100` are one chat.
 *
 * @example
 * chatId('slack', 'slack:channel:C123'); // 'c123'
 */
function chatId(channel: string, address: string): string {
	const id = address.toLowerCase().startsWith(`${channel}:`)
		? address.slice(channel.length + 1)
		: address;
	return id.replace(KIND, '').replace(TOPIC, '').toLowerCase();
}
