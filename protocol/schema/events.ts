import { APPROVAL_CAUSES } from '../event';
import type { EventType } from '../event';

/** A JSON Schema, draft 7. */
export type JsonSchema = Readonly<Record<string, unknown>>;

const TEXT: JsonSchema = { type: 'string', minLength: 1 };
const AMOUNT: JsonSchema = { type: 'integer', minimum: 0 };
const TIME: JsonSchema = {
	type: 'string',
	pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d+)?Z$',
};
const ANYTHING: JsonSchema = {};

/** An object with these fields and no others; those whose name ends in `?` may be absent. */
function object(fields: Readonly<Record<string, JsonSchema>>): JsonSchema {
	const entries = Object.entries(fields);
	const required = entries.map(([name]) => name).filter((name) => !name.endsWith('?'));
	return {
		type: 'object',
		additionalProperties: false,
		...(required.length === 0 ? {} : { required }),
		properties: Object.fromEntries(
			entries.map(([name, schema]) => [name.replace(/\?$/, ''), schema]),
		),
	};
}

const SENDER = object({
	id: TEXT,
	'name?': TEXT,
	'username?': TEXT,
	'isOwner?': { type: 'boolean' },
});

const CONVERSATION = object({
	id: TEXT,
	'type?': { enum: ['direct', 'group', 'channel'] },
	'name?': TEXT,
	'threadId?': TEXT,
	'threadName?': TEXT,
});

/** Sent to try an endpoint. */
const TEST: Readonly<Record<string, JsonSchema>> = { 'test?': { enum: [true] } };

/** Where and who: in every event, each field where it is known. */
const ORIGIN: Readonly<Record<string, JsonSchema>> = {
	'agentId?': TEXT,
	'sessionId?': TEXT,
	'channel?': TEXT,
	'accountId?': TEXT,
	'userId?': TEXT,
	'runId?': TEXT,
	'trigger?': TEXT,
	'sender?': SENDER,
	'conversation?': CONVERSATION,
	'parentSessionKey?': TEXT,
	'origin?': object({
		kind: { enum: ['inbound'] },
		'endpoint?': TEXT,
		'source?': TEXT,
		hops: AMOUNT,
	}),
	// What was too large was cut.
	'truncated?': { enum: [true] },
	...TEST,
};

const ATTACHMENT = object({
	index: AMOUNT,
	kind: TEXT,
	'contentType?': TEXT,
	'fileName?': TEXT,
	'sizeBytes?': AMOUNT,
});

const LOCATION = object({
	latitude: { type: 'number' },
	longitude: { type: 'number' },
	'accuracy?': { type: 'number' },
	'name?': TEXT,
	'address?': TEXT,
	'isLive?': { enum: [true] },
});

const USER_MESSAGE = object({
	role: { enum: ['user'] },
	content: { type: 'string' },
	'messageId?': TEXT,
	'sentAt?': TIME,
	'replyTo?': object({ messageId: TEXT, 'content?': TEXT, 'sender?': TEXT }),
	'attachments?': { type: 'array', minItems: 1, items: ATTACHMENT },
	'location?': LOCATION,
});

const REPLY = object({
	role: { enum: ['assistant'] },
	content: { type: 'string' },
	'messageId?': TEXT,
	'attachments?': { type: 'array', minItems: 1, items: ATTACHMENT },
	'truncated?': { enum: [true] },
});

const USAGE = object({
	inputTokens: AMOUNT,
	outputTokens: AMOUNT,
	'cacheReadTokens?': AMOUNT,
	'cacheWriteTokens?': AMOUNT,
});

const CALL = { name: TEXT, 'callId?': TEXT };
const ANYWHERE = { ...ORIGIN, 'sessionKey?': TEXT };
const SESSION = { ...ORIGIN, sessionKey: TEXT };
/** What `data` holds for each type. */
const DATA: Readonly<Record<EventType, JsonSchema>> = {
	'message.received': object({ ...ANYWHERE, message: USER_MESSAGE }),
	'message.sent': object({ ...ANYWHERE, message: REPLY, 'model?': TEXT, 'usage?': USAGE }),
	'session.created': object({ ...SESSION, 'resumedFrom?': TEXT }),
	'session.ended': object({
		...SESSION,
		reason: TEXT,
		'messageCount?': AMOUNT,
		'durationMs?': AMOUNT,
	}),
	'tool.called': object({ ...ANYWHERE, tool: object({ ...CALL, params: ANYTHING }) }),
	'tool.completed': object({
		...ANYWHERE,
		tool: object({
			...CALL,
			'params?': ANYTHING,
			'durationMs?': AMOUNT,
			'result?': ANYTHING,
			'error?': TEXT,
			'blocked?': object({ 'by?': TEXT, 'reason?': TEXT }),
		}),
	}),
	'error.occurred': object({
		...ANYWHERE,
		error: object({
			message: TEXT,
			'code?': TEXT,
			source: { enum: ['run', 'model', 'tool', 'delivery'] },
		}),
		'tool?': object(CALL),
		'message?': REPLY,
		'model?': TEXT,
		'recovered?': { enum: [true] },
	}),
	'approval.requested': object({
		...ANYWHERE,
		approval: object({
			id: TEXT,
			rule: TEXT,
			tool: object({ ...CALL, params: ANYTHING }),
			paramsHash: { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' },
			expiresAt: TIME,
		}),
	}),
	'approval.resolved': object({
		...ANYWHERE,
		approval: object({
			id: TEXT,
			rule: TEXT,
			tool: object(CALL),
			decision: { enum: ['allow', 'deny'] },
			'by?': TEXT,
			'reason?': TEXT,
			'cause?': { enum: [...APPROVAL_CAUSES] },
		}),
	}),
	'endpoint.failing': object({
		...TEST,
		endpoint: object({ name: TEXT, reason: { type: 'string' }, 'since?': AMOUNT }),
	}),
	'endpoint.disabled': object({
		...TEST,
		endpoint: object({ name: TEXT, reason: { type: 'string' } }),
	}),
	'endpoint.recovered': object({
		...TEST,
		endpoint: object({ name: TEXT, 'failingSince?': AMOUNT }),
	}),
	'delivery.failed': object({
		...TEST,
		endpoint: object({ name: TEXT }),
		delivery: object({ id: TEXT, eventId: TEXT, type: TEXT, reason: { type: 'string' } }),
	}),
};

/**
 * The schema of a whole event, as the gateway's plugin sends it. Receivers ignore what they don't know:
 * it says what this version sends, not what is to be refused.
 *
 * @example
 * const validate = new Ajv().compile(eventSchema('message.sent'));
 */
export function eventSchema(type: EventType): JsonSchema {
	return {
		$schema: 'http://json-schema.org/draft-07/schema#',
		title: type,
		...object({
			id: { type: 'string', pattern: '^evt_[0-9a-z]{24,}$' },
			type: { enum: [type] },
			timestamp: TIME,
			instanceId: TEXT,
			'replayOf?': { type: 'string', pattern: '^evt_' },
			data: DATA[type],
		}),
	};
}
