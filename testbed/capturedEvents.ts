import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEventId, type EventType, type OpenClawEvent } from '../index';
import { at, objectAt, textAt, type JsonObject } from './json';

/** A hook call of a running gateway, as it was recorded. */
interface Capture {
	readonly hook: string;
	readonly event: JsonObject;
	readonly ctx: JsonObject;
}

const FILE = join(__dirname, '..', 'test', 'fixtures', 'captures', 'hooks.jsonl');

function readCaptures(): Capture[] {
	return readFileSync(FILE, 'utf8')
		.trim()
		.split('\n')
		.map((line) => JSON.parse(line) as unknown)
		.map((row) => ({
			hook: textAt(row, 'hook'),
			event: objectAt(row, 'event'),
			ctx: objectAt(row, 'ctx'),
		}));
}

/** Leaves out what the gateway didn't say: a field that can't be known is absent. */
function known(fields: JsonObject): JsonObject {
	return Object.fromEntries(
		Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''),
	);
}

function who({ event, ctx }: Capture): JsonObject {
	const sessionKey = textAt(event, 'sessionKey') || textAt(ctx, 'sessionKey');
	const address = textAt(ctx, 'requester', 'channel') || textAt(ctx, 'channelId');
	return known({
		agentId: textAt(ctx, 'agentId') || /^agent:([^:]+):/.exec(sessionKey)?.[1],
		sessionId: textAt(ctx, 'sessionId') || textAt(event, 'sessionId'),
		channel: textAt(ctx, 'channel') || address,
		userId: textAt(ctx, 'senderId') || textAt(ctx, 'requester', 'senderId'),
	});
}

type Mapping = (capture: Capture, all: readonly Capture[]) => JsonObject;

const received: Mapping = (capture) => ({
	...who(capture),
	message: {
		role: 'user',
		content: capture.event.content,
		messageId: textAt(capture.event, 'messageId'),
	},
});

const sent: Mapping = (capture, all) => {
	// The delivery itself doesn't know model and usage: the reply just before it does.
	const reply = all.find(
		({ hook, event }) =>
			hook === 'reply_payload_sending' && at(event, 'payload', 'text') === capture.event.content,
	);
	const usage = at(reply?.event, 'usageState', 'usage');
	return known({
		...who(capture),
		sessionId: textAt(reply?.event, 'usageState', 'sessionId'),
		userId: textAt(reply?.ctx, 'senderId'),
		message: {
			role: 'assistant',
			content: capture.event.content,
			messageId: textAt(capture.event, 'messageId'),
		},
		model: textAt(reply?.event, 'usageState', 'model'),
		usage: { inputTokens: at(usage, 'input'), outputTokens: at(usage, 'output') },
	});
};

const sessionCreated: Mapping = (capture) =>
	known({
		...who(capture),
		sessionKey: capture.event.sessionKey,
		resumedFrom: capture.event.resumedFrom,
	});

const sessionEnded: Mapping = (capture) =>
	known({
		...who(capture),
		sessionKey: capture.event.sessionKey,
		reason: capture.event.reason,
		messageCount: capture.event.messageCount,
	});

const toolCalled: Mapping = ({ event, ...rest }) => ({
	...who({ event, ...rest }),
	tool: { name: event.toolName, callId: event.toolCallId, params: event.params },
});

const toolCompleted: Mapping = ({ event, ...rest }) => ({
	...who({ event, ...rest }),
	tool: known({
		name: event.toolName,
		callId: event.toolCallId,
		params: event.params,
		durationMs: event.durationMs,
		result: event.result,
		error: event.error,
	}),
});

const errorOccurred: Mapping = (capture) => ({
	...who(capture),
	error: {
		message: textAt(capture.event, 'lastAssistant', 'errorMessage'),
		code: textAt(capture.event, 'lastAssistant', 'errorCode'),
		source: 'model',
	},
});

const SOURCES: ReadonlyArray<readonly [EventType, string, Mapping]> = [
	['session.created', 'session_start', sessionCreated],
	['message.received', 'message_received', received],
	['tool.called', 'before_tool_call', toolCalled],
	['tool.completed', 'after_tool_call', toolCompleted],
	['message.sent', 'message_sent', sent],
	['error.occurred', 'llm_output', errorOccurred],
	['session.ended', 'session_end', sessionEnded],
];

/**
 * Events of all seven types from what a real gateway reported to its hooks, in the order of a
 * conversation, each with a new id.
 *
 * @example
 * for (const event of capturedEvents()) await sendEvent(url, { event, secret });
 */
export function capturedEvents(): OpenClawEvent[] {
	const captures = readCaptures();
	return SOURCES.flatMap(([type, hook, mapping]) =>
		captures
			.filter((capture) => capture.hook === hook && capture.event.success !== false)
			.map((capture) => ({
				id: createEventId(),
				type,
				timestamp: new Date().toISOString(),
				instanceId: 'testbed-gateway',
				data: mapping(capture, captures),
			})),
	);
}

/**
 * The first captured event of a type, with a new id.
 *
 * @param data fields that replace those of its `data`
 * @example
 * const event = capturedEvent('message.received', { userId: '42' });
 */
export function capturedEvent(type: EventType, data: JsonObject = {}): OpenClawEvent {
	const found = capturedEvents().find((event) => event.type === type);
	if (found === undefined) throw new Error(`No capture holds a ${type}`);
	return { ...found, data: { ...found.data, ...data } };
}
