import type { EventType, OpenClawEvent } from '../../protocol/event';
import { createEventId } from '../../protocol/eventId';
import type { JsonObject } from '../../protocol/jsonObject';
import recorded from './capturedEvents.json';

/**
 * Events of all seven types from what a real gateway reported to its hooks, in the order of a
 * conversation, each with a new id.
 *
 * @example
 * for (const event of capturedEvents()) await sendEvent(url, { event, secret });
 */
export function capturedEvents(): OpenClawEvent[] {
	return recorded.map(({ type, data }) => ({
		id: createEventId(),
		type,
		timestamp: new Date().toISOString(),
		instanceId: 'testbed-gateway',
		data: structuredClone(data),
	}));
}

/**
 * The first captured event of a type, with a new id.
 *
 * @param data fields that replace those of its `data`
 * @example
 * const event = capturedEvent('message.received', { userId: '42' });
 */
export function capturedEvent(type: EventType, data: JsonObject = {}): OpenClawEvent {
	const found = capturedEvents().find((event) => event.type === type);
	if (found === undefined) throw new Error(`No capture holds a ${type}`);
	return { ...found, data: { ...found.data, ...data } };
}
