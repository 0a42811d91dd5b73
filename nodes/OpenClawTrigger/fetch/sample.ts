import { isPluginEventType } from '../../../protocol/event';
import type { OpenClawEvent } from '../../../protocol/event';
import { createEventId } from '../../../protocol/eventId';

const MESSAGE = {
	messageId: 'msg_sample',
	content: 'Hello, this is a sample.',
} as const;

const SAMPLE_TEXT = 'This is a sample of a file that came with a message.\n';
const RECEIVED = { role: 'user', ...MESSAGE } as const;

/** What comes with the sample of a received message, where files are wanted. */
export const SAMPLE_FILE = {
	content: SAMPLE_TEXT,
	attachment: {
		index: 0,
		kind: 'document',
		contentType: 'text/plain',
		fileName: 'sample.txt',
		sizeBytes: SAMPLE_TEXT.length,
	},
} as const;

/** Of events about agents. */
const WHO = {
	agentId: 'main',
	sessionId: 'session-sample',
	sessionKey: 'agent:main:telegram:12345',
	channel: 'telegram',
	userId: '12345',
	trigger: 'user',
	sender: { id: '12345', name: 'Ada', username: 'ada' },
	conversation: { id: '12345', type: 'direct' },
} as const;

/** What each type has beside the fields of every event. */
const DATA: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
	'message.received': { message: RECEIVED },
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
		approval: {
			id: 'apr_sample',
			rule: 'commands',
			tool: { name: 'exec', callId: 'call_sample', params: { command: 'ls' } },
			paramsHash: 'sha256:4cf29611a66934862f29acfcc817e30b905c1ab73d5e65831413eb6b454d49db',
			expiresAt: '2026-03-14T10:40:00Z',
		},
	},
	'approval.resolved': {
		approval: {
			id: 'apr_sample',
			rule: 'commands',
			tool: { name: 'exec', callId: 'call_sample' },
			decision: 'allow',
			by: 'Ada',
		},
	},
	'delivery.failed': {
		endpoint: { name: 'sample' },
		delivery: {
			id: 'dlv_1',
			eventId: 'evt_sample',
			type: 'message.sent',
			reason: 'HTTP 500',
		},
	},
	'endpoint.disabled': { endpoint: { name: 'sample', reason: 'HTTP 410' } },
	'endpoint.failing': {
		endpoint: { name: 'sample', reason: 'HTTP 503', since: 1_773_483_900_000 },
	},
	'endpoint.recovered': { endpoint: { name: 'sample', failingSince: 1_773_483_900_000 } },
};

/**
 * Makes an event as a gateway sends them, to build a workflow with.
 *
 * @param type one that isn't known here is made a received message
 * @param now milliseconds since 1970
 * @param hasFile whether a received message has a file, {@link SAMPLE_FILE}
 */
export function sampleEvent(type: string, now: number, hasFile = false): OpenClawEvent {
	const known = Object.hasOwn(DATA, type) ? type : 'message.received';
	return {
		id: createEventId(now),
		type: known,
		timestamp: new Date(now).toISOString(),
		instanceId: 'sample',
		data: {
			...(isPluginEventType(known) ? {} : WHO),
			...DATA[known],
			...(hasFile && known === 'message.received'
				? { message: { ...RECEIVED, attachments: [SAMPLE_FILE.attachment] } }
				: {}),
		},
	};
}
