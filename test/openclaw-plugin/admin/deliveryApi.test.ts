import { openEndpointTable } from '../../../openclaw-plugin/src/endpoints/endpointTable';
import { listDeliveries } from '../../../openclaw-plugin/src/outbox/deliveryLog';
import { at, listAt, textAt } from '../../../testbed/json';
import { storedEndpoint } from '../endpoints/support/storedEndpoints';
import { storeDeliveries } from '../outbox/support/storedDelivery';
import { adminGateway, type AdminGateway } from './support/adminGateway';

const HOUR_MS = 3_600_000;
let gateway: AdminGateway;

beforeEach(async () => {
	gateway = await adminGateway();
	const { time } = gateway;
	storeDeliveries(gateway.database, [
		{ endpoint: 'crm', createdAt: time - 3 * HOUR_MS, status: 204 },
		{
			endpoint: 'crm',
			createdAt: time - 2 * HOUR_MS,
			state: 'failed',
			status: 500,
			error: 'HTTP 500',
			response: 'No space left',
		},
		{ endpoint: 'ops', createdAt: time - HOUR_MS, state: 'failed', error: 'HTTP 502' },
		{ endpoint: 'ops', createdAt: time, state: 'pending', data: { text: 'needle' } },
	]);
});

afterEach(async () => {
	await gateway.remove();
});

const idsOf = (json: unknown, key = 'deliveries') =>
	listAt(json, key).map((delivery) => textAt(delivery, 'id'));

describe('the list of deliveries', () => {
	it.each([
		['', ['dlv_4', 'dlv_3', 'dlv_2', 'dlv_1']],
		['status=failed', ['dlv_3', 'dlv_2']],
		['endpoint=crm', ['dlv_2', 'dlv_1']],
		['text=needle', ['dlv_4']],
		['type=tool.called', []],
		['before=dlv_3', ['dlv_2', 'dlv_1']],
		['since=2027-01-15T06:00:00Z&until=2027-01-15T08:00:00Z', ['dlv_3', 'dlv_2']],
	])('finds what matches %j', async (query, expected) => {
		const { status, json } = await gateway.ask('GET', `/deliveries?${query}`);

		expect(status).toBe(200);
		expect(idsOf(json)).toEqual(expected);
	});

	it('goes on page by page', async () => {
		const first = await gateway.ask('GET', '/deliveries?recent=3');
		expect(at(first.json, 'next')).toBe('dlv_2');
		const rest = await gateway.ask('GET', '/deliveries?recent=3&before=dlv_2');
		expect(idsOf(rest.json)).toEqual(['dlv_1']);
		expect(at(rest.json, 'next')).toBeUndefined();
	});

	it('finds those of an endpoint that was removed, by name and by id', async () => {
		const { id } = storedEndpoint(gateway.database, 'crm');
		openEndpointTable(gateway.database).setRemoved(id, gateway.time);
		gateway.time += 24 * HOUR_MS;

		for (const endpoint of ['crm', `ep_${id}`]) {
			const { json } = await gateway.ask('GET', `/deliveries?endpoint=${endpoint}`);
			expect(idsOf(json)).toEqual(['dlv_2', 'dlv_1']);
		}
	});

	it.each(['status=lost', 'recent=0', 'recent=501', 'before=evt_1', 'since=yesterday'])(
		'says what is not usable: %s',
		async (query) => {
			const { status, json } = await gateway.ask('GET', `/deliveries?${query}`);

			expect(status).toBe(400);
			expect(at(json, 'error', 'path')).toBe(query.split('=')[0]);
		},
	);
});

describe('a delivery', () => {
	it('is told with its attempts and what the receiver answered, by its id and by its event', async () => {
		const { json } = await gateway.ask('GET', '/deliveries/dlv_2');
		const [delivery] = listAt(json, 'deliveries');

		expect(delivery).toMatchObject({
			id: 'dlv_2',
			endpoint: 'crm',
			status: 'failed',
			attemptLog: [{ number: 1, status: 500, response: 'No space left' }],
		});
		const byEvent = await gateway.ask('GET', `/deliveries/${textAt(delivery, 'eventId')}`);
		expect(byEvent.json).toEqual(json);
	});

	it.each(['dlv_99', 'evt_none', 'nothing'])('is unknown as %s', async (id) => {
		expect((await gateway.ask('GET', `/deliveries/${id}`)).status).toBe(404);
	});
});

describe('a replay', () => {
	const waiting = () =>
		listDeliveries(gateway.database, { status: 'pending' }).deliveries.map(({ id }) => id);

	it.each<[unknown, string[]]>([
		[{ deliveryIds: ['dlv_2'] }, ['dlv_4', 'dlv_2']],
		[{ status: 'failed' }, ['dlv_4', 'dlv_3', 'dlv_2']],
		[{ status: 'failed', endpoint: 'crm' }, ['dlv_4', 'dlv_2']],
		[{ status: 'failed', since: 1_800_000_000_000 - 1.5 * HOUR_MS }, ['dlv_4', 'dlv_3']],
		[{ status: 'failed', until: 1_800_000_000_000 - 1.5 * HOUR_MS }, ['dlv_4', 'dlv_2']],
		// What was delivered is sent as a new event.
		[{ deliveryIds: ['dlv_1'] }, ['dlv_5', 'dlv_4']],
	])('sends %j again', async (body, expected) => {
		const { status, json } = await gateway.ask('POST', '/deliveries/replay', body);

		expect(status).toBe(200);
		expect(at(json, 'count')).toBe(expected.length - 1);
		expect(waiting()).toEqual(expected);
		expect(gateway.log.join()).toContain('deliveries were replayed over the API');
	});

	it('of thousands leaves the gateway its turns', async () => {
		storeDeliveries(
			gateway.database,
			Array.from({ length: 3000 }, () => ({ state: 'failed' as const })),
		);
		let turns = 0;
		const counting = setInterval(() => (turns += 1), 0);
		const { json } = await gateway.ask('POST', '/deliveries/replay', { status: 'failed' });
		clearInterval(counting);

		expect(at(json, 'count')).toBe(3002);
		expect(turns).toBeGreaterThan(3);
	});

	it.each<[unknown]>([[{}], [{ deliveryIds: [] }], [{ status: 'pending' }], [{ since: 'once' }]])(
		'refuses %j',
		async (body) => {
			expect((await gateway.ask('POST', '/deliveries/replay', body)).status).toBe(400);
			expect(waiting()).toEqual(['dlv_4']);
		},
	);
});

describe('the export', () => {
	it('has a line for each delivery that matches, with its event and attempts', async () => {
		const { status, headers, text } = await gateway.ask('GET', '/deliveries/export?status=failed');
		const lines = text
			.trimEnd()
			.split('\n')
			.map((line): unknown => JSON.parse(line));

		expect(status).toBe(200);
		expect(headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
		expect(lines).toMatchObject([
			{ id: 'dlv_3', endpoint: 'ops', event: { type: 'message.received' } },
			{ id: 'dlv_2', endpoint: 'crm', attemptLog: [{ status: 500 }] },
		]);
	});

	it('says what is not usable instead', async () => {
		expect((await gateway.ask('GET', '/deliveries/export?status=lost')).status).toBe(400);
	});
});
