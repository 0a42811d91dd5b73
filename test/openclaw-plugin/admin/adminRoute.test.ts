import { openEndpointTable } from '../../../openclaw-plugin/src/endpoints/endpointTable';
import { secretId } from '../../../openclaw-plugin/src/endpoints/endpoint';
import { parseEvent } from '../../../protocol/event';
import { at, listAt, textAt } from '../../../testbed/json';
import {
	adminGateway,
	CONFIG_SECRET,
	HOOKS_TOKEN,
	type AdminGateway,
} from './support/adminGateway';

let gateway: AdminGateway;

beforeEach(async () => {
	gateway = await adminGateway();
});

afterEach(async () => {
	await gateway.remove();
});

const N8N = {
	url: 'https://n8n.example/webhook/0b5c/webhook',
	events: ['message.sent', 'error.occurred'],
	filter: { agentIds: ['support-bot'] },
};
const SECRET = /^whsec_[A-Za-z0-9+/]{43}=$/;
const OWN_SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const HOUR_MS = 3_600_000;

const endpointOf = (name: string) => gateway.registry.findByName(name);
const secrets = (name: string) => endpointOf(name)?.secrets;
const disable = (name: string) => {
	const reason = 'The receiver answered 410';
	openEndpointTable(gateway.database).setDisabled(endpointOf(name)?.id ?? 0, {
		since: gateway.time,
		reason,
	});
};
const errorOf = (json: unknown) => ({
	code: at(json, 'error', 'code'),
	path: at(json, 'error', 'path'),
});

describe('setting an endpoint up', () => {
	it('creates it once, and tells its secret once', async () => {
		const created = await gateway.ask('PUT', '/endpoints/n8n-1', N8N);
		expect(created.status).toBe(201);
		expect(created.json).toEqual({
			ok: true,
			created: true,
			secret: expect.stringMatching(SECRET) as unknown,
			endpoint: {
				id: 'ep_2',
				name: 'n8n-1',
				kind: 'webhook',
				origin: 'api',
				...N8N,
				enabled: true,
				headerNames: [],
				isSigned: true,
				retiringSecrets: 0,
				secretId: secretId(textAt(created.json, 'secret')),
				createdAt: gateway.time,
				updatedAt: gateway.time,
				state: { state: 'active' },
				health: { lastDay: { pending: 0, delivered: 0, failed: 0 }, consecutiveFailures: 0 },
			},
		});
		expect(secrets('n8n-1')).toEqual([created.json.secret]);

		const again = await gateway.ask('PUT', '/endpoints/n8n-1', { ...N8N, events: ['*'] });
		expect(again.status).toBe(200);
		expect(again.json).toMatchObject({ created: false, endpoint: { events: ['*'] } });
		expect(again.text).not.toContain(textAt(created.json, 'secret'));
		expect(secrets('n8n-1')).toEqual([created.json.secret]);
	});

	it('replaces all settings, not some', async () => {
		await gateway.ask('PUT', '/endpoints/a', { ...N8N, headers: { 'X-A': '1' }, timeoutMs: 5 });
		await gateway.ask('PUT', '/endpoints/a', { url: N8N.url, events: ['*'] });
		const endpoint = endpointOf('a');
		expect(endpoint).toMatchObject({ url: N8N.url, events: ['*'] });
		expect(Object.keys(endpoint ?? {}).sort()).toEqual([
			'events',
			'id',
			'kind',
			'lifecycle',
			'name',
			'origin',
			'secrets',
			'url',
		]);
	});

	it('takes the name from the body of a POST', async () => {
		const created = await gateway.ask('POST', '/endpoints', { name: '工单 hook', ...N8N });
		expect(created).toMatchObject({ status: 201, json: { secret: expect.any(String) as unknown } });
		const again = await gateway.ask('POST', '/endpoints', { name: '工单 hook', ...N8N });
		expect(again.status).toBe(409);
		expect(errorOf(again.json)).toEqual({ code: 'endpoint-exists', path: 'name' });
		const path = `/endpoints/${encodeURIComponent('工单 hook')}`;
		expect(await gateway.ask('GET', path)).toMatchObject({ status: 200 });
	});

	it('is the same however often it is done with a secret of the sender', async () => {
		const body = { ...N8N, secret: OWN_SECRET };
		const answers = [
			await gateway.ask('PUT', '/endpoints/a', body),
			await gateway.ask('PUT', '/endpoints/a', body),
		];
		expect(answers.map(({ status }) => status)).toEqual([201, 200]);
		expect(answers.map(({ json }) => at(json, 'endpoint', 'secretId'))).toEqual([
			secretId(OWN_SECRET),
			secretId(OWN_SECRET),
		]);
		expect(answers.map(({ text }) => text).join()).not.toContain(OWN_SECRET);
		expect(secrets('a')).toEqual([OWN_SECRET]);
	});

	it('brings a gateway from a backup back to the secret of today', async () => {
		const { json } = await gateway.ask('PUT', '/endpoints/a', N8N);
		await gateway.ask('PUT', '/endpoints/a', { ...N8N, secret: OWN_SECRET });
		expect(secrets('a')).toEqual([OWN_SECRET, json.secret]);
		gateway.time += 24 * HOUR_MS;
		expect(secrets('a')).toEqual([OWN_SECRET]);
	});

	it('gives a new secret when asked to', async () => {
		const first = await gateway.ask('PUT', '/endpoints/a', N8N);
		const body = { ...N8N, rotateSecret: true, overlapHours: 0 };
		const second = await gateway.ask('PUT', '/endpoints/a', body);
		expect(second.json.secret).toMatch(SECRET);
		expect(second.json.secret).not.toBe(first.json.secret);
		expect(secrets('a')).toEqual([second.json.secret]);
	});

	it('sends again to one that said it was gone', async () => {
		await gateway.ask('PUT', '/endpoints/a', N8N);
		disable('a');
		expect(await gateway.ask('GET', '/endpoints/a')).toMatchObject({
			json: { endpoint: { state: { state: 'disabled' }, enabled: false } },
		});
		await gateway.ask('PUT', '/endpoints/a', N8N);
		expect(await gateway.ask('GET', '/endpoints/a')).toMatchObject({
			json: { endpoint: { state: { state: 'active' }, enabled: true } },
		});
	});

	it.each([
		[{ ...N8N, url: 'ftp://x' }, 'url'],
		[{ ...N8N, url: undefined }, 'url'],
		[{ ...N8N, url: 'https://user:pass@n8n.example/' }, 'url'],
		[{ ...N8N, url: 'https://${HOST}/x' }, 'url'],
		[{ ...N8N, events: [] }, 'events'],
		[{ ...N8N, events: ['message.deleted'] }, 'events[0]'],
		[{ ...N8N, filter: { agentIDs: [] } }, 'filter.agentIDs'],
		[{ ...N8N, headers: { 'X-Key': '${CRM_API_KEY}' } }, 'headers.X-Key'],
		[{ ...N8N, transform: { text: '{{data.x' } }, 'transform.text'],
		[{ ...N8N, secret: 'short' }, 'secret'],
		[{ ...N8N, secret: `whsec_${Buffer.alloc(23).toString('base64')}` }, 'secret'],
		[{ ...N8N, secret: { source: 'env', id: 'X' } }, 'secret'],
		[{ ...N8N, overlapHours: 169 }, 'overlapHours'],
		[{ ...N8N, rotateSecret: 'yes' }, 'rotateSecret'],
		[{ ...N8N, name: 'other' }, 'name'],
		[{ ...N8N, retry: { maxAttempts: 99 } }, 'retry.maxAttempts'],
		[{ ...N8N, registrant: '' }, 'registrant'],
		[{ ...N8N, from: 'old' }, 'from'],
		[{ ...N8N, leaseSeconds: 0 }, 'leaseSeconds'],
		[[], undefined],
	])('refuses %j and names %j', async (body, path) => {
		const answer = await gateway.ask('PUT', '/endpoints/a', body);
		expect(answer.status).toBe(400);
		expect(errorOf(answer.json)).toEqual({ code: 'invalid-endpoint', path });
		expect(textAt(answer.json, 'error', 'message')).not.toContain('endpoints[0]');
		expect(endpointOf('a')).toBeUndefined();
	});

	it.each(['a/b', ' a', 'x'.repeat(101), 'a\u0007', 'a?b', 'ep_12'])(
		'refuses the name %j',
		async (name) => {
			const answer = await gateway.ask('POST', '/endpoints', { ...N8N, name });
			expect(errorOf(answer.json)).toEqual({ code: 'invalid-endpoint', path: 'name' });
		},
	);

	it('wants to be told that a private host is meant', async () => {
		const body = { ...N8N, url: 'http://127.0.0.1:5678/webhook/1' };
		const refused = await gateway.ask('PUT', '/endpoints/a', body);
		expect(refused.status).toBe(400);
		expect(errorOf(refused.json)).toEqual({ code: 'private-host', path: 'url' });
		expect(textAt(refused.json, 'error', 'message')).toContain('allowPrivateHosts: true');
		const allowed = await gateway.ask('PUT', '/endpoints/a', { ...body, allowPrivateHosts: true });
		expect(allowed.status).toBe(201);
	});

	it('never sends to where clouds keep credentials', async () => {
		const body = { ...N8N, url: 'http://169.254.169.254/latest', allowPrivateHosts: true };
		const answer = await gateway.ask('PUT', '/endpoints/a', body);
		expect(errorOf(answer.json).code).toBe('private-host');
	});

	it('leaves the configuration file alone', async () => {
		for (const [method, path] of [
			['PUT', ''],
			['DELETE', ''],
			['POST', '/rotate'],
		] as const) {
			const answer = await gateway.ask(method, `/endpoints/main-webhook${path}`, N8N);
			expect(answer.status).toBe(409);
			expect(errorOf(answer.json).code).toBe('set-in-configuration');
			expect(textAt(answer.json, 'error', 'message')).toContain('configuration file');
		}
		expect(secrets('main-webhook')).toEqual([CONFIG_SECRET]);
	});
});

describe('the list', () => {
	it('has all endpoints, and no secrets', async () => {
		const { json } = await gateway.ask('PUT', '/endpoints/n8n-1', {
			...N8N,
			headers: { 'X-Key': 'value-of-a-header' },
		});
		const list = await gateway.ask('GET', '/endpoints');
		expect(list.json).toMatchObject({
			ok: true,
			endpoints: [
				{ name: 'main-webhook', origin: 'config', url: 'https://hooks.example/…' },
				{ name: 'n8n-1', origin: 'api', url: N8N.url, headerNames: ['X-Key'] },
			],
		});
		expect(listAt(list.json, 'endpoints')[0]).not.toHaveProperty('secretId');
		for (const hidden of [
			CONFIG_SECRET,
			textAt(json, 'secret'),
			'password',
			'api-key-of-the-crm',
			'value-of-a-header',
		]) {
			expect(list.text).not.toContain(hidden);
		}
	});
});

describe('deleting', () => {
	it('takes the secrets along, and can be repeated', async () => {
		await gateway.ask('PUT', '/endpoints/a', N8N);
		await gateway.ask('POST', '/endpoints/a/rotate');
		expect(await gateway.ask('DELETE', '/endpoints/a')).toMatchObject({
			status: 200,
			json: { ok: true, deleted: true },
		});
		expect(await gateway.ask('DELETE', '/endpoints/a')).toMatchObject({
			status: 200,
			json: { ok: true, deleted: false },
		});
		expect(endpointOf('a')).toBeUndefined();
		expect(await gateway.ask('GET', '/endpoints/a')).toMatchObject({ status: 404 });
		gateway.time += 60_000;
		const table = openEndpointTable(gateway.database);
		expect(table.forgetRemoved(gateway.time)).toBe(1);
		expect(gateway.database.prepare('SELECT * FROM endpoint_secrets').all()).toEqual([]);
	});
});

describe('rotating', () => {
	it('lets both secrets sign for as long as was asked for', async () => {
		const { json } = await gateway.ask('PUT', '/endpoints/a', N8N);
		const rotated = await gateway.ask('POST', '/endpoints/a/rotate', { overlapHours: 2 });
		expect(rotated.json).toMatchObject({
			secret: expect.stringMatching(SECRET) as unknown,
			previousUntil: gateway.time + 2 * HOUR_MS,
			endpoint: { retiringSecrets: 1 },
		});
		expect(secrets('a')).toEqual([rotated.json.secret, json.secret]);
		gateway.time += 2 * HOUR_MS;
		expect(secrets('a')).toEqual([rotated.json.secret]);
	});

	it('never makes more signatures than receivers take', async () => {
		await gateway.ask('PUT', '/endpoints/a', N8N);
		for (let index = 0; index < 8; index += 1) await gateway.ask('POST', '/endpoints/a/rotate');
		expect(secrets('a')).toHaveLength(5);
	});

	it('needs an endpoint', async () => {
		expect(await gateway.ask('POST', '/endpoints/none/rotate')).toMatchObject({ status: 404 });
	});
});

describe('trying out', () => {
	it('queues an event of its own type for this endpoint alone', async () => {
		await gateway.ask('PUT', '/endpoints/a', N8N);
		const answer = await gateway.ask('POST', '/endpoints/a/test');
		expect(answer).toMatchObject({ status: 202, json: { ok: true, deliveryId: 'dlv_1' } });
		const rows = gateway.database
			.prepare(
				'SELECT d.endpoint_id, e.body FROM deliveries d JOIN events e ON e.seq = d.event_seq',
			)
			.all();
		expect(rows.map((row) => row.endpoint_id)).toEqual([endpointOf('a')?.id]);
		expect(parseEvent(JSON.parse(String(rows[0]?.body)))).toMatchObject({
			ok: true,
			event: {
				id: answer.json.eventId,
				type: 'webhook.test',
				instanceId: 'node-1',
				data: { test: true },
			},
		});
	});

	it('works for endpoints of the configuration file, too', async () => {
		expect(await gateway.ask('POST', '/endpoints/main-webhook/test')).toMatchObject({
			status: 202,
		});
	});

	it('says why nothing would be sent, until it is enabled', async () => {
		await gateway.ask('PUT', '/endpoints/a', N8N);
		disable('a');
		const refused = await gateway.ask('POST', '/endpoints/a/test');
		expect(refused.status).toBe(409);
		expect(textAt(refused.json, 'error', 'message')).toContain('The receiver answered 410');
		expect(await gateway.ask('POST', '/endpoints/a/enable')).toMatchObject({
			status: 200,
			json: { ok: true, wasDisabled: true },
		});
		expect(await gateway.ask('POST', '/endpoints/a/test')).toMatchObject({ status: 202 });
	});
});

describe('the API', () => {
	it("needs a token of its own: neither the gateway's nor one for messages", async () => {
		expect((await fetch(`${gateway.url}/endpoints`)).status).toBe(401);
		expect(await gateway.ask('GET', '/endpoints', undefined, 'wrong')).toMatchObject({
			status: 401,
		});
		expect(await gateway.ask('GET', '/endpoints', undefined, HOOKS_TOKEN)).toMatchObject({
			status: 403,
		});
		expect((await fetch(`${gateway.url}/nothing`)).status).toBe(401);
	});

	it.each([
		['PATCH', '/endpoints', 'GET, POST'],
		['POST', '/endpoints/a', 'GET, PUT, PATCH, DELETE'],
		['GET', '/endpoints/a/test', 'POST'],
		['PROPFIND', '/endpoints/a/rotate', 'POST'],
	])('%s %s is not there', async (method, path, allowed) => {
		const answer = await gateway.ask(method, path);
		expect([answer.status, answer.headers.get('allow')]).toEqual([405, allowed]);
	});

	it.each(['', '/', '/tokens', '/endpoints/a/explode', '/endpoints/a/test/more'])(
		'has nothing at %j',
		async (path) => {
			expect(await gateway.ask('GET', path)).toMatchObject({ status: 404 });
		},
	);

	it('logs what was done, and no secret', async () => {
		const { json } = await gateway.ask('PUT', '/endpoints/a', {
			...N8N,
			headers: { A: 'header-1' },
		});
		await gateway.ask('PUT', '/endpoints/a', N8N);
		const rotated = await gateway.ask('POST', '/endpoints/a/rotate');
		await gateway.ask('DELETE', '/endpoints/a');
		expect(gateway.log).toEqual([
			"endpoint 'a' was created over the API",
			"endpoint 'a' was changed over the API",
			"endpoint 'a' has a new secret over the API",
			"endpoint 'a' was removed over the API",
		]);
		expect(gateway.log.join()).not.toContain(textAt(json, 'secret'));
		expect(gateway.log.join()).not.toContain(textAt(rotated.json, 'secret'));
	});

	it('says so when nothing can be stored', async () => {
		gateway.database.exec('PRAGMA query_only = ON');
		const answer = await gateway.ask('PUT', '/endpoints/a', N8N);
		expect(answer.status).toBe(503);
		expect(endpointOf('a')).toBeUndefined();
	});
});
