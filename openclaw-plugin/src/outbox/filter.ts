import type { Endpoint } from '../endpoints/endpoint';
import type { EventData, EventFilter, EventType } from '../protocol';

/** Tells whether an endpoint wants an event. */
export type EventMatcher = (type: EventType, data: EventData, instanceId: string) => boolean;

type Reader = (data: EventData, instanceId: string) => unknown;

/** What each list of a filter is compared with. */
const READERS: Readonly<Record<keyof EventFilter, Reader>> = {
	agentIds: (data) => data.agentId,
	channels: (data) => data.channel,
	userIds: (data) => data.userId,
	sessionIds: (data) => data.sessionId,
	instanceIds: (_data, instanceId) => instanceId,
};

/**
 * Prepares the question which events go to an endpoint: enabled, subscribed to the type or to all (`*`),
 * and in every list of its filter. A field that the event does not have is in no list.
 *
 * @example
 * createMatcher(endpoint)('message.sent', { agentId: 'support-bot' }, 'node-1');
 */
export function createMatcher(
	endpoint: Pick<Endpoint, 'enabled' | 'events' | 'filter'>,
): EventMatcher {
	if (endpoint.enabled === false) return () => false;
	const types = new Set<string>(endpoint.events);
	const lists = listConditions(endpoint.filter ?? {});
	return (type, data, instanceId) =>
		(types.has('*') || types.has(type)) &&
		lists.every(({ read, allowed }) => allowed.has(read(data, instanceId)));
}

function listConditions(filter: EventFilter) {
	return Object.entries(READERS).flatMap(([name, read]) => {
		const list = filter[name as keyof EventFilter];
		return list === undefined ? [] : [{ read, allowed: new Set<unknown>(list) }];
	});
}
