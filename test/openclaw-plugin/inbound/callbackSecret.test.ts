import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createDispatcher } from '../../../openclaw-plugin/src/delivery/dispatcher';
import { createHttpClient } from '../../../openclaw-plugin/src/delivery/httpClient';
import { createEndpointRegistry } from '../../../openclaw-plugin/src/endpoints/registry';
import type { EndpointRegistry } from '../../../openclaw-plugin/src/endpoints/registry';
import type { Database } from '../../../openclaw-plugin/src/store/databaseAccess';
import { createSecret } from '../../../openclaw-plugin/src/protocol';
import { describeHealth } from '../../../openclaw-plugin/src/endpoints/endpointHealth';
import { openOutbox } from '../../../openclaw-plugin/src/outbox/outbox';
import { verifyEvent } from '../../../openclaw-plugin/src/protocol';
import type { TokenScope } from '../../../openclaw-plugin/src/tokens/tokens';
import { openStore } from '../../../openclaw-plugin/src/store/sharedStore';
import { readBody, startLocalServer } from '../../../testbed/localServer';
import { waitFor } from '../../../testbed/waitFor';
import { TEST_HOST_RULES } from '../delivery/support/hostRules';
import { rememberingLogger } from '../outbox/support/endpoints';
import { inboundGateway, type InboundGateway } from './support/inboundGateway';

const MESSAGE = { agentId: 'support-bot', message: 'Hello' };
const CALLBACK = 'https://n8n.example/webhook-waiting/7';
const SECRET = createSecret();

let gateway: InboundGateway;

beforeEach(async () => {
	gateway = await inboundGateway();
});

afterEach(async () => {
	await gateway.remove();
});

const headers = (url: string, secret = SECRET) => ({
	'x-openclaw-callback-url': url,
	'x-openclaw-callback-secret': secret,
});

const deliveries = () => gateway.database.prepare('SELECT * FROM deliveries ORDER BY id').all();

const settled = async () => {
	await waitFor('the delivery', () => deliveries().length > 0);
};

function registryOn(database: Database): EndpointRegistry {
	const { folder } = gateway;
	const parts = { folder, configured: [], isComplete: false, instanceId: 'node-1' };
	return createEndpointRegistry({ ...parts, database });
}

async function startDeliveries() {
	const store = openStore(gateway.folder);
	const outbox = openOutbox(store, { folder: store.folder });
	const client = createHttpClient(TEST_HOST_RULES);
	const registry = registryOn(store);
	const request = client.send;
	const logger = rememberingLogger();
	const dispatcher = createDispatcher({ store, outbox, registry, request, logger, version: '1' });
	await dispatcher.start();
	return {
		outbox,
		registry,
		stop: async () => {
			await dispatcher.stop();
			client.close();
			store.close();
		},
	};
}

it('is signed by the secret alone, tried again at once, and forgets the secret when delivered', async () => {
	const requests: { headers: NodeJS.Dict<string | string[]>; rawBody: Buffer }[] = [];
	const server = await startLocalServer((request, response) => {
		void readBody(request).then((rawBody) => {
			requests.push({ headers: request.headers, rawBody });
			response.writeHead(requests.length < 3 ? 409 : 200).end();
		});
	});
	const delivering = await startDeliveries();
	try {
		const url = `${server.url}/webhook-waiting/7`;
		const more = { ...headers(url), ...gateway.bearer({ scopes: ['agents', 'endpoints'] }) };
		expect((await gateway.post('', MESSAGE, more)).status).toBe(202);
		await waitFor('the delivery', () => deliveries()[0]?.state === 'delivered');
		expect(deliveries()).toMatchObject([{ url, secret: null, attempts: 3 }]);
		// Not in what SQLite leaves of a deleted value either.
		gateway.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
		const files = readdirSync(gateway.folder).map((name) => join(gateway.folder, name));
		expect(files.filter((file) => readFileSync(file).includes(SECRET))).toEqual([]);
		for (const { headers: sent, rawBody } of requests) {
			const check = (secret: string) => verifyEvent({ headers: sent, body: rawBody, secret });
			expect(check(SECRET)).toMatchObject({ ok: true });
			expect(check('whsec_n8n')).toMatchObject({ ok: false });
		}
		const event = JSON.parse(String(requests[0]?.rawBody)) as { type: string; data: object };
		expect(event.type).toBe('inbound.completed');
		expect(event.data).toMatchObject({ agentId: 'support-bot', reply: { text: 'Done' } });
		expect(event.data).not.toHaveProperty('endpoint');

		const { endpoints } = describeHealth(gateway.database, Date.now());
		expect(endpoints).toContainEqual(
			expect.objectContaining({
				name: `callbacks to ${server.url}`,
				kind: 'callback',
				isSigned: true,
				events: [],
			}),
		);
		delivering.outbox.replay({ deliveryIds: [1] });
		await waitFor('the refusal', () => deliveries()[1]?.state === 'failed');
		expect(deliveries()[1]?.last_error).toContain('secret');
		expect(requests).toHaveLength(3);
	} finally {
		await delivering.stop();
		await server.close();
	}
});

it('leaves the secret nowhere but with the delivery that waits', async () => {
	const { json } = await gateway.post('', MESSAGE, headers(CALLBACK));
	await settled();
	expect(deliveries()).toMatchObject([{ state: 'pending', secret: SECRET }]);
	expect(JSON.stringify(gateway.messages.find(String(json.runId)))).not.toContain('whsec_');
	expect(JSON.stringify([json, gateway.log])).not.toContain('whsec_');
});

it('needs the origin in the settings, that of an endpoint, or a token for endpoints', async () => {
	const ask = async (url: string, scopes: readonly TokenScope[]) =>
		await gateway.post('', MESSAGE, { ...headers(url), ...gateway.bearer({ scopes }) });
	const elsewhere = 'https://elsewhere.example/x';
	expect(await ask(elsewhere, ['agents'])).toMatchObject({
		status: 400,
		json: { error: { code: 'callback-not-allowed', path: 'callbackUrl' } },
	});
	expect((await ask(elsewhere, ['agents', 'endpoints'])).status).toBe(202);
	expect((await ask(CALLBACK, ['agents'])).status).toBe(202);
	await gateway.remove();
	gateway = await inboundGateway({ inbound: { callbackOrigins: [] } });
	expect((await ask(CALLBACK, ['agents'])).status).toBe(202);
	expect((await ask('https://off.example/x', ['agents'])).status).toBe(400);
	await settled();
	const queues = registryOn(gateway.database).list();
	expect(queues.filter(({ kind }) => kind === 'callback')).toMatchObject([
		{ url: 'https://n8n.example', allowPrivateHosts: false },
	]);
});

it.each(['whsec_short', 'plain', `whsec_${'A'.repeat(100)}`])(
	'refuses the secret %s',
	async (secret) => {
		const answer = await gateway.post('', MESSAGE, headers(CALLBACK, secret));
		expect(answer).toMatchObject({
			status: 400,
			json: { error: { code: 'invalid-callback-secret' } },
		});
		expect(JSON.stringify(answer.json)).not.toContain(secret);
	},
);

it('refuses a secret without a URL', async () => {
	const answer = await gateway.post('', MESSAGE, { 'x-openclaw-callback-secret': SECRET });
	expect(answer).toMatchObject({
		status: 400,
		json: { error: { code: 'invalid-callback-secret' } },
	});
});

it('keeps the queue while there are deliveries, over restarts', async () => {
	await gateway.post('', MESSAGE, headers(CALLBACK));
	await settled();
	const outbox = openOutbox(gateway.database, { folder: gateway.folder });
	const names = () =>
		registryOn(gateway.database)
			.list()
			.map(({ name }) => name);
	outbox.tidy();
	expect(names()).toEqual(['callbacks to https://n8n.example']);
	gateway.database.exec('DELETE FROM deliveries');
	outbox.tidy();
	expect(names()).toEqual([]);
});
