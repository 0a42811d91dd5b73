import { createEventId, signEvent, type OpenClawEvent } from '../../index';

/** A request that is ready to be sent. */
export interface SignedRequest {
	readonly headers: Readonly<Record<string, string>>;
	readonly body: Buffer;
}

const USER_AGENT = 'OpenClaw-Event-Webhooks/benchmark';

/** Makes an event that has so many bytes as JSON; never less than with an empty message. */
export function sizedEvent(id: string, bodyBytes: number): OpenClawEvent {
	const event = (content: string) => ({
		id,
		type: 'message.received',
		timestamp: new Date().toISOString(),
		instanceId: 'benchmark-gateway',
		data: {
			agentId: 'main',
			sessionId: '4708a18f-f8bf-4990-9587-d1b367261b6c',
			channel: 'telegram',
			userId: '777',
			message: { role: 'user', content, messageId: '5001' },
		},
	});
	return event('x'.repeat(Math.max(0, bodyBytes - JSON.stringify(event('')).length)));
}

/**
 * Makes events with ids of their own, signed now, as a gateway sends them.
 *
 * @param bodyBytes size of each body; never less than an event with an empty message has
 */
export function signedRequests(count: number, bodyBytes: number, secret: string): SignedRequest[] {
	return Array.from({ length: count }, () => {
		const id = createEventId();
		const body = JSON.stringify(sizedEvent(id, bodyBytes));
		return {
			body: Buffer.from(body),
			headers: {
				'content-type': 'application/json',
				'content-length': String(Buffer.byteLength(body)),
				'user-agent': USER_AGENT,
				'x-openclaw-event': 'message.received',
				'x-openclaw-attempt': '1',
				...signEvent({ id, body, secret }),
			},
		};
	});
}
