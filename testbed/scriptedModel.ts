import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { listAt, at, textAt, tryParseJson, type JsonObject } from './json';
import { readBody, startLocalServer } from './localServer';
import { chooseReply, type Reply, type UnmarkedReply } from './scriptedReply';
import { waitFor, type WaitOptions } from './waitFor';

/** A request that an agent sent to its model. */
export interface ModelRequest {
	/** The message the turn is about: the last one of the user, as the gateway passed it on. */
	readonly userText: string;
	/**
	 * The message itself, without what the gateway puts around content from outside
	 * (`<<<EXTERNAL_UNTRUSTED_CONTENT …>>>`): exactly what was posted to `/hooks/agent`.
	 */
	readonly message: string;
	/** The agent that asks. */
	readonly agentId: string;
	/** All messages of the user in the request. */
	readonly userTexts: readonly string[];
	/** What the gateway itself tells the agent besides: the text of `/hooks/wake` arrives here. */
	readonly gatewayTexts: readonly string[];
	/** The system prompt. It names the agent's workspace. */
	readonly systemText: string;
	/** Names of the tools that the agent offers. */
	readonly tools: readonly string[];
	/** Whether it is the second half of a turn, after a tool ran. */
	readonly afterTool: boolean;
	/** What tools have answered in this turn. */
	readonly toolTexts: readonly string[];
	readonly reply: Reply;
	/** When the answer was sent, milliseconds since 1970; absent until then. */
	readonly answeredAt?: number;
}

/** A language model that answers by a script (see `chooseReply`) over OpenAI's chat API. */
export interface ScriptedModel {
	/** Base URL for the gateway's provider configuration. */
	readonly url: string;
	/** All requests since the start or the last `clear()`. */
	requests(): Promise<readonly ModelRequest[]>;
	waitForRequest(
		fits: (request: ModelRequest) => boolean,
		options?: WaitOptions,
	): Promise<ModelRequest>;
	clear(): Promise<void>;
}

// The gateway appends such messages of its own to the user's; 2026.9.1 introduces them with a line or two.
const INTERNAL =
	/^(?:OpenClaw runtime context .*\n+(?:.+\n+)?)?<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>/;
const WRAPPED =
	/<<<EXTERNAL_UNTRUSTED_CONTENT id="[^"]*">>>\n(?:.*\n)*?---\n([^]*)\n<<<END_EXTERNAL_UNTRUSTED_CONTENT/;
const AGENT = /^Runtime: agent=(\S+)|workspaces\/([\w-]+)$/m;
const USAGE = {
	prompt_tokens: 111,
	completion_tokens: 22,
	total_tokens: 133,
	prompt_tokens_details: { cached_tokens: 11 },
};

function contentText(message: unknown): string {
	const content = at(message, 'content');
	if (typeof content === 'string') return content;
	return listAt(message, 'content')
		.map((part) => textAt(part, 'text'))
		.join('\n');
}

function readTurn(body: unknown, unmarked?: UnmarkedReply): ModelRequest {
	const messages = listAt(body, 'messages');
	const isUser = (message: unknown) =>
		at(message, 'role') === 'user' && !INTERNAL.test(contentText(message));
	const lastUser = messages.findLastIndex(isUser);
	const userTexts = messages.filter(isUser).map(contentText);
	const userText = userTexts.at(-1) ?? '';
	const systemText = messages
		.filter((message) => at(message, 'role') === 'system')
		.map(contentText)
		.join('\n');
	const agent = AGENT.exec(userText) ?? AGENT.exec(systemText);
	const toolTexts = messages
		.slice(lastUser + 1)
		.filter((message) => at(message, 'role') === 'tool')
		.map(contentText);
	const afterTool = toolTexts.length > 0;
	const message = WRAPPED.exec(userText)?.[1] ?? userText;
	const tools = listAt(body, 'tools').map((tool) => textAt(tool, 'function', 'name'));
	return {
		userText,
		message,
		agentId: agent?.[1] ?? agent?.[2] ?? '',
		userTexts,
		gatewayTexts: messages.map(contentText).filter((text) => INTERNAL.test(text)),
		systemText,
		tools,
		afterTool,
		toolTexts,
		reply: chooseReply(userText, { toolTexts, tools }, unmarked?.(message)),
	};
}

function messageOf(reply: Exclude<Reply, { kind: 'fault' }>, callId: string): JsonObject {
	if (reply.kind === 'text') return { role: 'assistant', content: reply.text };
	const call = { name: reply.name, arguments: reply.args };
	return {
		role: 'assistant',
		content: reply.say ?? null,
		tool_calls: [{ index: 0, id: callId, type: 'function', function: call }],
	};
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
	response.writeHead(status, { 'content-type': 'application/json' });
	response.end(JSON.stringify(body));
}

/** The pieces that a reply is streamed in. */
function piecesOf(text: string, pieces: number): readonly string[] {
	const size = Math.max(1, Math.ceil(text.length / pieces));
	return text.match(new RegExp(`[^]{1,${String(size)}}`, 'g')) ?? [text];
}

async function sendReply(
	response: ServerResponse,
	reply: Reply,
	stream: boolean,
	count: number,
): Promise<void> {
	if (reply.kind === 'fault') {
		const message = `The scripted model refuses with ${String(reply.status)}`;
		sendJson(response, reply.status, { error: { message, type: 'scripted', code: 'scripted' } });
		return;
	}
	const head = {
		id: `chatcmpl-${String(count)}`,
		created: Math.floor(Date.now() / 1000),
		model: 'scripted-1',
	};
	const message = messageOf(reply, `call_${String(count)}`);
	const finish_reason = reply.kind === 'tool' ? 'tool_calls' : 'stop';
	if (!stream) {
		const choices = [{ index: 0, finish_reason, message }];
		sendJson(response, 200, { ...head, object: 'chat.completion', choices, usage: USAGE });
		return;
	}
	response.writeHead(200, { 'content-type': 'text/event-stream' });
	const chunk = (choices: readonly JsonObject[], more: JsonObject = {}) => {
		const data = { ...head, object: 'chat.completion.chunk', choices, ...more };
		response.write(`data: ${JSON.stringify(data)}\n\n`);
	};
	if (reply.kind === 'text' && reply.pace !== undefined) {
		for (const content of piecesOf(reply.text, reply.pace.pieces)) {
			chunk([{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }]);
			await delay(reply.pace.everyMs);
		}
	} else {
		chunk([{ index: 0, delta: message, finish_reason: null }]);
	}
	chunk([{ index: 0, delta: {}, finish_reason }]);
	chunk([], { usage: USAGE });
	response.end('data: [DONE]\n\n');
}

/** Where the recorded requests are read and cleared. */
const RECORDS = '/records';

/**
 * Connects to a running scripted model, from another process too.
 *
 * @param url what `ScriptedModel.url` of the started one says
 */
export function connectToScriptedModel(url: string): ScriptedModel {
	const records = new URL(RECORDS, url);
	const requests = async () => (await (await fetch(records)).json()) as ModelRequest[];
	return {
		url,
		requests,
		waitForRequest: async (fits, options) =>
			await waitFor(
				'a request to the scripted model',
				async () => (await requests()).find(fits),
				options,
			),
		clear: async () => {
			await fetch(records, { method: 'DELETE' });
		},
	};
}

/**
 * Starts a scripted model on a free port of the loopback interface.
 *
 * @param unmarked answers messages without a marker; a fixed sentence does unless given
 */
export async function startScriptedModel(
	unmarked?: UnmarkedReply,
): Promise<ScriptedModel & { stop(): Promise<void> }> {
	let turns: ModelRequest[] = [];
	let count = 0;
	const answer = async (message: IncomingMessage, response: ServerResponse) => {
		if (message.url === RECORDS) {
			if (message.method === 'DELETE') turns = [];
			sendJson(response, 200, turns);
			return;
		}
		if (message.method === 'GET') {
			sendJson(response, 200, { object: 'list', data: [{ id: 'scripted-1', object: 'model' }] });
			return;
		}
		const body = tryParseJson((await readBody(message)).toString('utf8'));
		const turn = readTurn(body, unmarked);
		turns.push(turn);
		if (turn.reply.delayMs > 0) await delay(turn.reply.delayMs);
		await sendReply(response, turn.reply, at(body, 'stream') === true, ++count);
		const answeredAt = Date.now();
		turns = turns.map((known) => (known === turn ? { ...turn, answeredAt } : known));
	};
	const server = await startLocalServer((message, response) => {
		answer(message, response).catch(() => response.destroy());
	});
	return {
		...connectToScriptedModel(`${server.url}/v1`),
		stop: async () => server.close(),
	};
}
