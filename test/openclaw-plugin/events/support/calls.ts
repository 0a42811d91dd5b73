import type { JsonObject } from '../../../../testbed/json';
import type { HookCall } from './recordings';

type Call = Pick<HookCall, 'hook' | 'event' | 'context'>;

/** Session of a chat with the user 777. */
export const CHAT = 'agent:main:telegram:direct:777';
export const CHAT_SESSION = 'session-of-the-chat';

const CHANNEL = { channelId: 'telegram', conversationId: 'telegram:777', sessionKey: CHAT };

/** Hook calls of a turn in a chat; `fields` replace or add to those of the event. */
export const calls = {
	received: (content: string, fields: JsonObject = {}): Call => ({
		hook: 'message_received',
		event: { content, messageId: '1', senderId: '777', sessionKey: CHAT, ...fields },
		context: { ...CHANNEL, senderId: '777' },
	}),
	runStart: (runId: string, sessionKey = CHAT): Call => ({
		hook: 'lifecycle',
		event: { runId, sessionKey, stream: 'lifecycle', data: { phase: 'start' } },
		context: {},
	}),
	modelInput: (runId: string, context: JsonObject = {}): Call => ({
		hook: 'llm_input',
		event: { runId, sessionId: CHAT_SESSION, model: 'model-1', prompt: 'Hello' },
		context: { ...CHAT_RUN, ...context },
	}),
	modelOutput: (
		runId: string,
		text: string,
		context: JsonObject = {},
		fields: JsonObject = {},
	): Call => ({
		hook: 'llm_output',
		event: {
			runId,
			model: 'model-1',
			assistantTexts: [text],
			lastAssistant: { stopReason: 'stop', content: [{ type: 'text', text }] },
			usage: { input: 10, output: 5 },
			...fields,
		},
		context: { ...CHAT_RUN, ...context },
	}),
	modelFailure: (runId: string, model = 'model-1'): Call => ({
		hook: 'llm_output',
		event: {
			runId,
			model,
			assistantTexts: [],
			lastAssistant: { stopReason: 'error', errorMessage: `${model} is down`, errorCode: 'down' },
		},
		context: CHAT_RUN,
	}),
	runEnd: (runId: string, data: JsonObject = {}, sessionKey = CHAT): Call => ({
		hook: 'lifecycle',
		event: {
			runId,
			sessionKey,
			stream: 'lifecycle',
			data: { phase: 'end', executionSettled: true, ...data },
		},
		context: {},
	}),
	sent: (content: string, fields: JsonObject = {}): Call => ({
		hook: 'message_sent',
		event: {
			to: 'telegram:777',
			content,
			success: true,
			messageId: '2',
			sessionKey: CHAT,
			...fields,
		},
		context: CHANNEL,
	}),
	sessionStart: (fields: JsonObject = {}): Call => ({
		hook: 'session_start',
		event: { sessionId: CHAT_SESSION, sessionKey: CHAT, ...fields },
		context: { agentId: 'main' },
	}),
	sessionEnd: (reason: string, fields: JsonObject = {}): Call => ({
		hook: 'session_end',
		event: { sessionId: CHAT_SESSION, sessionKey: CHAT, messageCount: 0, reason, ...fields },
		context: { agentId: 'main' },
	}),
	toolCall: (params: unknown, fields: JsonObject = {}): Call => ({
		hook: 'before_tool_call',
		event: { toolName: 'fetch', toolCallId: 'call-1', runId: 'run-1', params, ...fields },
		context: { agentId: 'main', sessionKey: CHAT, sessionId: CHAT_SESSION },
	}),
	toolResult: (fields: JsonObject = {}): Call => ({
		hook: 'after_tool_call',
		event: { toolName: 'fetch', toolCallId: 'call-1', runId: 'run-1', params: {}, ...fields },
		context: { agentId: 'main', sessionKey: CHAT, sessionId: CHAT_SESSION },
	}),
};

/** What hooks about model calls tell of a run in the chat. */
export const CHAT_RUN: JsonObject = {
	agentId: 'main',
	sessionKey: CHAT,
	sessionId: CHAT_SESSION,
	trigger: 'user',
	channel: 'telegram',
	chatId: '777',
	senderId: '777',
};

/** The same of a scheduled run whose reply goes to the chat. */
export const SCHEDULED_RUN: JsonObject = {
	agentId: 'main',
	sessionKey: 'agent:main:cron:job:run:1',
	sessionId: 'session-of-the-run',
	trigger: 'cron',
	channel: 'telegram',
	chatId: '777',
	senderId: undefined,
};
