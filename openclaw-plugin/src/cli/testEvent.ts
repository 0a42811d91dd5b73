import { createEventId } from '../protocol';
import type { EventData, EventType } from '../protocol';
import type { StoredEvent } from '../outbox/envelope';

/** The type of a test that is to start nothing: receivers that choose by type pass it over. */
export const TEST_TYPE = 'webhook.test';

const WHO = {
	agentId: 'test-agent',
	sessionId: 'test-session',
	channel: 'test',
	userId: 'test-user',
} as const;

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
	'tool.called': { tool: { name: 'test-tool', callId: 'test-call', params: {} } },
	'tool.completed': {
		tool: { name: 'test-tool', callId: 'test-call', durationMs: 31, result: {} },
	},
	'error.occurred': { error: { message: 'A test error', code: 'test', source: 'test' } },
	'approval.requested': {
		approval: { id: 'test-approval', tool: { name: 'test-tool', params: {} } },
	},
	'approval.resolved': { approval: { id: 'test-approval', decision: 'deny', reason: 'A test' } },
	'endpoint.failing': { endpoint: { name: 'test-endpoint' } },
	'endpoint.disabled': { endpoint: { name: 'test-endpoint' } },
	'endpoint.recovered': { endpoint: { name: 'test-endpoint' } },
	'delivery.failed': {
		endpoint: { name: 'test-endpoint' },
		delivery: { id: 'dlv_1', eventId: 'evt_test', type: 'message.sent', reason: 'A test' },
	},
};

/**
 * Makes an event that says of itself that it is a test (`data.test`).
 *
 * @param type {@link TEST_TYPE}, or one of the protocol's to try what it sets off
 * @param at milliseconds since 1970
 */
export function createTestEvent(
	type: typeof TEST_TYPE | EventType,
	instanceId: string,
	at: number,
): StoredEvent {
	const id = createEventId();
	const sample: EventData =
		type === TEST_TYPE ? { note: 'Sent to try the endpoint' } : SAMPLES[type];
	const data = { ...WHO, ...sample, test: true };
	const timestamp = new Date(at).toISOString();
	const body = JSON.stringify({ id, type, timestamp, instanceId, data });
	return { id, type, createdAt: at, body };
}
