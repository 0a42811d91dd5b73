import { createSubscription, keepsEvents } from '../endpoints/endpoint';
import { openEndpointTable } from '../endpoints/endpointTable';
import { isPluginEventType } from '../protocol';
import type { EventData, PluginEventType } from '../protocol';
import type { Logger } from '../sdk';
import type { Database } from '../store/databaseAccess';
import { errorText } from '../store/errorText';
import { createEvent } from './envelope';
import type { Outbox } from './outbox';

/** Tells of the plugin's own deliveries, as events. */
export interface OwnEvents {
	/**
	 * Sends an event to the endpoints that name its type, never to the one that it is about. Never throws.
	 *
	 * @param about id of the endpoint
	 */
	readonly tell: (type: PluginEventType, data: EventData, about: number) => void;
}

/**
 * Makes events about the plugin's own deliveries.
 *
 * @example
 * ownEvents.tell('endpoint.failing', { endpoint: { name: 'crm', reason } }, 12);
 */
export function createOwnEvents(parts: {
	readonly database: Database;
	readonly outbox: Pick<Outbox, 'append'>;
	/** What events name as their gateway. */
	readonly instanceId: string;
	readonly logger: Pick<Logger, 'error'>;
	readonly now?: () => number;
}): OwnEvents {
	const { database, outbox, instanceId, logger, now = Date.now } = parts;
	const table = openEndpointTable(database);
	return {
		tell: (type, data, about) => {
			try {
				const targets = table
					.listCurrent(now())
					.filter(
						(endpoint) =>
							endpoint.id !== about &&
							keepsEvents(endpoint) &&
							createSubscription(endpoint.settings)(type, data, instanceId),
					)
					.map(({ id, lifecycle }) => ({ endpointId: id, isHeld: lifecycle.state === 'faulty' }));
				if (targets.length === 0) return;
				outbox.append(createEvent({ type, data, at: now(), instanceId }), targets);
			} catch (error) {
				logger.error(`An event of type '${type}' could not be kept: ${errorText(error)}`);
			}
		},
	};
}

/**
 * Whether something may be told about deliveries of a type. Two endpoints that fail would tell each other
 * of it without end.
 */
export function isTellable(type: string): boolean {
	return !isPluginEventType(type);
}
