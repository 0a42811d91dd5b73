import type { Endpoint } from '../endpoints/endpoint';
import { createEventFilter, takesEvent } from '../protocol';
import type { EventMatcher } from '../protocol';

export type { EventMatcher };

/**
 * Prepares the question which events go to an endpoint: enabled, subscribed to the type or to all (`*`),
 * and in every list of its filter.
 *
 * @example
 * createMatcher(endpoint)('message.sent', { agentId: 'support-bot' }, 'node-1');
 */
export function createMatcher(
	endpoint: Pick<Endpoint, 'enabled' | 'events' | 'filter'>,
): EventMatcher {
	if (endpoint.enabled === false) return () => false;
	const { events } = endpoint;
	const passes = createEventFilter(endpoint.filter ?? {});
	return (type, data, instanceId) => takesEvent(events, type) && passes(type, data, instanceId);
}
