import { createMatcher, createSubscription, keepsEvents } from '../endpoints/endpoint';
import type { Endpoint, EndpointRecord, EndpointSettings } from '../endpoints/endpoint';
import { openEndpointTable } from '../endpoints/endpointTable';
import type { EndpointTable } from '../endpoints/endpointTable';
import type { EndpointRegistry } from '../endpoints/registry';
import { viewOf } from '../endpoints/privacy';
import type { Logger } from '../gatewayApi';
import { errorText } from '../logger';
import { isPluginEventType } from '../protocol';
import type { EventData, EventMatcher, EventType, PluginEventType } from '../protocol';
import type { Database } from '../store/databaseAccess';
import type { Store } from '../store/store';
import type { AttachedFile } from './attachments';
import { createEvent } from './envelope';
import type { NewEvent } from './envelope';
import type { DeliveryTarget, Outbox } from './outbox';
import { createSafeAppend } from './safeAppend';

/*
 * An event on its way to the disk, and what is asked of it later:
 *
 *   emitter        which endpoints want it; the plugin's own events about deliveries
 *   envelope       its JSON, cut where it is too large; attachments: where the gateway keeps its files
 *   safeAppend     while it cannot be written it waits in memory
 *   outbox         written with a delivery for each endpoint, or not at all; what came of each attempt
 *   capacity       who gives way when the outbox is full: old history, then the largest backlog
 *   queue          what is due for an endpoint, and who is woken
 *   history        what is too old, or is not to be kept after its delivery, is deleted
 *   replay         made again
 *   deliveryLog    listed, shown, exported, each as a `delivery`
 */

/**
 * Sends an event to all endpoints that want it: when the function returns, it is in the database. Never
 * throws, and costs less than 50 µs.
 *
 * @param at when it happened, milliseconds since 1970; now unless given
 * @param files that came with it, in the order in which `data` names them
 */
export type EmitEvent = (
	type: EventType,
	data: EventData,
	at?: number,
	files?: readonly AttachedFile[],
) => void;

export interface EmitterParts {
	readonly store: Store;
	readonly outbox: Outbox;
	readonly registry: EndpointRegistry;
	/** Which gateway the events come from. */
	readonly instanceId: string;
	readonly logger: Logger;
}

interface Subscription {
	readonly target: DeliveryTarget;
	readonly matches: EventMatcher;
}

/**
 * Makes the function that hooks call. While the database cannot be written, events wait in memory (10,000
 * of them, 16 MiB), which the folder's health tells.
 *
 * @example
 * const emit = createEmitter({ store, outbox, registry, instanceId: settings.instanceId, logger });
 * emit('message.received', { channel: 'telegram', message });
 */
export function createEmitter(parts: EmitterParts): EmitEvent {
	const { registry, instanceId, logger } = parts;
	const append = createSafeAppend(parts);
	const subscriptions = createSubscriptions(registry);
	return (type, data, at = Date.now(), files) => {
		try {
			const route = () => targetsOf(subscriptions(), type, data, instanceId);
			const targets = tryRoute(route);
			if (targets?.length === 0) return;
			append(createEvent({ type, data, at, instanceId, files }), targets ?? route);
		} catch (error) {
			logger.error(`An event of type '${type}' could not be kept: ${errorText(error)}`);
		}
	};
}

/** Undefined when the endpoints cannot be read now: the event then waits for them. */
function tryRoute(route: () => readonly DeliveryTarget[]): readonly DeliveryTarget[] | undefined {
	try {
		return route();
	} catch {
		return undefined;
	}
}

function targetsOf(
	subscriptions: readonly Subscription[],
	type: EventType,
	data: EventData,
	instanceId: string,
): readonly DeliveryTarget[] {
	const targets: DeliveryTarget[] = [];
	for (const { target, matches } of subscriptions) {
		if (matches(type, data, instanceId)) targets.push(target);
	}
	return targets;
}

/** Prepares the endpoints' filters, anew when the registry has others. */
function createSubscriptions(registry: EndpointRegistry): () => readonly Subscription[] {
	let source: readonly Endpoint[] | undefined;
	let prepared: readonly Subscription[] = [];
	return () => {
		const endpoints = listEndpoints(registry, source);
		if (endpoints !== source) {
			prepared = endpoints.map((endpoint) => ({
				target: targetOf(endpoint, endpoint.privacy),
				matches: createMatcher(endpoint),
			}));
			source = endpoints;
		}
		return prepared;
	};
}

/** The endpoints that were known before, when they cannot be read now. */
function listEndpoints(
	registry: EndpointRegistry,
	known: readonly Endpoint[] | undefined,
): readonly Endpoint[] {
	try {
		return registry.list();
	} catch (error) {
		if (known !== undefined) return known;
		throw error;
	}
}

/** What an endpoint is to get of events. */
function targetOf(
	{ id, lifecycle }: Pick<EndpointRecord, 'id' | 'lifecycle'>,
	privacy: EndpointSettings['privacy'],
): DeliveryTarget {
	return { endpointId: id, isProvisional: lifecycle.state === 'faulty', view: viewOf(privacy) };
}

/**
 * Finds the endpoints that an event is kept for, in any process: an emitter is quicker, but needs the
 * gateway's settings.
 */
export function findReceivers(
	table: Pick<EndpointTable, 'listCurrent'>,
	{ type, data, instanceId }: Pick<NewEvent, 'type' | 'data' | 'instanceId'>,
	now: number,
): readonly EndpointRecord[] {
	return table
		.listCurrent(now)
		.filter(
			(endpoint) =>
				keepsEvents(endpoint) && createSubscription(endpoint.settings)(type, data, instanceId),
		);
}

/** What an endpoint that {@link findReceivers} has found is to get of an event. */
export function targetFor(endpoint: EndpointRecord): DeliveryTarget {
	return targetOf(endpoint, endpoint.settings.privacy);
}

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
				const targets = findReceivers(table, { type, data, instanceId }, now())
					.filter(({ id }) => id !== about)
					.map(targetFor);
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
