import { Agent, request } from 'node:http';
import { openManager } from '../endpoints/support/manager';
import { at, listAt } from '../../../testbed/json';
import { waitFor } from '../../../testbed/waitFor';
import { issueToken } from '../../../openclaw-plugin/src/tokens/tokens';
import { someEvent } from '../store/support/events';
import { adminGateway, HOOKS_TOKEN, type AdminGateway } from './support/adminGateway';

let gateway: AdminGateway;

beforeEach(async () => {
	gateway = await adminGateway();
	await gateway.ask('PUT', '/endpoints/n8n', { kind: 'connection', events: ['*'] });
});

afterEach(async () => {
	await gateway.remove();
});

const add = () => {
	const { outbox } = openManager(gateway.database, gateway.folder, () => gateway.time);
	const endpointId = gateway.registry.findByName('n8n')?.id ?? 0;
	outbox.append(someEvent(), [{ endpointId }]);
};
const fetchEvents = async (more: object = {}, name = 'n8n') =>
	await gateway.ask('POST', `/endpoints/${name}/fetch`, { consumer: 'a', waitSeconds: 0, ...more });
const connected = async (consumer: string) =>
	await waitFor(`the request of ${consumer}`, () => {
		const row = gateway.database.prepare('SELECT consumer FROM connections').get();
		return row?.consumer === consumer;
	});
const deliveryStates = () =>
	gateway.database
		.prepare('SELECT state FROM deliveries ORDER BY id')
		.all()
		.map(({ state }) => state);

it('hands out events, and takes what became of them with the next question', async () => {
	add();
	add();
	const { status, json } = await fetchEvents();
	expect(status).toBe(200);
	expect(listAt(json, 'deliveries')).toMatchObject([
		{ delivery: 'dlv_1', attempt: 1, timestamp: expect.any(String) as unknown },
		{ delivery: 'dlv_2', signature: expect.stringMatching(/^sha256=/) as unknown },
	]);
	const settled = [{ delivery: 'dlv_1', outcome: 'done', run: '7', durationMs: 3 }];
	expect((await fetchEvents({ settled })).json).toEqual({ ok: true, deliveries: [] });
	expect(deliveryStates()).toEqual(['delivered', 'pending']);
	const rest = { consumer: 'a', settled: [{ delivery: 'dlv_2', outcome: 'filtered' }] };
	const answer = await gateway.ask('POST', '/endpoints/n8n/settle', rest);
	expect(answer).toMatchObject({ status: 200, json: { ok: true } });
	expect(deliveryStates()).toEqual(['delivered', 'delivered']);
});

it('holds the request until something comes', async () => {
	const waiting = fetchEvents({ waitSeconds: 60 });
	await connected('a');
	add();
	expect(listAt((await waiting).json, 'deliveries')).toHaveLength(1);
});

it('tells another receiver who has the events, until that one has gone', async () => {
	const gone = new AbortController();
	const { token } = issueToken(gateway.database, { name: 'n8n', scopes: ['events'] });
	const first = fetch(`${gateway.url}/endpoints/n8n/fetch`, {
		method: 'POST',
		headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
		body: JSON.stringify({ consumer: 'b', waitSeconds: 60 }),
		signal: gone.signal,
	}).catch(() => undefined);
	await connected('b');
	const refused = await fetchEvents();
	expect(refused.status).toBe(409);
	expect(refused.json).toMatchObject({
		ok: false,
		since: expect.any(Number) as unknown,
		address: '127.0.0.1',
		error: { code: 'another-consumer' },
	});
	gone.abort();
	await first;
	await waitFor('its place', async () => (await fetchEvents()).status === 200);
});

it('notices that the network connection of a receiver has closed between two requests', async () => {
	const agent = new Agent({ keepAlive: true });
	const { token } = issueToken(gateway.database, { name: 'n8n', scopes: ['events'] });
	await new Promise<void>((resolve, reject) => {
		const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
		request(`${gateway.url}/endpoints/n8n/fetch`, { method: 'POST', headers, agent })
			.on('response', (response) => response.resume().on('end', resolve))
			.on('error', reject)
			.end(JSON.stringify({ consumer: 'b', waitSeconds: 0 }));
	});
	expect((await fetchEvents()).status).toBe(409);
	agent.destroy();
	const before = gateway.elapsed;
	await waitFor('its place', async () => {
		gateway.elapsed += 500;
		return (await fetchEvents()).status === 200;
	});
	// Without the news it would take a minute.
	expect(gateway.elapsed - before).toBeLessThan(60_000);
});

it.each([
	['an endpoint that is not there', 'none'],
	['one that is posted to', 'main-webhook'],
])('knows nothing to fetch from %s', async (_, name) => {
	const { status, json } = await fetchEvents({}, name);
	expect([status, at(json, 'error', 'code')]).toEqual([404, 'unknown-endpoint']);
});

it.each([
	[{ consumer: '' }, 'consumer'],
	[{ consumer: 7 }, 'consumer'],
	[{ replaces: 'a' }, 'replaces'],
	[{ replaces: [''] }, 'replaces'],
	[{ max: -1 }, 'max'],
	[{ max: 1.5 }, 'max'],
	[{ waitSeconds: 61 }, 'waitSeconds'],
	[{ settled: {} }, 'settled'],
	[{ settled: [{ delivery: 'dlv_1', outcome: 'done' }, { delivery: 'x' }] }, 'settled[1]'],
	[{ settled: [{ delivery: 'dlv_1', outcome: 'lost' }] }, 'settled[0]'],
])('refuses %j and names %s', async (more, path) => {
	const { status, json } = await fetchEvents(more);
	expect([status, at(json, 'error', 'path')]).toEqual([400, path]);
});

it('needs a token with the scope events', async () => {
	const { token } = issueToken(gateway.database, {
		name: 'other',
		scopes: ['endpoints', 'inbound'],
	});
	const path = '/endpoints/n8n/fetch';
	const body = { consumer: 'a', waitSeconds: 0 };
	expect((await gateway.ask('POST', path, body, token)).status).toBe(403);
	expect((await gateway.ask('POST', path, body, HOOKS_TOKEN)).status).toBe(403);
	expect((await gateway.ask('POST', path, body, 'wrong')).status).toBe(401);
	expect((await gateway.ask('GET', path)).status).toBe(405);
});
