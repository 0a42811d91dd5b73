import { createDispatcher } from '../../../../openclaw-plugin/src/delivery/dispatcher';
import type { Dispatcher } from '../../../../openclaw-plugin/src/delivery/dispatcher';
import { createHttpClient } from '../../../../openclaw-plugin/src/delivery/http';
import type { HttpClient, SendRequest } from '../../../../openclaw-plugin/src/delivery/request';
import type { Endpoint } from '../../../../openclaw-plugin/src/endpoints/endpoint';
import { createEvent } from '../../../../openclaw-plugin/src/outbox/envelope';
import { openOutbox } from '../../../../openclaw-plugin/src/outbox/outbox';
import type { Outbox } from '../../../../openclaw-plugin/src/outbox/outbox';
import type { EventData, EventType } from '../../../../openclaw-plugin/src/protocol';
import type { Row } from '../../../../openclaw-plugin/src/store/databaseAccess';
import { openStore } from '../../../../openclaw-plugin/src/store/sharedStore';
import type { Store } from '../../../../openclaw-plugin/src/store/store';
import { waitFor } from '../../../../testbed/waitFor';
import { storedEndpoint, targetsOf } from '../../endpoints/support/storedEndpoints';
import { registryOf, rememberingLogger } from '../../outbox/support/endpoints';
import { TEST_HOST_RULES } from './hostRules';

/** A clock that stands still until it is set forward. */
export interface Clock {
	now: number;
}

export interface DeliveriesOptions {
	readonly endpoints: readonly Endpoint[];
	/** The system's clock unless given. */
	readonly clock?: Clock;
	readonly request?: SendRequest;
}

/** An outbox with a dispatcher that delivers what is put into it. */
export interface Deliveries {
	readonly store: Store;
	readonly outbox: Outbox;
	readonly dispatcher: Dispatcher;
	readonly lines: readonly string[];
	/** Puts an event in for some endpoints; returns the delivery's number of the first. */
	readonly add: (endpoints: readonly string[], data?: EventData, type?: EventType) => number;
	readonly delivery: (id: number) => Row;
	/** Status, or failure, of each attempt. */
	readonly attempts: (id: number) => readonly (number | string | null)[];
	/** Waits until a delivery has a state, or so many attempts. */
	readonly waitUntil: (id: number, wanted: { state?: string; attempts?: number }) => Promise<Row>;
	readonly endpointState: (name: string) => Row;
	readonly stop: () => Promise<void>;
}

/** Starts deliveries in a folder, as a gateway does. */
export async function startDeliveries(
	folder: string,
	{ endpoints, clock, request }: DeliveriesOptions,
): Promise<Deliveries> {
	const now = clock === undefined ? Date.now : () => clock.now;
	const store = openStore(folder);
	const outbox = openOutbox(store, { folder: store.folder, now });
	const stored = endpoints.map((endpoint) => {
		const { id } = storedEndpoint(store, endpoint.name);
		return { ...endpoint, id };
	});
	const logger = rememberingLogger();
	const client: HttpClient = createHttpClient(TEST_HOST_RULES);
	const dispatcher = createDispatcher({
		store,
		outbox,
		registry: registryOf(stored),
		request: request ?? client.send,
		logger,
		version: '1.2.3',
		now,
		random: () => 0.5,
	});
	await dispatcher.start();
	const delivery = (id: number) =>
		store.prepare('SELECT * FROM deliveries WHERE id = ?').get(id) ?? {};
	return {
		store,
		outbox,
		dispatcher,
		lines: logger.lines,
		add: (names, data = {}, type = 'message.sent') => {
			const event = createEvent({ type, data, at: now(), instanceId: 'node-1' });
			return outbox.append(event, targetsOf(store, ...names))[0] ?? 0;
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
					`SELECT h.*, p.disabled_at, p.disabled_reason FROM endpoint_health h
					JOIN endpoints p ON p.id = h.endpoint_id WHERE p.name = ?`,
				)
				.get(name) ?? {},
		stop: async () => {
			await dispatcher.stop();
			client.close();
			store.close();
		},
	};
}
