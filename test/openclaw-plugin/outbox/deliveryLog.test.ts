import type { DatabaseSync } from 'node:sqlite';
import {
	listDeliveries,
	listDeliveriesOfEvent,
	showDelivery,
} from '../../../openclaw-plugin/src/outbox/deliveryLog';
import type { DeliveryQuery } from '../../../openclaw-plugin/src/outbox/delivery';
import { openEndpointTable } from '../../../openclaw-plugin/src/endpoints/endpointTable';
import { storedEndpoint } from '../endpoints/support/storedEndpoints';
import { storeDeliveries, type StoredDelivery } from './support/storedDelivery';
import { temporaryDatabase, type TemporaryDatabase } from './support/temporaryDatabase';

let store: TemporaryDatabase;
let database: DatabaseSync;

beforeEach(async () => {
	store = await temporaryDatabase();
	database = store.database;
});

afterEach(async () => {
	await store.remove();
});

const ids = (query: DeliveryQuery) =>
	listDeliveries(database, query).deliveries.map(({ id }) => id);

describe('listDeliveries', () => {
	it('lists nothing in an empty outbox', () => {
		expect(listDeliveries(database)).toEqual({ deliveries: [] });
	});

	it('lists the newest first, with what the last attempt brought', () => {
		storeDeliveries(database, [
			{ state: 'delivered', status: 200, durationMs: 31, createdAt: 1000 },
			{ state: 'failed', tries: 3, status: 500, durationMs: 9, error: 'HTTP 500', createdAt: 2000 },
			{ state: 'pending', tries: 0, createdAt: 3000, type: 'tool.called' },
		]);

		const { deliveries, next } = listDeliveries(database);

		expect(next).toBeUndefined();
		expect(deliveries).toEqual([
			{
				id: 'dlv_3',
				status: 'pending',
				endpoint: 'ops',
				endpointId: 'ep_1',
				eventId: expect.stringMatching(/^evt_/) as string,
				eventType: 'tool.called',
				createdAt: 3000,
				attempts: 0,
				nextAttemptAt: 3000,
			},
			{
				id: 'dlv_2',
				status: 'failed',
				endpoint: 'ops',
				endpointId: 'ep_1',
				eventId: expect.stringMatching(/^evt_/) as string,
				eventType: 'message.received',
				createdAt: 2000,
				attempts: 3,
				settledAt: 2100,
				responseStatus: 500,
				responseTimeMs: 9,
				reason: 'HTTP 500',
			},
			expect.objectContaining({ id: 'dlv_1', status: 'delivered', responseTimeMs: 31 }),
		]);
	});

	it.each<[DeliveryQuery, string[]]>([
		[{ status: 'failed' }, ['dlv_5', 'dlv_2']],
		[{ endpoint: 'crm' }, ['dlv_6', 'dlv_3', 'dlv_2']],
		[{ type: 'tool.called' }, ['dlv_4', 'dlv_3']],
		[{ status: 'failed', endpoint: 'crm' }, ['dlv_2']],
		[{ endpoint: 'crm', type: 'tool.called' }, ['dlv_3']],
		[{ status: 'pending', endpoint: 'crm', type: 'message.sent' }, ['dlv_6']],
		[{ status: 'pending', endpoint: 'crm', type: 'tool.called' }, []],
		[{ endpoint: 'nobody' }, []],
		[{ before: 'dlv_3' }, ['dlv_2', 'dlv_1']],
		[{ endpoint: 'crm', before: 'dlv_6' }, ['dlv_3', 'dlv_2']],
	])('filters by %j', (query, expected) => {
		storeDeliveries(database, [
			{},
			{ endpoint: 'crm', state: 'failed' },
			{ endpoint: 'crm', type: 'tool.called' },
			{ type: 'tool.called' },
			{ state: 'failed' },
			{ endpoint: 'crm', state: 'pending', type: 'message.sent' },
		]);

		expect(ids(query)).toEqual(expected);
	});

	it('finds deliveries by the time of their creation', () => {
		storeDeliveries(database, [{ createdAt: 1000 }, { createdAt: 2000 }, { createdAt: 3000 }]);

		expect(ids({ since: 2000 })).toEqual(['dlv_3', 'dlv_2']);
		expect(ids({ until: 2000 })).toEqual(['dlv_1']);
		expect(ids({ since: 1001, until: 3000 })).toEqual(['dlv_2']);
	});

	it('tells a removed endpoint from a later one of its name, by id', () => {
		storeDeliveries(database, [{ endpoint: 'crm' }]);
		const { id } = storedEndpoint(database, 'crm');
		openEndpointTable(database).setRemoved(id, 5);
		storeDeliveries(database, [{ endpoint: 'crm' }]);

		expect(ids({ endpoint: 'crm' })).toEqual(['dlv_2', 'dlv_1']);
		expect(ids({ endpoint: `ep_${id}` })).toEqual(['dlv_1']);
		expect(ids({ endpoint: `ep_${id + 1}` })).toEqual(['dlv_2']);
	});

	it('goes on where the page before ended, without a gap or a repetition', () => {
		storeDeliveries(
			database,
			Array.from({ length: 45 }, (_, index) => ({ endpoint: index % 3 === 0 ? 'a' : 'b' })),
		);
		const collect = (query: DeliveryQuery): string[] => {
			const { deliveries, next } = listDeliveries(database, query);
			const found = deliveries.map(({ id }) => id);
			return next === undefined ? found : [...found, ...collect({ ...query, before: next })];
		};

		expect(collect({ recent: 7 })).toEqual(Array.from({ length: 45 }, (_, i) => `dlv_${45 - i}`));
		expect(collect({ recent: 4, endpoint: 'a' })).toHaveLength(15);
		expect(new Set(collect({ recent: 4, endpoint: 'b' })).size).toBe(30);
	});

	it('finds a rare event type behind many others, and a common one among few of a status', () => {
		const many: StoredDelivery[] = Array.from({ length: 5000 }, () => ({}));
		storeDeliveries(database, [{ type: 'session.ended' }, ...many, { state: 'failed' }]);

		expect(ids({ type: 'session.ended', status: 'delivered' })).toEqual(['dlv_1']);
		expect(ids({ type: 'message.received', status: 'failed' })).toEqual(['dlv_5002']);
	});

	it.each<[string, string[]]>([
		['告警', ['dlv_2']],
		['🚨', ['dlv_2']],
		['HELLO', ['dlv_1']],
		['"quoted"', ['dlv_1']],
		['100%', ['dlv_3']],
		['100_', []],
		['ECONNREFUSED', ['dlv_4']],
		['  ', ['dlv_4', 'dlv_3', 'dlv_2', 'dlv_1']],
	])('finds the text %j in events and reasons', (text, expected) => {
		storeDeliveries(database, [
			{ data: { message: { content: 'hello "quoted"' } } },
			{ data: { error: { message: '🚨 OpenClaw 告警' } } },
			{ data: { progress: '100%' } },
			{ state: 'failed', error: 'ECONNREFUSED 127.0.0.1' },
		]);

		expect(ids({ text })).toEqual(expected);
	});

	it('searches a text in steps that lead to the oldest match', () => {
		storeDeliveries(database, [
			{ data: { needle: true } },
			...Array.from({ length: 12_000 }, () => ({})),
		]);
		const pages = [listDeliveries(database, { text: 'needle' })];
		for (let next = pages[0]?.next; next !== undefined; next = pages.at(-1)?.next) {
			pages.push(listDeliveries(database, { text: 'needle', before: next }));
		}

		expect(pages.map(({ deliveries }) => deliveries.length)).toEqual([0, 0, 1]);
	});

	it.each([
		{ recent: 0 },
		{ recent: 501 },
		{ recent: 1.5 },
		{ before: 'evt_1' },
		{ before: 'dlv_0' },
	])('refuses %j', (query) => {
		expect(() => listDeliveries(database, query)).toThrow(RangeError);
	});
});

describe('showDelivery', () => {
	it('tells the event and every attempt', () => {
		storeDeliveries(database, [
			{
				state: 'failed',
				createdAt: 1000,
				tries: 2,
				status: 500,
				durationMs: 40,
				error: 'HTTP 500',
				response: 'oops',
				data: { message: { content: '你好' } },
			},
			{ state: 'pending', createdAt: 2000, tries: 1, durationMs: 90, error: 'no answer' },
		]);

		const details = showDelivery(database, 'dlv_1');

		expect(details).toMatchObject({
			id: 'dlv_1',
			event: { type: 'message.received', data: { message: { content: '你好' } } },
		});
		const answer = { durationMs: 40, status: 500, reason: 'HTTP 500', response: 'oops' };
		expect(details?.attemptLog).toEqual([
			{ number: 1, startedAt: 1060, ...answer },
			{ number: 2, startedAt: 1060, ...answer },
		]);
		expect(showDelivery(database, 'dlv_2')?.attemptLog).toEqual([
			{ number: 1, startedAt: 2010, durationMs: 90, reason: 'no answer' },
		]);
	});

	it.each(['dlv_7', 'evt_1', '', "dlv_1'; DROP TABLE events"])('knows nothing of %j', (id) => {
		expect(showDelivery(database, id)).toBeUndefined();
	});
});

describe('listDeliveriesOfEvent', () => {
	it('lists one delivery for each endpoint', () => {
		storeDeliveries(database, [{}, { endpoint: 'a' }, { endpoint: 'b', sameEvent: true }]);
		const eventId = showDelivery(database, 'dlv_2')?.eventId ?? '';

		expect(listDeliveriesOfEvent(database, eventId).map(({ endpoint }) => endpoint)).toEqual([
			'b',
			'a',
		]);
		expect(listDeliveriesOfEvent(database, 'evt_none')).toEqual([]);
	});
});
