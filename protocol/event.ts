/** The events of the protocol; a sender may add others, which receivers pass through. */
export const EVENT_TYPES = [
	'message.received',
	'message.sent',
	'session.created',
	'session.ended',
	'tool.called',
	'tool.completed',
	'error.occurred',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

/** Fields every event may have. What cannot be known is absent. */
export interface EventData {
	readonly agentId?: string;
	readonly sessionId?: string;
	readonly channel?: string;
	readonly userId?: string;
	readonly [field: string]: unknown;
}

export interface MessageData extends EventData {
	readonly message?: {
		readonly role: 'user' | 'assistant';
		readonly content: string;
		readonly messageId?: string;
	};
	readonly model?: string;
	readonly usage?: { readonly inputTokens: number; readonly outputTokens: number };
}

export interface SessionData extends EventData {
	readonly sessionKey?: string;
	readonly resumedFrom?: string;
	readonly reason?: string;
	readonly messageCount?: number;
}

export interface ToolData extends EventData {
	readonly tool?: {
		readonly name: string;
		readonly callId?: string;
		readonly params?: unknown;
		readonly durationMs?: number;
		readonly result?: unknown;
		readonly error?: unknown;
	};
}

export interface ErrorData extends EventData {
	readonly error?: { readonly message: string; readonly code?: string; readonly source?: string };
}

/** What `data` holds for each type. Only the envelope is checked: treat the rest as hints. */
export interface EventDataByType {
	readonly 'message.received': MessageData;
	readonly 'message.sent': MessageData;
	readonly 'session.created': SessionData;
	readonly 'session.ended': SessionData;
	readonly 'tool.called': ToolData;
	readonly 'tool.completed': ToolData;
	readonly 'error.occurred': ErrorData;
}

/** The body of each request a gateway sends. */
export interface OpenClawEvent<Type extends string = string> {
	/** `evt_…`, the same on every retry: what duplicates are recognized by. */
	readonly id: string;
	readonly type: Type;
	/** When it happened, ISO 8601. */
	readonly timestamp: string;
	/** Which gateway it happened in. */
	readonly instanceId: string;
	readonly data: Type extends EventType ? EventDataByType[Type] : EventData;
	readonly [field: string]: unknown;
}

/** `path` is the field at fault, empty for the event as a whole. */
export type ParsedEvent =
	| { ok: true; event: OpenClawEvent }
	| { ok: false; path: string; message: string };

const ENVELOPE_TEXTS = ['id', 'type', 'timestamp', 'instanceId'] as const;

/**
 * Checks that a value has the form of an event. Types that are not known here and fields beyond the
 * envelope are kept as they are.
 *
 * @param value the parsed JSON body, verified before
 * @returns the same object as an event, or the field at fault; never throws
 * @example
 * const parsed = parseEvent(JSON.parse(rawBody.toString()));
 * if (parsed.ok && isEventType(parsed.event, 'message.sent')) log(parsed.event.data.message?.content);
 */
export function parseEvent(value: unknown): ParsedEvent {
	if (!isObject(value)) return invalid('', 'The event must be a JSON object');
	for (const field of ENVELOPE_TEXTS) {
		const text = Object.hasOwn(value, field) ? value[field] : undefined;
		if (typeof text !== 'string' || text === '') {
			return invalid(field, `The event needs a text in '${field}'`);
		}
	}
	if (!Object.hasOwn(value, 'data') || !isObject(value.data)) {
		return invalid('data', "The event needs an object in 'data'");
	}
	return { ok: true, event: value as unknown as OpenClawEvent };
}

/**
 * Narrows an event to one type, so that the fields of its `data` are known to TypeScript.
 *
 * @example
 * if (isEventType(event, 'tool.called')) console.log(event.data.tool?.name);
 */
export function isEventType<Type extends EventType>(
	event: OpenClawEvent,
	type: Type,
): event is OpenClawEvent<Type> {
	return event.type === type;
}

/**
 * Tells the seven known types from others.
 *
 * @example
 * isKnownEventType('message.sent'); // true
 */
export function isKnownEventType(type: unknown): type is EventType {
	return (EVENT_TYPES as readonly unknown[]).includes(type);
}

function invalid(path: string, message: string): ParsedEvent {
	return { ok: false, path, message };
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
