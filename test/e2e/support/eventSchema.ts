import { isKnownEventType, type EventType } from '../../../protocol';
import { isObject, type JsonObject } from '../../../testbed/json';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string' && value !== '';
const isAmount: Check = (value) =>
	typeof value === 'number' && Number.isInteger(value) && value >= 0;
const isOneOf =
	(...values: readonly unknown[]): Check =>
	(value) =>
		values.includes(value);
const anything: Check = () => true;

/** Fields of an object: those named with a question mark may be absent, others may not be there. */
const fields =
	(checks: Readonly<Record<string, Check>>): Check =>
	(value) =>
		isObject(value) &&
		Object.keys(value).every(
			(name) => Object.hasOwn(checks, name) || Object.hasOwn(checks, `${name}?`),
		) &&
		Object.entries(checks).every(([name, check]) => {
			const isOptional = name.endsWith('?');
			const field = value[isOptional ? name.slice(0, -1) : name];
			return field === undefined ? isOptional : check(field);
		});

const ORIGIN = {
	'agentId?': isText,
	'sessionId?': isText,
	'sessionKey?': isText,
	'channel?': isText,
	'userId?': isText,
	'runId?': isText,
	'trigger?': isText,
};
const message = (role: string) =>
	fields({
		role: isOneOf(role),
		content: (value) => typeof value === 'string',
		'messageId?': isText,
	});
const usage = fields({
	inputTokens: isAmount,
	outputTokens: isAmount,
	'cacheReadTokens?': isAmount,
	'cacheWriteTokens?': isAmount,
});
const tool = { name: isText, 'callId?': isText };

/** What `data` holds for each type. */
const DATA: Readonly<Record<EventType, Check>> = {
	'message.received': fields({ ...ORIGIN, message: message('user') }),
	'message.sent': fields({
		...ORIGIN,
		message: message('assistant'),
		'model?': isText,
		'usage?': usage,
	}),
	'session.created': fields({ ...ORIGIN, sessionKey: isText, 'resumedFrom?': isText }),
	'session.ended': fields({
		...ORIGIN,
		sessionKey: isText,
		reason: isText,
		'messageCount?': isAmount,
		'durationMs?': isAmount,
	}),
	'tool.called': fields({ ...ORIGIN, tool: fields({ ...tool, params: isObject }) }),
	'tool.completed': fields({
		...ORIGIN,
		tool: fields({
			...tool,
			params: isObject,
			durationMs: isAmount,
			'result?': anything,
			'error?': isText,
		}),
	}),
	'error.occurred': fields({
		...ORIGIN,
		error: fields({
			message: isText,
			'code?': isText,
			source: isOneOf('run', 'model', 'tool', 'delivery'),
		}),
		'tool?': fields(tool),
		'message?': message('assistant'),
		'model?': isText,
		'recovered?': isOneOf(true),
	}),
	'approval.requested': fields({
		...ORIGIN,
		approval: fields({
			id: isText,
			tool: fields({ name: isText, params: isObject }),
			expiresAt: isText,
		}),
	}),
	'approval.resolved': fields({
		...ORIGIN,
		approval: fields({ id: isText, decision: isText, 'by?': isText, 'reason?': isText }),
	}),
	'endpoint.failing': (value) => isObject(value) && isObject(value.endpoint),
	'endpoint.disabled': (value) => isObject(value) && isObject(value.endpoint),
	'endpoint.recovered': (value) => isObject(value) && isObject(value.endpoint),
	'delivery.failed': (value) =>
		isObject(value) &&
		isObject(value.endpoint) &&
		fields({ id: isText, eventId: isText, type: isText, reason: isText })(value.delivery),
};

const envelope = fields({
	id: (value) => typeof value === 'string' && /^evt_[0-9a-z]{24,}$/.test(value),
	type: isKnownEventType,
	timestamp: (value) => typeof value === 'string' && new Date(value).toISOString() === value,
	instanceId: isText,
	data: isObject,
});

/** Whether the body of a request is an event as `docs/protocol.md` describes it. */
export function isSoundEvent(body: unknown): body is JsonObject {
	return (
		envelope(body) && isObject(body) && isKnownEventType(body.type) && DATA[body.type](body.data)
	);
}
