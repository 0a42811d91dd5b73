import type { IncomingMessage, ServerResponse } from 'node:http';
import { at, isObject, listAt, textAt, tryParseJson, type JsonObject } from './json';
import { readBody, startLocalServer } from './localServer';
import { waitFor, type WaitOptions } from './waitFor';

/** A message that the gateway sent or edited. */
export interface TelegramCall {
	/** Method of the Bot API, such as `sendMessage`. */
	readonly method: string;
	readonly text: string;
	readonly chatId: string;
	/** Topic of a group; empty outside of topics. */
	readonly threadId: string;
	/** Whether Telegram accepted it. */
	readonly ok: boolean;
	/** Which message it is: the one that was sent or edited. */
	readonly messageId: string;
	/** What stands on its buttons, and what they send back. */
	readonly buttons: readonly { readonly text: string; readonly data: string }[];
	/** When it came, as `performance.now()`. */
	readonly at: number;
}

/** A file that somebody sends. */
export interface TelegramFile {
	readonly kind: 'photo' | 'voice' | 'document';
	readonly content: Buffer;
	readonly mimeType?: string;
	readonly fileName?: string;
	readonly caption?: string;
}

/** Who writes, and where; a user with the id 777 in a chat with the bot unless given. */
export interface TelegramSender {
	readonly userId?: number;
	/** A negative number is a group; the chat with the user unless given. */
	readonly chatId?: number;
	/** First name; Ada unless given. */
	readonly name?: string;
	/** Topic of a group. */
	readonly threadId?: number;
	/** Further fields of the message, as in the Bot API: `reply_to_message`, `location` … */
	readonly more?: JsonObject;
}

/** A local Bot API, for gateways that must not reach the real one. */
export interface TelegramStandIn {
	readonly url: string;
	/** Top-level configuration keys that make a gateway use it, all chats going to one agent. */
	config(agentId: string): JsonObject;
	/** Lets a user write to the bot and returns the message's id. */
	write(text: string, sender?: TelegramSender): string;
	/** Lets a user press a button of a message. */
	press(call: TelegramCall, text: string, sender?: TelegramSender): void;
	/** Lets a user send a file and returns the message's id. */
	sendFile(file: TelegramFile, sender?: TelegramSender): string;
	/** What the gateway has sent or edited so far. */
	readonly sent: readonly TelegramCall[];
	waitForSent(fits: (call: TelegramCall) => boolean, options?: WaitOptions): Promise<TelegramCall>;
	/** Refuses the next messages with a text, as of a user who has blocked the bot. */
	refuseNext(count: number, text: string): void;
	stop(): Promise<void>;
}

const BOT = { id: 42, is_bot: true, first_name: 'Testbed', username: 'testbed_bot' };
const BOT_TOKEN = '42:TESTBED-TOKEN-OF-THE-TELEGRAM-STAND-IN';
/** What the person sees: messages that come, change and go. */
const SENDS = /^(?:send|edit|delete)(?!ChatAction$|My|Webhook)/;
const LONGEST_POLL_MS = 30_000;

/** Answers of methods that only ask. */
const FIXED_RESULTS: Readonly<Record<string, unknown>> = {
	getMe: { ...BOT, can_join_groups: true, can_read_all_group_messages: true },
	getWebhookInfo: { url: '', has_custom_certificate: false, pending_update_count: 0 },
	getMyCommands: [],
};

interface Update {
	readonly update_id: number;
	readonly message?: JsonObject;
	readonly callback_query?: JsonObject;
}

/** Updates that are kept until the bot asks for later ones. */
class UpdateQueue {
	private updates: Update[] = [];
	private waiting: Array<() => void> = [];
	private nextId = 1000;

	add(update: Omit<Update, 'update_id'>): void {
		this.updates.push({ update_id: this.nextId++, ...update });
		this.wake();
	}

	wake(): void {
		for (const resume of this.waiting.splice(0)) resume();
	}

	async take(offset: number, timeoutMs: number): Promise<readonly Update[]> {
		this.updates = this.updates.filter(({ update_id }) => update_id >= offset);
		if (this.updates.length === 0 && timeoutMs > 0) {
			await new Promise<void>((resolve) => {
				const timer = setTimeout(resolve, timeoutMs);
				this.waiting.push(() => {
					clearTimeout(timer);
					resolve();
				});
			});
		}
		return this.updates.filter(({ update_id }) => update_id >= offset);
	}
}

function answer(response: ServerResponse, result: unknown): void {
	response.writeHead(200, { 'content-type': 'application/json' });
	response.end(JSON.stringify({ ok: true, result }));
}

function refuse(response: ServerResponse): void {
	const description = 'Forbidden: bot was blocked by the user';
	response.writeHead(403, { 'content-type': 'application/json' });
	response.end(JSON.stringify({ ok: false, error_code: 403, description }));
}

/** The buttons below a message; a form sends them as text. */
function buttonsOf(markup: unknown): TelegramCall['buttons'] {
	const keyboard = typeof markup === 'string' ? tryParseJson(markup) : markup;
	return listAt(keyboard, 'inline_keyboard')
		.flatMap((row) => listAt(row))
		.map((button) => ({ text: textAt(button, 'text'), data: textAt(button, 'callback_data') }));
}

async function readParameters(request: IncomingMessage, url: URL): Promise<JsonObject> {
	const body = tryParseJson((await readBody(request)).toString('utf8'));
	return { ...Object.fromEntries(url.searchParams), ...(isObject(body) ? body : {}) };
}

function incomingMessage(id: number, text: string, sender: TelegramSender): JsonObject {
	const userId = sender.userId ?? 777;
	const chatId = sender.chatId ?? userId;
	const name = { first_name: sender.name ?? 'Ada', username: `user_${String(userId)}` };
	const isTopic = sender.threadId !== undefined;
	const chat =
		chatId < 0
			? { type: 'supergroup', title: 'Team', ...(isTopic ? { is_forum: true } : {}) }
			: { type: 'private', ...name };
	return {
		message_id: id,
		date: Math.floor(Date.now() / 1000),
		chat: { id: chatId, ...chat },
		from: { id: userId, is_bot: false, language_code: 'en', ...name },
		...(isTopic ? { message_thread_id: sender.threadId, is_topic_message: true } : {}),
		...(text === '' ? {} : { text }),
		...sender.more,
	};
}

/**
 * Starts a Bot API on the loopback interface.
 *
 * @example
 * const telegram = await startTelegramStandIn();
 * const gateway = await startGateway({ runtimes, modelUrl, config: telegram.config('support-bot') });
 * telegram.write('Hello');
 * await telegram.waitForSent(({ text }) => text !== '');
 */
export async function startTelegramStandIn(): Promise<TelegramStandIn> {
	const updates = new UpdateQueue();
	const sent: TelegramCall[] = [];
	const files = new Map<string, Buffer>();
	let nextMessageId = 5000;
	let refused = { count: 0, text: '' };

	const add = (text: string, sender: TelegramSender) => {
		const id = nextMessageId++;
		updates.add({ message: incomingMessage(id, text, sender) });
		return String(id);
	};
	const store = ({ kind, content, fileName }: TelegramFile) => {
		const extension = { photo: 'jpg', voice: 'oga', document: 'bin' }[kind];
		const path = `files/${fileName ?? `file_${String(files.size)}.${extension}`}`;
		files.set(path, content);
		return path;
	};

	const send = (method: string, parameters: JsonObject, response: ServerResponse) => {
		const ok = refused.count === 0 || textAt(parameters, 'text') !== refused.text;
		if (!ok) refused.count -= 1;
		const { chat_id: chatId, text, message_thread_id: threadId } = parameters;
		const edited = at(parameters, 'message_id');
		const messageId = edited === undefined ? (ok ? nextMessageId++ : 0) : Number(edited);
		sent.push({
			method,
			text: textAt(parameters, 'text') || textAt(parameters, 'caption'),
			chatId: String(chatId),
			threadId: typeof threadId === 'number' ? String(threadId) : '',
			ok,
			messageId: String(messageId),
			buttons: buttonsOf(parameters.reply_markup),
			at: performance.now(),
		});
		if (!ok) {
			refuse(response);
			return;
		}
		answer(response, {
			message_id: messageId,
			date: Math.floor(Date.now() / 1000),
			chat: { id: Number(chatId), type: Number(chatId) < 0 ? 'supergroup' : 'private' },
			from: BOT,
			text,
			...(threadId === undefined
				? {}
				: { message_thread_id: Number(threadId), is_topic_message: true }),
		});
	};
	const handle = async (request: IncomingMessage, response: ServerResponse) => {
		const url = new URL(request.url ?? '', 'http://localhost');
		const method = url.pathname.split('/').at(-1) ?? '';
		const parameters = await readParameters(request, url);
		if (method === 'getUpdates') {
			const timeoutMs = Math.min(Number(parameters.timeout ?? 0) * 1000, LONGEST_POLL_MS);
			answer(response, await updates.take(Number(parameters.offset ?? 0), timeoutMs));
		} else if (SENDS.test(method)) {
			send(method, parameters, response);
		} else if (method === 'getFile') {
			const path = String(parameters.file_id);
			const size = files.get(path)?.length;
			answer(response, { file_id: path, file_unique_id: path, file_size: size, file_path: path });
		} else if (url.pathname.startsWith('/file/')) {
			response.end(files.get(url.pathname.split('/').slice(3).join('/')));
		} else if (method === 'getChat') {
			answer(response, { id: Number(parameters.chat_id), type: 'private', first_name: 'Ada' });
		} else {
			answer(response, FIXED_RESULTS[method] ?? true);
		}
	};
	const server = await startLocalServer((request, response) => {
		handle(request, response).catch(() => response.destroy());
	});
	return {
		url: server.url,
		config: (agentId) => ({
			channels: {
				telegram: {
					enabled: true,
					botToken: BOT_TOKEN,
					apiRoot: server.url,
					dmPolicy: 'open',
					allowFrom: ['*'],
					groupPolicy: 'open',
					groups: { '*': { requireMention: false } },
				},
			},
			bindings: [{ agentId, match: { channel: 'telegram', accountId: 'default' } }],
		}),
		write: (text, sender = {}) => add(text, sender),
		press: (call, text, sender = {}) => {
			const button = call.buttons.find((one) => one.text === text);
			if (button === undefined) throw new Error(`The message has no button '${text}'`);
			const chatId = Number(call.chatId);
			const pressed = incomingMessage(Number(call.messageId), call.text, { ...sender, chatId });
			const message = { ...pressed, from: BOT };
			updates.add({
				callback_query: {
					id: String(nextMessageId++),
					chat_instance: call.chatId,
					from: pressed.from,
					message,
					data: button.data,
				},
			});
		},
		sendFile: (file, sender = {}) => {
			const path = store(file);
			const { content, mimeType, fileName, caption } = file;
			const common = { file_id: path, file_unique_id: path, file_size: content.length };
			const named = { ...common, mime_type: mimeType, file_name: fileName };
			const part =
				file.kind === 'photo'
					? { photo: [{ ...common, width: 1, height: 1 }] }
					: { [file.kind]: { ...named, ...(file.kind === 'voice' ? { duration: 1 } : {}) } };
			const more = { ...part, ...(caption === undefined ? {} : { caption }), ...sender.more };
			return add('', { ...sender, more });
		},
		sent,
		waitForSent: async (fits, options) =>
			await waitFor('a message to Telegram', () => sent.find(fits), options),
		refuseNext: (count, text) => {
			refused = { count, text };
		},
		stop: async () => {
			updates.wake();
			await server.close();
		},
	};
}
