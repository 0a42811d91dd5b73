import type { StoredEvent } from '../outbox/envelope';
import { createEventId, isPluginEventType } from '../protocol';
import type { EventData, EventType } from '../protocol';

/** The type of a test that is to start nothing: receivers that choose by type pass it over. */
export const TEST_TYPE = 'webhook.test';

/** {@link TEST_TYPE}, or one of the protocol's to try what it sets off. */
export type TestType = typeof TEST_TYPE | EventType;

const WHO = {
	agentId: 'test-agent',
	sessionId: 'test-session',
	channel: 'test',
	userId: 'test-user',
} as const;

const TOOL = { name: 'test-tool', params: {} };
const ENDPOINT = { endpoint: { name: 'test-endpoint', reason: 'A test' } };

/** What events of each type could be about. */
const SAMPLES: Readonly<Record<EventType, EventData>> = {
	'message.received': {
		message: { role: 'user', content: 'A test message', messageId: 'test-message' },
	},
	'message.sent': {
		message: { role: 'assistant', content: 'A test reply', messageId: 'test-message' },
		model: 'test-model',
		usage: { inputTokens: 200, outputTokens: 450 },
	},
	'session.created': { sessionKey: 'agent:test-agent:test' },
	'session.ended': { sessionKey: 'agent:test-agent:test', reason: 'test' },
	'tool.called': { tool: { ...TOOL, callId: 'test-call' } },
	'tool.completed': {
		tool: { name: 'test-tool', callId: 'test-call', durationMs: 31, result: {} },
	},
	'error.occurred': { error: { message: 'A test error', code: 'test', source: 'run' } },
	'approval.requested': {
		approval: {
			id: 'test-approval',
			rule: 'test-rule',
			tool: TOOL,
			paramsHash: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
			expiresAt: '2026-03-14T10:40:00Z',
		},
	},
	'approval.resolved': {
		approval: {
			id: 'test-approval',
			rule: 'test-rule',
			tool: { name: 'test-tool' },
			decision: 'deny',
			reason: 'A test',
		},
	},
	'endpoint.failing': ENDPOINT,
	'endpoint.disabled': ENDPOINT,
	'endpoint.recovered': { endpoint: { name: 'test-endpoint' } },
	'delivery.failed': {
		endpoint: { name: 'test-endpoint' },
		delivery: {
			id: 'dlv_0',
			eventId: 'evt_test',
			type: 'message.sent',
			reason: 'A test',
		},
	},
};

/**
 * Makes an event that says of itself that it is a test (`data.test`).
 *
 * @param at milliseconds since 1970
 */
export function createTestEvent(type: TestType, instanceId: string, at: number): StoredEvent {
	const id = createEventId();
	const sample: EventData =
		type === TEST_TYPE ? { note: 'Sent to try the endpoint' } : SAMPLES[type];
	const data = { ...(isPluginEventType(type) ? {} : WHO), ...sample, test: true };
	const timestamp = new Date(at).toISOString();
	const body = JSON.stringify({ id, type, timestamp, instanceId, data });
	return { id, type, createdAt: at, body };
}
