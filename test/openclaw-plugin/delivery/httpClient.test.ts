import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createHttpClient } from '../../../openclaw-plugin/src/delivery/httpClient';
import type { DeliveryRequest, HttpClient } from '../../../openclaw-plugin/src/delivery/httpClient';
import { startHttpSink, type HttpSink } from '../../../testbed/httpSink';
import { removeTemporaryFolder, temporaryFolder } from '../../../testbed/temporaryFolder';
import { selfSigned } from './support/certificate';
import { TEST_HOST_RULES } from './support/hostRules';

let sink: HttpSink;
let client: HttpClient;

beforeAll(async () => {
	sink = await startHttpSink();
});

beforeEach(() => {
	sink.clear();
	client = createHttpClient(TEST_HOST_RULES, {});
});

afterEach(() => {
	client.close();
});

afterAll(async () => sink.stop());

const CRM = { id: 1, name: 'crm', allowPrivateHosts: true };
const CLOSED = { id: 1, name: 'crm' };

function request(more: Partial<DeliveryRequest> = {}): DeliveryRequest {
	return {
		receiver: CRM,
		url: new URL(`${sink.url}/hook?a=1`),
		headers: { 'Content-Type': 'application/json', 'X-Own': 'yes' },
		body: '{"text":"日本"}',
		timeoutMs: 5000,
		...more,
	};
}

/** A TCP server that does what it is told with each connection. */
async function startRaw(onSocket: (socket: Socket) => void): Promise<{ url: URL; server: Server }> {
	const server = createTcpServer(onSocket);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	return { url: new URL(`http://127.0.0.1:${port}/hook`), server };
}

describe('a request', () => {
	it('posts the body, and tells what was answered', async () => {
		sink.answerBy(() => ({ status: 429, headers: { 'retry-after': '7' }, body: 'slow down' }));
		const response = await client.send(request());
		expect(response).toEqual({
			kind: 'answered',
			status: 429,
			durationMs: expect.any(Number) as number,
			body: 'slow down',
			retryAfter: '7',
			location: undefined,
			isFromProxy: false,
			contentType: 'text/plain',
			date: expect.any(String) as string,
		});
		const [received] = sink.requests;
		expect(received).toMatchObject({ method: 'POST', path: '/hook?a=1', json: { text: '日本' } });
		expect(received?.headers).toMatchObject({ 'x-own': 'yes', 'content-length': '17' });
	});

	it('again to the same URL carries its own headers and body, and the password of the URL', async () => {
		const url = new URL(sink.url);
		url.username = 'crm';
		url.password = 'p%20w';
		await client.send(request({ url }));
		await client.send(request({ url, body: '{"n":2}', headers: { 'X-Own': 'second' } }));
		url.pathname = '/moved';
		await client.send(request({ url }));
		expect(sink.requests.map(({ path }) => path)).toEqual(['/', '/', '/moved']);
		const [first, second] = sink.requests;
		expect(first?.headers).toMatchObject({ 'x-own': 'yes', host: url.host });
		expect(second).toMatchObject({ json: { n: 2 }, headers: { 'x-own': 'second' } });
		const authorization = `Basic ${Buffer.from('crm:p w').toString('base64')}`;
		expect(sink.requests.map(({ headers }) => headers.authorization)).toEqual(
			Array(3).fill(authorization),
		);
	});

	it('uses a connection again, one for each endpoint', async () => {
		const ports: (number | undefined)[] = [];
		const { url, server } = await startRaw((socket) => {
			socket.on('data', () => {
				ports.push(socket.remotePort);
				socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
			});
		});
		await client.send(request({ url }));
		await client.send(request({ url }));
		await client.send(request({ url, receiver: { ...CRM, id: 2 } }));
		const [first, second, third] = ports;
		expect(second).toBe(first);
		expect(third).not.toBe(first);
		client.close();
		server.close();
	});

	it('is made again when a kept connection turns out to be closed', async () => {
		let connections = 0;
		const { url, server } = await startRaw((socket) => {
			connections += 1;
			let requests = 0;
			socket.on('data', () => {
				requests += 1;
				if (connections === 1 && requests === 2) socket.resetAndDestroy();
				else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
			});
			socket.on('error', () => undefined);
		});
		await client.send(request({ url }));
		expect(await client.send(request({ url }))).toMatchObject({ kind: 'answered', status: 200 });
		expect(connections).toBe(2);
		client.close();
		server.close();
	});

	it('does not follow a redirect', async () => {
		sink.answerBy(() => ({ status: 302, headers: { location: `${sink.url}/other` } }));
		const response = await client.send(request());
		expect(response).toMatchObject({ status: 302, location: `${sink.url}/other` });
		expect(sink.requests).toHaveLength(1);
	});

	it('reads 64 KB of an answer, and keeps its beginning', async () => {
		let sent = 0;
		const { url, server } = await startRaw((socket) => {
			socket.once('data', () => {
				socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
				const more = () => {
					sent += 4096;
					if (!socket.destroyed) socket.write(`1000\r\n${'x'.repeat(4096)}\r\n`, more);
				};
				more();
			});
			socket.on('error', () => undefined);
		});
		const response = await client.send(request({ url }));
		expect(response).toMatchObject({ kind: 'answered', status: 200, body: 'x'.repeat(4096) });
		expect(sent).toBeGreaterThan(65_536);
		server.close();
	});
});

describe('a request without an answer', () => {
	it('that hangs ends in time', async () => {
		sink.answerBy(async () => new Promise(() => undefined));
		expect(await client.send(request({ timeoutMs: 60 }))).toMatchObject({
			kind: 'unanswered',
			reason: 'timeout',
			message: 'No complete answer within 60 ms (timeoutMs of the endpoint)',
		});
	});

	it('that is answered drop by drop ends in time, too', async () => {
		const { url, server } = await startRaw((socket) => {
			socket.once('data', () => {
				socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n');
				const timer = setInterval(() => socket.write('x'), 10);
				socket.on('close', () => {
					clearInterval(timer);
				});
			});
			socket.on('error', () => undefined);
		});
		const response = await client.send(request({ url, timeoutMs: 100 }));
		expect(response).toMatchObject({ reason: 'timeout' });
		server.close();
	});

	it.each(['before-response', 'mid-response'] as const)('that is cut %s says so', async (cut) => {
		sink.answerBy(() => ({ cut }));
		expect(await client.send(request())).toMatchObject({
			reason: 'network',
			message: `The connection was closed before the answer was complete (ECONNRESET, ${new URL(sink.url).host})`,
		});
	});

	it('tells that nothing listens, and never the rest of the URL', async () => {
		const { url, server } = await startRaw(() => undefined);
		await new Promise((resolve) => server.close(resolve));
		const secret = new URL(`/services/T00/B00/secret?token=secret`, url);
		const response = await client.send(request({ url: secret }));
		expect(response).toMatchObject({
			reason: 'network',
			message: `Nothing listens there: the connection was refused (ECONNREFUSED, ${url.host})`,
		});
	});

	it('tells that a name does not exist', async () => {
		const url = new URL('http://does-not-exist.invalid/hook');
		expect(await client.send(request({ url }))).toMatchObject({
			reason: 'network',
			message: expect.stringMatching(/^The name of the host cannot be resolved/) as string,
		});
	});

	it('tells that the answer is not HTTP', async () => {
		const { url, server } = await startRaw((socket) => {
			socket.once('data', () => socket.end('hello\r\n\r\n'));
			socket.on('error', () => undefined);
		});
		const response = await client.send(request({ url }));
		expect(response).toMatchObject({
			reason: 'network',
			message: expect.stringContaining('HPE_') as string,
		});
		server.close();
	});

	it('tells that a certificate is not trusted', async () => {
		const folder = await temporaryFolder('certificate');
		const server = createTlsServer(selfSigned(folder), (_, response) => response.end());
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		const { port } = server.address() as AddressInfo;
		const url = new URL(`https://localhost:${port}/hook`);
		const response = await client.send(request({ url }));
		expect(response).toMatchObject({
			reason: 'network',
			message: `The TLS certificate is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT, localhost:${port}). If it is yours, name it as caFile`,
		});
		server.close();
		await removeTemporaryFolder(folder);
	});

	it('ends when the dispatcher stops', async () => {
		sink.answerBy(async () => new Promise(() => undefined));
		const abort = new AbortController();
		const response = client.send(request({ signal: abort.signal }));
		await sink.waitForRequest(() => true, { everyMs: 5 });
		abort.abort();
		expect(await response).toMatchObject({ reason: 'stopped' });
		expect(await client.send(request({ signal: abort.signal }))).toMatchObject({
			reason: 'stopped',
		});
	});

	it('reports a header that cannot be sent', async () => {
		const headers = { 'X-Bad': 'line\nbreak' };
		expect(await client.send(request({ headers }))).toMatchObject({
			reason: 'network',
			message: expect.stringContaining('X-Bad') as string,
		});
	});
});

describe('a private host', () => {
	it('gets nothing unless the endpoint allows it', async () => {
		const url = new URL(`http://localhost:${sink.port}/hook`);
		for (const blocked of [new URL(sink.url), url]) {
			const response = await client.send(request({ url: blocked, receiver: CLOSED }));
			expect(response).toMatchObject({
				reason: 'blocked',
				message: expect.stringContaining(
					"allowPrivateHosts: true for the endpoint 'crm'",
				) as string,
			});
		}
		expect(sink.requests).toEqual([]);
		expect(await client.send(request({ url }))).toMatchObject({ status: 200 });
	});

	it('does not get a connection that was made when it was allowed', async () => {
		const url = new URL(`http://localhost:${sink.port}/hook`);
		await client.send(request({ url }));
		const response = await client.send(request({ url, receiver: CLOSED }));
		expect(response).toMatchObject({ reason: 'blocked' });
	});
});
