import type { OpenClawEvent } from '../../../protocol/event';
import { createEventId } from '../../../protocol/eventId';

const MESSAGE = {
	messageId: 'msg_sample',
	content: 'Hello, this is a sample.',
} as const;

/** What each type has beside the fields of every event. */
const DATA: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
	'message.received': { message: { role: 'user', ...MESSAGE } },
	'message.sent': {
		message: { role: 'assistant', ...MESSAGE },
		model: 'sample-model',
		usage: { inputTokens: 200, outputTokens: 450 },
	},
	'session.created': {},
	'session.ended': { reason: 'idle', messageCount: 4 },
	'tool.called': { tool: { name: 'read', callId: 'call_sample', params: { path: 'notes.md' } } },
	'tool.completed': {
		tool: { name: 'read', callId: 'call_sample', durationMs: 120, result: 'Sample' },
	},
	'error.occurred': {
		error: { message: 'The model did not answer', code: 'timeout', source: 'model' },
	},
	'approval.requested': {
		approval: { id: 'apr_sample', tool: { name: 'exec', params: { command: 'ls' } } },
	},
	'approval.resolved': { approval: { id: 'apr_sample', decision: 'allow', by: 'someone' } },
	'delivery.failed': {
		endpoint: { name: 'sample' },
		delivery: {
			id: 'dlv_1',
			eventId: 'evt_sample',
			type: 'message.sent',
			reason: 'HTTP 500',
		},
	},
	'endpoint.disabled': { endpoint: { name: 'sample' } },
	'endpoint.failing': { endpoint: { name: 'sample' } },
	'endpoint.recovered': { endpoint: { name: 'sample' } },
};

/**
 * Makes an event as a gateway sends them, to build a workflow with.
 *
 * @param type one that isn't known here is made a received message
 * @param now milliseconds since 1970
 */
export function sampleEvent(type: string, now: number): OpenClawEvent {
	const known = Object.hasOwn(DATA, type) ? type : 'message.received';
	return {
		id: createEventId(now),
		type: known,
		timestamp: new Date(now).toISOString(),
		instanceId: 'sample',
		data: {
			agentId: 'main',
			sessionId: 'session-sample',
			sessionKey: 'agent:main:telegram:12345',
			channel: 'telegram',
			userId: '12345',
			trigger: 'user',
			...DATA[known],
		},
	};
}
