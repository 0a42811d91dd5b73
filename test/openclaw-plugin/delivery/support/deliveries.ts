import { createDispatcher } from '../../../../openclaw-plugin/src/delivery/dispatcher';
import type { Dispatcher } from '../../../../openclaw-plugin/src/delivery/dispatcher';
import type {
	EndpointChange,
	FailedDelivery,
} from '../../../../openclaw-plugin/src/delivery/changes';
import { createHttpClient } from '../../../../openclaw-plugin/src/delivery/httpClient';
import type { HttpClient, SendRequest } from '../../../../openclaw-plugin/src/delivery/httpClient';
import type { DeliveryClock } from '../../../../openclaw-plugin/src/delivery/schedule';
import type { Endpoint } from '../../../../openclaw-plugin/src/endpoints/endpoint';
import type { EndpointRegistry } from '../../../../openclaw-plugin/src/endpoints/registry';
import { createEvent } from '../../../../openclaw-plugin/src/outbox/envelope';
import { openOutbox } from '../../../../openclaw-plugin/src/outbox/outbox';
import type { DeliveryTarget, Outbox } from '../../../../openclaw-plugin/src/outbox/outbox';
import type { EventData, EventType } from '../../../../openclaw-plugin/src/protocol';
import type { Database, Row } from '../../../../openclaw-plugin/src/store/databaseAccess';
import { openStore } from '../../../../openclaw-plugin/src/store/sharedStore';
import type { Store } from '../../../../openclaw-plugin/src/store/store';
import { waitFor } from '../../../../testbed/waitFor';
import { registryOf, rememberingLogger, someEndpoint } from '../../outbox/support/endpoints';
import { TEST_HOST_RULES } from './hostRules';

const DAY_MS = 86_400_000;

/** A clock that stands still until it is set forward. */
export interface Clock {
	/** What the system's clock says, milliseconds since 1970. */
	now: number;
	/** Time that has really passed; the same as `now` unless set. */
	elapsed?: number;
	/** The count of days; those of `now` unless set. */
	day?: number;
}

export interface DeliveriesOptions {
	readonly endpoints: readonly Endpoint[];
	/** The system's clock unless given. */
	readonly clock?: Clock;
	readonly request?: SendRequest;
	/** Instead of one with just these endpoints. */
	readonly registry?: (store: Store) => EndpointRegistry;
}

/** Something that was told of an endpoint or a delivery. */
export type Told = EndpointChange | ({ readonly kind: 'failed for good' } & FailedDelivery);

/** An outbox with a dispatcher that delivers what is put into it. */
export interface Deliveries {
	readonly store: Store;
	readonly outbox: Outbox;
	readonly dispatcher: Dispatcher;
	readonly lines: readonly string[];
	/** What was told, with the name of the endpoint. */
	readonly told: readonly (readonly [string, Told])[];
	/** Puts an event in for some endpoints; returns the delivery's number of the first. */
	readonly add: (endpoints: readonly string[], data?: EventData, type?: EventType) => number;
	/** Puts an event in for one target; returns the delivery's number. */
	readonly addTo: (target: DeliveryTarget) => number;
	readonly delivery: (id: number) => Row;
	/** Status, or failure, of each attempt. */
	readonly attempts: (id: number) => readonly (number | string | null)[];
	/** Waits until a delivery has a state, or so many attempts. */
	readonly waitUntil: (id: number, wanted: { state?: string; attempts?: number }) => Promise<Row>;
	/** Its health, and whether it is disabled. */
	readonly endpointState: (name: string) => Row;
	readonly stop: () => Promise<void>;
}

/** An endpoint whose id follows from its name, so that several can be in one database. */
export function endpointNamed(name: string, more: Partial<Endpoint> = {}): Endpoint {
	return someEndpoint({ id: idOf(name), name, ...more });
}

export function idOf(name: string): number {
	return Buffer.from(name).reduce((sum, byte) => (sum * 31 + byte) % 1e9, 7);
}

/** Makes the clocks that deliveries go by of one. */
export function deliveryClock(clock?: Clock): DeliveryClock {
	if (clock === undefined) {
		return { now: Date.now, elapsed: () => performance.now(), day: () => 0 };
	}
	return {
		now: () => clock.now,
		elapsed: () => clock.elapsed ?? clock.now,
		day: () => clock.day ?? Math.floor(clock.now / DAY_MS),
	};
}

/** Writes endpoints into the database, for deliveries to refer to. */
export function saveEndpoints(database: Database, endpoints: readonly Endpoint[]): void {
	const insert = database.prepare(
		`INSERT OR IGNORE INTO endpoints (id, name, kind, origin, settings, created_at, updated_at)
		VALUES (?, ?, ?, ?, '{}', 0, 0)`,
	);
	for (const { id, name, kind, origin } of endpoints) insert.run(id, name, kind, origin);
}

/** Starts deliveries in a folder, as a gateway does. */
export async function startDeliveries(
	folder: string,
	{ endpoints, clock, request, registry }: DeliveriesOptions,
): Promise<Deliveries> {
	const deliveryTime = deliveryClock(clock);
	const now = () => deliveryTime.now();
	const store = openStore(folder);
	saveEndpoints(store, endpoints);
	const outbox = openOutbox(store, { folder, now });
	const logger = rememberingLogger();
	const told: (readonly [string, Told])[] = [];
	const client: HttpClient = createHttpClient(TEST_HOST_RULES, {});
	const dispatcher = createDispatcher({
		store,
		outbox,
		registry: registry?.(store) ?? registryOf(endpoints),
		request: request ?? client.send,
		logger,
		version: '1.2.3',
		clock: deliveryTime,
		random: () => 0.5,
		onStateChange: ({ name }, change) => told.push([name, change]),
		onFailedForGood: ({ name }, delivery) => {
			told.push([name, { kind: 'failed for good', ...delivery }]);
		},
	});
	await dispatcher.start();
	const newEvent = (type: EventType = 'message.sent', data: EventData = {}) =>
		createEvent({ type, data, at: now(), instanceId: 'node-1' });
	const delivery = (id: number) =>
		store.prepare('SELECT * FROM deliveries WHERE id = ?').get(id) ?? {};
	return {
		store,
		outbox,
		dispatcher,
		lines: logger.lines,
		told,
		add: (names, data, type) => {
			const targets = names.map((name) => ({ endpointId: idOf(name) }));
			return outbox.append(newEvent(type, data), targets)[0] ?? 0;
		},
		addTo: (target) => {
			// The queue of callbacks is forgotten whenever it is empty.
			saveEndpoints(store, endpoints);
			return outbox.append(newEvent(), [target])[0] ?? 0;
		},
		delivery,
		attempts: (id) =>
			store
				.prepare('SELECT status, error FROM attempts WHERE delivery_id = ? ORDER BY id')
				.all(id)
				.map(({ status, error }) => (status ?? error) as number | string | null),
		waitUntil: async (id, { state, attempts }) =>
			await waitFor(
				`delivery ${id} to be ${state ?? ''} after ${attempts ?? 'any'} attempts`,
				() => {
					const row = delivery(id);
					const fits =
						(state === undefined || row.state === state) &&
						(attempts === undefined || Number(row.attempts) >= attempts);
					return fits ? row : undefined;
				},
				{ everyMs: 5, timeoutMs: 10_000 },
			),
		endpointState: (name) =>
			store
				.prepare(
					`SELECT h.*, e.disabled_at, e.disabled_reason FROM endpoints e
					LEFT JOIN endpoint_health h ON h.endpoint_id = e.id WHERE e.id = ?`,
				)
				.get(idOf(name)) ?? {},
		stop: async () => {
			await dispatcher.stop();
			client.close();
			store.close();
		},
	};
}
