import { nearestWord } from './nearest';
import { isObject } from './jsonObject';

/** What agents do. A sender may add others, which receivers pass through. */
export const EVENT_TYPES = [
	'message.received',
	'message.sent',
	'session.created',
	'session.ended',
	'tool.called',
	'tool.completed',
	'error.occurred',
] as const;

/** A tool call waits for somebody's decision, and has it. */
export const APPROVAL_EVENT_TYPES = ['approval.requested', 'approval.resolved'] as const;

/** How deliveries go: sent to endpoints that name them, never by `*`. */
export const PLUGIN_EVENT_TYPES = [
	'endpoint.failing',
	'endpoint.disabled',
	'endpoint.recovered',
	'delivery.failed',
] as const;

/** Every type that an endpoint can name. */
export const KNOWN_EVENT_TYPES = [
	...EVENT_TYPES,
	...APPROVAL_EVENT_TYPES,
	...PLUGIN_EVENT_TYPES,
] as const;

/**
 * Type of a signed request that is no event: it asks an n8n which registered its webhook itself which URL that has,
 * and starts nothing. The answer is `{"received":true,"status":"checked","url":"…"}`.
 */
export const RECEIVER_CHECK = 'webhook.check';

export type PluginEventType = (typeof PLUGIN_EVENT_TYPES)[number];
export type EventType = (typeof KNOWN_EVENT_TYPES)[number];

/** Fields every event may have. What cannot be known is absent. */
export interface EventData {
	readonly agentId?: string;
	readonly sessionId?: string;
	readonly sessionKey?: string;
	readonly channel?: string;
	/** The bot or login in the channel. */
	readonly accountId?: string;
	readonly userId?: string;
	readonly runId?: string;
	/** What started the run: `user`, `cron`, `heartbeat`, `subagent` … */
	readonly trigger?: string;
	readonly sender?: {
		readonly id: string;
		readonly name?: string;
		readonly username?: string;
		readonly isOwner?: boolean;
	};
	readonly conversation?: {
		readonly id: string;
		readonly type?: 'direct' | 'group' | 'channel';
		readonly name?: string;
		readonly threadId?: string;
		readonly threadName?: string;
	};
	/** Of a sub-agent's session: the one that has started it. */
	readonly parentSessionKey?: string;
	/** Of a run that a message to `/webhooks/inbound` has started. */
	readonly origin?: {
		readonly kind: 'inbound';
		readonly endpoint?: string;
		/** What the sender has named itself. */
		readonly source?: string;
		/** How many runs have led from one to the next up to this one. */
		readonly hops: number;
	};
	/** Whether long texts were cut, because the event was larger than 1 MiB. */
	readonly truncated?: true;
	/** Whether it was only sent to try an endpoint. */
	readonly test?: boolean;
	readonly [field: string]: unknown;
}

/** A file that came with a message; its bytes stay in the gateway. */
export interface EventAttachment {
	readonly index: number;
	/** `image`, `audio`, `video`, `document` … */
	readonly kind: string;
	readonly contentType?: string;
	readonly fileName?: string;
	readonly sizeBytes?: number;
}

export interface MessageData extends EventData {
	readonly message?: {
		readonly role: 'user' | 'assistant';
		/** What was written; empty where only a file or a place came. */
		readonly content: string;
		readonly messageId?: string;
		/** When the person wrote, ISO 8601: before `timestamp` where the message had to wait. */
		readonly sentAt?: string;
		readonly replyTo?: {
			readonly messageId: string;
			readonly content?: string;
			readonly sender?: string;
		};
		readonly attachments?: readonly EventAttachment[];
		readonly location?: {
			readonly latitude: number;
			readonly longitude: number;
			/** Meters. */
			readonly accuracy?: number;
			readonly name?: string;
			readonly address?: string;
			readonly isLive?: boolean;
		};
		/** Whether `content` is cut: the gateway did not give all of it. */
		readonly truncated?: boolean;
	};
	readonly model?: string;
	/** Tokens of the whole run, in its first message only. */
	readonly usage?: {
		/** Without what a cache has served. */
		readonly inputTokens: number;
		readonly outputTokens: number;
		readonly cacheReadTokens?: number;
		readonly cacheWriteTokens?: number;
	};
}

export interface SessionData extends EventData {
	readonly resumedFrom?: string;
	readonly reason?: string;
	readonly messageCount?: number;
	readonly durationMs?: number;
}

export interface ToolData extends EventData {
	readonly tool?: {
		readonly name: string;
		readonly callId?: string;
		readonly params?: unknown;
		readonly durationMs?: number;
		readonly result?: unknown;
		readonly error?: unknown;
		/** Why the call was not made, where somebody has decided so. */
		readonly blocked?: { readonly by?: string; readonly reason?: string };
	};
}

export interface ErrorData extends EventData {
	readonly error?: { readonly message: string; readonly code?: string; readonly source?: string };
	/** The model that failed. */
	readonly model?: string;
	/** The tool that failed. */
	readonly tool?: { readonly name: string; readonly callId?: string };
	/** What was not delivered. */
	readonly message?: MessageData['message'];
	/** Whether the run went on with another try or model. */
	readonly recovered?: boolean;
}

/** Why nobody has decided on a tool call: it was denied. */
export const APPROVAL_CAUSES = [
	/** Nobody has decided in time. */
	'expired',
	/** The run was stopped meanwhile. */
	'aborted',
	/** The gateway was stopped, or killed. */
	'restarted',
	/** No active endpoint takes `approval.requested`. */
	'nobody-asked',
] as const;

export type ApprovalCause = (typeof APPROVAL_CAUSES)[number];

export interface ApprovalData extends EventData {
	readonly approval?: {
		/** What a decision names. */
		readonly id: string;
		/** Name of the rule by which the call waits. */
		readonly rule?: string;
		/** The parameters with which it runs, secrets replaced; in the request only. */
		readonly tool?: { readonly name: string; readonly callId?: string; readonly params?: unknown };
		/** Of the parameters as they are, secrets and all: a decision may name it. */
		readonly paramsHash?: string;
		/** ISO 8601. Without a decision until then the call is denied. */
		readonly expiresAt?: string;
		readonly decision?: 'allow' | 'deny';
		/** Who has decided. */
		readonly by?: string;
		readonly reason?: string;
		/** Where nobody has. */
		readonly cause?: ApprovalCause;
	};
}

/** About an endpoint or a delivery of the plugin itself. */
export interface PluginData {
	readonly endpoint?: {
		readonly name: string;
		readonly reason?: string;
		/** When its failures began, milliseconds since 1970. */
		readonly since?: number;
		/** The same, of a time that is over. */
		readonly failingSince?: number;
		readonly [field: string]: unknown;
	};
	readonly delivery?: {
		readonly id: string;
		readonly eventId: string;
		readonly type: string;
		readonly reason: string;
	};
	/** Whether it was only sent to try an endpoint. */
	readonly test?: boolean;
	readonly [field: string]: unknown;
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
	readonly 'approval.requested': ApprovalData;
	readonly 'approval.resolved': ApprovalData;
	readonly 'endpoint.failing': PluginData;
	readonly 'endpoint.disabled': PluginData;
	readonly 'endpoint.recovered': PluginData;
	readonly 'delivery.failed': PluginData;
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
 * Tells the types that are known here from those of a later version.
 *
 * @example
 * isKnownEventType('message.sent'); // true
 */
export function isKnownEventType(type: unknown): type is EventType {
	return (KNOWN_EVENT_TYPES as readonly unknown[]).includes(type);
}

/**
 * Tells the events about deliveries from those about agents: `*` does not stand for them, and nothing is
 * told about a delivery of one.
 *
 * @example
 * isPluginEventType('endpoint.failing'); // true
 */
export function isPluginEventType(type: unknown): type is PluginEventType {
	return (PLUGIN_EVENT_TYPES as readonly unknown[]).includes(type);
}

/**
 * Tells whether a list of event types takes an event. `*` stands for all but the plugin's own, those of
 * later versions among them.
 *
 * @example
 * takesEvent(['*'], 'message.sent'); // true
 * takesEvent(['*'], 'endpoint.failing'); // false
 */
export function takesEvent(events: readonly string[], type: string): boolean {
	return events.includes(type) || (events.includes('*') && !isPluginEventType(type));
}

/**
 * Finds the event type that somebody probably meant.
 *
 * @returns undefined where none is near
 * @example
 * nearestEventType('message.recieved'); // 'message.received'
 */
export function nearestEventType(written: string): EventType | undefined {
	return nearestWord(written, KNOWN_EVENT_TYPES);
}

function invalid(path: string, message: string): ParsedEvent {
	return { ok: false, path, message };
}
