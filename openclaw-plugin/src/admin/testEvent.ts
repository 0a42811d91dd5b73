import { fitBody } from '../outbox/thin';
import type { StoredEvent } from '../outbox/envelope';
import { createEventId } from '../protocol';

/** Type of events that only try out the way to an endpoint. */
export const TEST_EVENT_TYPE = 'webhook.test';

/**
 * Makes an event of a type of its own, so that no receiver takes it for something that happened.
 *
 * @param now milliseconds since 1970
 */
export function createTestEvent(instanceId: string, now: number): StoredEvent {
	const id = createEventId();
	const timestamp = new Date(now).toISOString();
	const data = { test: true, message: 'This event only shows that the webhook works.' };
	const body = fitBody({ id, type: TEST_EVENT_TYPE, timestamp, instanceId, data });
	return { id, type: TEST_EVENT_TYPE, createdAt: now, body };
}
