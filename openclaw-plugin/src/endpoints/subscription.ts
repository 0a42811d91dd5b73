import { createEventFilter, takesEvent } from '../protocol';
import type { EventMatcher } from '../protocol';
import { keepsEvents } from './endpoint';
import type { Endpoint } from './endpoint';

/**
 * Prepares the question which events are kept for an endpoint: those that it subscribes to, as long as
 * it takes any.
 *
 * @example
 * createMatcher(endpoint)('message.sent', { agentId: 'support-bot' }, 'node-1');
 */
export function createMatcher(
	endpoint: Pick<Endpoint, 'kind' | 'events' | 'filter' | 'lifecycle'>,
): EventMatcher {
	return keepsEvents(endpoint) ? createSubscription(endpoint) : () => false;
}

/** Which events an endpoint subscribes to, whatever state it is in: by type, and by its filter. */
export function createSubscription({
	events,
	filter = {},
}: Pick<Endpoint, 'events' | 'filter'>): EventMatcher {
	const passes = createEventFilter(filter);
	return (type, data, instanceId) => takesEvent(events, type) && passes(type, data, instanceId);
}
