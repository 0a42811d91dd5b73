import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { verifyEvent } from '../../protocol';
import { askAgent } from '../../testbed/askAgent';
import { startForwardProxy, type ForwardProxy } from '../../testbed/forwardProxy';
import type { Gateway } from '../../testbed/gateway';
import { startHttpSink, type HttpSink, type Script } from '../../testbed/httpSink';
import { at, listAt, textAt, tryParseJson, type JsonObject } from '../../testbed/json';
import { readPluginDatabase } from '../../testbed/pluginDatabase';
import { startScriptedModel, type ScriptedModel } from '../../testbed/scriptedModel';
import { removeTemporaryFolder, temporaryFolder } from '../../testbed/temporaryFolder';
import { waitFor } from '../../testbed/waitFor';
import { selfSigned } from '../openclaw-plugin/delivery/support/certificate';
import { startPluginGateway } from './support/pluginGateway';

const SECRET = 'whsec_canary-of-the-delivery-tests';
const API_KEY = 'canary-api-key-of-the-crm';
const OUTAGE_MS = 120_000;
const TEST_TIMEOUT_MS = 400_000;
/** Answers of the receivers that do not work at first; the sink's name is the endpoint's. */
const FAULTS: Readonly<Record<string, Script>> = {
	failing: ({ index }) => (index < 2 ? { status: 500 } : {}),
	unpublished: ({ index }) => (index < 2 ? { status: 404 } : {}),
	busy: ({ index }) => (index === 0 ? { status: 429, headers: { 'retry-after': '3' } } : {}),
	hanging: ({ index }) => (index === 0 ? { delayMs: 4000 } : {}),
	cutting: ({ index }) => (index === 0 ? { cut: 'mid-response' } : {}),
	moving: ({ index }) => (index === 0 ? { status: 302, headers: { location: '/moved' } } : {}),
};

/** Events for the receiver that takes one a second. */
const BUSY_EVENTS = 30;
/** Known to the proxy alone. */
const PROXIED_HOST = 'receiver.corp.test';

const sinks = new Map<string, HttpSink>();
let proxy: ForwardProxy;
let secured: Server;
let securedBodies: string[];
let certificates: string;
let settings: JsonObject;
let model: ScriptedModel & { stop(): Promise<void> };
let gateway: Gateway;

function sink(name: string): HttpSink {
	const found = sinks.get(name);
	if (found === undefined) throw new Error(`There is no sink '${name}'`);
	return found;
}

function endpoint(name: string, more: JsonObject = {}): JsonObject {
	return {
		name,
		url: `${sinks.get(name)?.url ?? ''}/hook`,
		secret: '${SIGNING_SECRET}',
		events: ['message.sent'],
		retry: { maxAttempts: 8, backoffMs: 300 },
		allowPrivateHosts: true,
		...more,
	};
}

/** One turn of an agent, which is one message.sent. */
async function takeTurn(text: string, agent = 'main'): Promise<void> {
	await askAgent(gateway.url, { agent, text });
}

function contents(name: string): readonly string[] {
	return sink(name).requests.map(({ json }) => textAt(json, 'data', 'message', 'content'));
}

async function listDeliveries(...options: readonly string[]): Promise<readonly unknown[]> {
	const text = await gateway.openclaw(['event-webhooks', 'list', '--json', ...options]);
	return listAt(tryParseJson(text), 'deliveries');
}

/** A receiver with a certificate of an authority of its own. */
async function startSecured(): Promise<void> {
	certificates = await temporaryFolder('certificate');
	securedBodies = [];
	secured = createServer(selfSigned(certificates, PROXIED_HOST), (request, response) => {
		let body = '';
		request.on('data', (chunk: Buffer) => (body += chunk.toString()));
		request.once('end', () => {
			securedBodies.push(body);
			response.end('{}');
		});
	});
	await new Promise<void>((resolve) => secured.listen(0, '127.0.0.1', resolve));
}

beforeAll(async () => {
	model = await startScriptedModel();
	const named = ['well', 'gone', 'down', 'slack', 'crm', 'busy-second', 'stuck', 'proxied'];
	for (const name of [...named, ...Object.keys(FAULTS)]) {
		sinks.set(name, await startHttpSink(FAULTS[name]));
	}
	sink('gone').answerBy(() => ({ status: 410 }));
	proxy = await startForwardProxy({
		credentials: 'gateway:canary-password-of-the-proxy',
		hosts: { [PROXIED_HOST]: '127.0.0.1' },
	});
	await startSecured();
	const onlySupport = { filter: { agentIds: ['support-bot'] } };
	const { port: securedPort } = secured.address() as AddressInfo;
	settings = {
		instanceId: 'node-1',
		endpoints: [
			endpoint('busy-second', { retry: { maxAttempts: 3, backoffMs: 1000 }, ...onlySupport }),
			endpoint('stuck', { timeoutMs: 60_000, ...onlySupport }),
			endpoint('proxied', {
				url: `http://${PROXIED_HOST}:${sink('proxied').port}/hook`,
				allowPrivateHosts: false,
				...onlySupport,
			}),
			endpoint('well-secured', {
				url: `https://${PROXIED_HOST}:${securedPort}/hook`,
				retry: { maxAttempts: 1, backoffMs: 1000 },
				caFile: join(certificates, 'cert.pem'),
				allowPrivateHosts: false,
				...onlySupport,
			}),
			endpoint('well'),
			endpoint('gone'),
			endpoint('down', { retry: { maxAttempts: 20, backoffMs: 500 } }),
			endpoint('slack', {
				transform: { text: '🚨 {{data.message.content}}\nAgent: {{data.agentId}}' },
			}),
			endpoint('crm', {
				headers: { 'X-API-Key': '${CRM_API_KEY}' },
				filter: { agentIds: ['support-bot'] },
			}),
			...Object.keys(FAULTS).map((name) => endpoint(name, { timeoutMs: 2000 })),
		],
	};
	gateway = await startPluginGateway({
		modelUrl: model.url,
		env: {
			SIGNING_SECRET: SECRET,
			CRM_API_KEY: API_KEY,
			HTTP_PROXY: proxy.url,
			HTTPS_PROXY: proxy.url,
			NO_PROXY: '127.0.0.1,localhost',
		},
		webhooks: settings,
	});
});

afterAll(async () => {
	await gateway.remove();
	await model.stop();
	await Promise.all([...sinks.values()].map(async (each) => each.stop()));
	await proxy.stop();
	secured.closeAllConnections();
	secured.close();
	await removeTemporaryFolder(certificates);
});

describe('receivers that do not work at first', () => {
	it(
		'get every event in the end, and delay nobody else',
		async () => {
			const { port } = sink('down');
			await sink('down').stop();
			await takeTurn('[[reply:first]]');
			const arrival = await sink('well').waitForRequest(() => true, { timeoutMs: 10_000 });
			const outageSince = Date.now();
			for (const name of Object.keys(FAULTS)) {
				await sink(name).waitForRequest(({ index }) => index >= 1, { timeoutMs: 60_000 });
			}
			await takeTurn('[[reply:second]]');
			await sink('well').waitForRequest(({ index }) => index === 1, { timeoutMs: 10_000 });

			for (const name of Object.keys(FAULTS)) {
				const last = await sink(name).waitForRequest(
					({ json, index }) => index > 0 && textAt(json, 'data', 'message', 'content') === 'second',
					{ timeoutMs: 60_000 },
				);
				expect(last.index).toBeGreaterThan(0);
				expect(new Set(contents(name))).toEqual(new Set(['first', 'second']));
			}
			const [retried, again] = sink('busy').requests;
			expect((again?.receivedAt ?? 0) - (retried?.receivedAt ?? 0)).toBeGreaterThan(2900);
			expect(sink('moving').requests.every(({ path }) => path === '/hook')).toBe(true);
			const [firstTry, secondTry] = sink('failing').requests;
			expect(textAt(secondTry?.json, 'id')).toBe(textAt(firstTry?.json, 'id'));
			expect(secondTry?.headers['x-openclaw-attempt']).toBe('2');
			expect(textAt(arrival.json, 'instanceId')).toBe('node-1');

			// The outage goes on for two minutes from its beginning, whatever the others took.
			await waitFor('the outage to last two minutes', () => Date.now() - outageSince > OUTAGE_MS, {
				timeoutMs: OUTAGE_MS * 2,
			});
			sinks.set('down', await startHttpSink(undefined, port));
			await sink('down').waitForRequest(({ index }) => index === 1, { timeoutMs: 120_000 });
			expect([...contents('down')].sort()).toEqual(['first', 'second']);
		},
		TEST_TIMEOUT_MS,
	);

	it('are told about with the reason', async () => {
		const reasons = (await listDeliveries('--recent', '100')).map((delivery) =>
			JSON.stringify(delivery),
		);
		expect(reasons.some((text) => text.includes('"gone"') && text.includes('410'))).toBe(true);
		expect(sink('gone').requests).toHaveLength(1);
		const log = await gateway.log();
		expect(log).toMatch(/gone.*410|410.*gone/);
	});
});

describe('what goes out', () => {
	it('is signed with the secret of the environment', () => {
		const [request] = sink('well').requests;
		if (request === undefined) throw new Error('Nothing came');
		const { headers, body } = request;
		const now = Math.floor(request.receivedAt / 1000);
		expect(verifyEvent({ headers, body, secret: SECRET, now }).ok).toBe(true);
	});

	it('is what the transform says', () => {
		expect(sink('slack').requests[0]?.json).toEqual({ text: '🚨 first\nAgent: main' });
	});

	it('has the headers of the environment, for the agents of the filter alone', async () => {
		await takeTurn('[[reply:for the crm]]', 'support-bot');
		const request = await sink('crm').waitForRequest(() => true);
		expect(request.headers['x-api-key']).toBe(API_KEY);
		expect(contents('crm')).toEqual(['for the crm']);
	});
});

describe('a receiver that takes one request a second', () => {
	it(
		'gets every event, at about one a second, with the tries of three',
		async () => {
			const taken: number[] = [];
			let isOpen = false;
			sink('busy-second').answerBy(({ receivedAt }) => {
				if (!isOpen || receivedAt - (taken.at(-1) ?? 0) < 1000) {
					return { status: 429, headers: { 'retry-after': '1' } };
				}
				taken.push(receivedAt);
				return {};
			});
			const texts = [...Array(BUSY_EVENTS).keys()].map((turn) => `busy ${String(turn)}`);
			for (const text of texts) await takeTurn(`[[reply:${text}]]`, 'support-bot');
			isOpen = true;
			await waitFor('all events', () => taken.length >= BUSY_EVENTS, { timeoutMs: 120_000 });
			expect(new Set(contents('busy-second'))).toEqual(new Set([...texts, 'for the crm']));
			const failed = await listDeliveries('--status', 'failed', '--recent', '100');
			expect(failed.map((delivery) => JSON.stringify(delivery)).join()).not.toContain(
				'busy-second',
			);
		},
		TEST_TIMEOUT_MS,
	);
});

describe('through a proxy', () => {
	it('events reach receivers that only it knows, one with a certificate of its own', async () => {
		await takeTurn('[[reply:by proxy]]', 'support-bot');
		await sink('proxied').waitForRequest(
			({ json }) => textAt(json, 'data', 'message', 'content') === 'by proxy',
		);
		await waitFor('the tunnel', () => securedBodies.some((body) => body.includes('by proxy')));
		expect(proxy.asked).toContain(`POST http://${PROXIED_HOST}:${sink('proxied').port}/hook`);
		const { port } = secured.address() as AddressInfo;
		expect(proxy.asked).toContain(`CONNECT ${PROXIED_HOST}:${String(port)}`);
	});

	it('that is out of order, they wait without using up their one try', async () => {
		proxy.refuseWith(502);
		secured.closeAllConnections();
		await takeTurn('[[reply:later]]', 'support-bot');
		await gateway.waitForLog(/Endpoint 'well-secured' cannot be sent to: The proxy http:\/\/127/);
		proxy.refuseWith(undefined);
		await waitFor('the event', () => securedBodies.some((body) => body.includes('later')), {
			timeoutMs: 60_000,
		});
		expect(await gateway.log()).not.toContain('canary-password-of-the-proxy');
	});
});

describe('a change of the settings while a receiver hangs', () => {
	it('ends its request in time: no turn fails, and the gateway goes on', async () => {
		sink('stuck').answerBy(async () => new Promise<never>(() => undefined));
		const asked = sink('stuck').requests.length;
		await takeTurn('[[reply:hangs]]', 'support-bot');
		await waitFor('a request that hangs', () => sink('stuck').requests.length > asked);
		const from = (await gateway.log()).length;
		const turn = askAgent(gateway.url, { text: '[[slow:12000]] [[reply:still here]]' });
		await gateway.configurePlugin({ ...settings, instanceId: 'node-2' });
		await gateway.waitForLog(/endpoints: /, from);
		const { status, json } = await turn;
		expect(status).toBe(200);
		expect(at(json, 'choices', 0, 'message', 'content')).toBe('still here');
		const log = (await gateway.log()).slice(from);
		expect(log).not.toMatch(/restart|timed? ?out|shutting down/i);
		await takeTurn('[[reply:after the change]]');
		const { json: event } = await sink('well').waitForRequest(
			(each) => textAt(each.json, 'data', 'message', 'content') === 'after the change',
		);
		expect(textAt(event, 'instanceId')).toBe('node-2');
	});
});

describe('secrets', () => {
	it('are in no log, no answer of the command line, and not in the log of attempts', async () => {
		const shown = [
			await gateway.log(),
			await readFile(join(gateway.folder, 'gateway-details.log'), 'utf8'),
			await gateway.openclaw(['event-webhooks', 'endpoints', '--json']),
			await gateway.openclaw(['event-webhooks', 'list', '--recent', '100']),
			JSON.stringify(readAttempts()),
		];
		for (const text of shown) {
			expect(text).not.toContain(SECRET);
			expect(text).not.toContain(API_KEY);
			expect(text).not.toMatch(/sha256=[0-9a-f]{64}/);
		}
	});
});

function readAttempts(): readonly unknown[] {
	return readPluginDatabase(gateway.folder, (database) => [
		...database.prepare('SELECT * FROM attempts').all(),
		...database.prepare('SELECT * FROM deliveries').all(),
		...database.prepare('SELECT * FROM endpoint_health').all(),
	]);
}
