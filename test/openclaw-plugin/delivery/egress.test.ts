import { copyFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createHttpClient } from '../../../openclaw-plugin/src/delivery/httpClient';
import type { DeliveryRequest, HttpClient } from '../../../openclaw-plugin/src/delivery/httpClient';
import type { ProxyEnvironment } from '../../../openclaw-plugin/src/delivery/egress';
import { startForwardProxy, type ForwardProxy } from '../../../testbed/forwardProxy';
import { startHttpSink, type HttpSink } from '../../../testbed/httpSink';
import { waitFor } from '../../../testbed/waitFor';
import { useFolder } from '../store/support/folder';
import { selfSigned } from './support/certificate';
import { TEST_HOST_RULES } from './support/hostRules';

jest.setTimeout(60_000);

const folder = useFolder();
const CREDENTIALS = 'gateway:p%40ss';
/** Known to the proxy alone: what gets there has gone through it. */
const HOST = 'receiver.corp.test';
let sink: HttpSink;
let proxy: ForwardProxy;
let client: HttpClient | undefined;
let tls: Server | undefined;

beforeAll(async () => {
	sink = await startHttpSink();
});

beforeEach(async () => {
	sink.clear();
	receiver = { id: 1, name: 'crm', caFile: join(folder.path, 'ca.pem') };
	proxy = await startForwardProxy({ credentials: 'gateway:p@ss', hosts: { [HOST]: '127.0.0.1' } });
});

afterEach(async () => {
	client?.close();
	client = undefined;
	tls?.close();
	tls = undefined;
	await proxy.stop();
});

afterAll(async () => sink.stop());

/** With the credentials as a URL has them. */
const proxyUrl = () => proxy.url.replace('gateway:p@ss', CREDENTIALS);

let receiver = { id: 1, name: 'crm', caFile: '' };

async function send(env: ProxyEnvironment, more: Partial<DeliveryRequest> = {}) {
	client ??= createHttpClient(TEST_HOST_RULES, env);
	return await client.send({
		receiver,
		url: new URL(`http://${HOST}:${sink.port}/hook?a=1`),
		headers: {},
		body: '{}',
		timeoutMs: 2000,
		...more,
	});
}

/** A receiver whose certificate nobody has signed; its file is trusted as `ca.pem`. */
async function startTls(host: string): Promise<{ url: URL; connections: () => number }> {
	const certificate = selfSigned(folder.path, host);
	let connections = 0;
	tls = createServer(certificate, (request, response) => {
		request.resume().once('end', () => response.end('ok'));
	});
	tls.on('secureConnection', () => {
		connections += 1;
	});
	const server = tls;
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	return { url: new URL(`https://${host}:${port}/hook`), connections: () => connections };
}

const trust = () => {
	copyFileSync(join(folder.path, 'cert.pem'), join(folder.path, 'ca.pem'));
};

describe('through a proxy', () => {
	beforeEach(async () => {
		await startTls(HOST);
		trust();
	});

	it('requests to http: are forwarded, with its credentials and on one connection', async () => {
		const env = { HTTP_PROXY: proxyUrl() };
		for (let n = 0; n < 2; n += 1) {
			expect(await send(env)).toMatchObject({ kind: 'answered', status: 200 });
		}
		expect(proxy.asked).toEqual(Array(2).fill(`POST http://${HOST}:${sink.port}/hook?a=1`));
		expect(sink.requests.map(({ path }) => path)).toEqual(Array(2).fill('/hook?a=1'));
	});

	it('requests to https: go through one tunnel, checked against the caFile', async () => {
		tls?.close();
		const { url, connections } = await startTls(HOST);
		trust();
		const env = { https_proxy: proxyUrl().replace('http://', '') };
		for (let n = 0; n < 3; n += 1) {
			expect(await send(env, { url })).toMatchObject({ kind: 'answered', status: 200 });
		}
		expect(proxy.asked).toEqual([`CONNECT ${url.host}`]);
		expect(connections()).toBe(1);
	});

	it('the name of the receiver need not resolve here, but a private address is still refused', async () => {
		const url = new URL(`http://10.1.2.3:${sink.port}/`);
		expect(await send({ HTTP_PROXY: proxyUrl() }, { url })).toMatchObject({ reason: 'blocked' });
		expect(proxy.asked).toEqual([]);
	});

	it.each([
		['', 'through'],
		['*', 'directly'],
		['127.0.0.0/8', 'directly'],
		['127.0.0.1', 'directly'],
		['other.test, 127.0.0.1:PORT', 'directly'],
		['127.0.0.1:1', 'through'],
		['example.com,.corp.test', 'through'],
	])('with NO_PROXY %j a request to 127.0.0.1 goes %s', async (exceptions, way) => {
		const NO_PROXY = exceptions.replace('PORT', String(sink.port));
		const own = { ...receiver, allowPrivateHosts: true };
		const url = new URL(sink.url);
		const env = { HTTP_PROXY: proxyUrl(), NO_PROXY, OPENCLAW_PROXY_LOOPBACK_MODE: 'proxy' };
		expect(await send(env, { receiver: own, url })).toMatchObject({ status: 200 });
		expect(proxy.asked).toHaveLength(way === 'through' ? 1 : 0);
	});

	it.each(['127.0.0.1', 'localhost'])(
		'%s is reached directly unless the gateway says otherwise',
		async (host) => {
			const own = { ...receiver, allowPrivateHosts: true };
			const url = new URL(`http://${host}:${sink.port}/`);
			expect(await send({ HTTP_PROXY: proxyUrl() }, { receiver: own, url })).toMatchObject({
				status: 200,
			});
			expect(proxy.asked).toEqual([]);
		},
	);

	it.each(['corp.test', '.corp.test', '*.corp.test', HOST])(
		'NO_PROXY %s exempts what is below it',
		async (name) => {
			// It resolves for the proxy alone.
			const response = await send({ HTTP_PROXY: proxyUrl(), no_proxy: name });
			expect(response).toMatchObject({ reason: 'network' });
			expect(proxy.asked).toEqual([]);
		},
	);

	describe('that does not let it pass', () => {
		it.each([
			[407, 'it wants other credentials (HTTP 407)'],
			[403, 'it does not allow it (HTTP 403)'],
			[502, '(HTTP 502)'],
		])('with %d for a tunnel, that is told of the proxy', async (status, text) => {
			proxy.refuseWith(status);
			const url = new URL(`https://${HOST}/hook`);
			const response = await send({ HTTPS_PROXY: proxyUrl() }, { url });
			expect(response).toMatchObject({ kind: 'unanswered', reason: 'proxy' });
			const { message } = response as { message: string };
			expect(message).toContain(`The proxy ${proxyUrl().replace(`${CREDENTIALS}@`, '')} made no`);
			expect(message).toContain(text);
			expect(message).not.toContain('p%40ss');
		});

		it('without credentials, its answer is not taken for that of the receiver', async () => {
			const env = { HTTP_PROXY: proxyUrl().replace(`${CREDENTIALS}@`, '') };
			expect(await send(env)).toMatchObject({ status: 407, isFromProxy: true });
		});

		it.each(['http', 'https'])('as it is not there, that is told of it (%s)', async (scheme) => {
			const [HTTP_PROXY, HTTPS_PROXY] = ['http://127.0.0.1:1', 'http://127.0.0.1:1'];
			const url = new URL(`${scheme}://${HOST}/`);
			expect(await send({ HTTP_PROXY, HTTPS_PROXY }, { url })).toMatchObject({
				reason: 'proxy',
				message:
					'The proxy http://127.0.0.1:1 cannot be reached: Nothing listens there: the connection was refused (ECONNREFUSED)',
			});
		});

		it('as it hangs, that ends in time, and the next request is not held up', async () => {
			proxy.hang();
			const url = new URL(`https://${HOST}/`);
			const env = { HTTPS_PROXY: proxyUrl() };
			for (let n = 0; n < 2; n += 1) {
				const response = await send(env, { url, timeoutMs: 150 });
				expect(response).toMatchObject({ reason: 'proxy' });
			}
			expect(proxy.asked).toHaveLength(2);
		});
	});

	it('the answers of the receiver are its own', async () => {
		sink.answerBy(() => ({ status: 502 }));
		expect(await send({ HTTP_PROXY: proxyUrl() })).toMatchObject({
			status: 502,
			isFromProxy: false,
		});
	});
});

describe('a caFile', () => {
	it('is trusted besides the usual authorities, and read again when it changes', async () => {
		const { url } = await startTls('localhost');
		const own = { ...receiver, allowPrivateHosts: true };
		expect(await send({}, { url, receiver: own })).toMatchObject({
			reason: 'settings',
			message: expect.stringMatching(
				/^The caFile of the endpoint, .*ca\.pem, cannot be read/,
			) as string,
		});
		writeFileSync(own.caFile, 'not a certificate');
		await waitFor('the file to be read', async () => {
			const response = await send({}, { url, receiver: own });
			return 'message' in response && response.message.includes('holds no certificate in PEM form');
		});
		trust();
		await waitFor('the new file to be trusted', async () => {
			const response = await send({}, { url, receiver: own });
			return response.kind === 'answered' && response.status === 200;
		});
		// Another certificate for the same host: the old connection is not used any more.
		tls?.closeAllConnections();
		tls?.close();
		const next = await startTls('localhost');
		expect(await send({}, { url: next.url, receiver: own })).toMatchObject({
			reason: 'network',
			message: expect.stringContaining('If it is yours, name it as caFile') as string,
		});
		trust();
		await waitFor('the changed file to be trusted', async () => {
			const response = await send({}, { url: next.url, receiver: own });
			return response.kind === 'answered';
		});
	});

	it('does not let a certificate of another host pass', async () => {
		const { url } = await startTls('other.test');
		trust();
		url.hostname = 'localhost';
		expect(
			await send({}, { url, receiver: { ...receiver, allowPrivateHosts: true } }),
		).toMatchObject({
			reason: 'network',
			message: expect.stringContaining('The TLS certificate is for another host') as string,
		});
	});
});
