import type { Endpoint } from '../endpoints/endpoint';
import { createEventFilter } from '../protocol';
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
	const types = new Set<string>(endpoint.events);
	const passes = createEventFilter(endpoint.filter ?? {});
	return (type, data, instanceId) =>
		(types.has('*') || types.has(type)) && passes(type, data, instanceId);
}
