import { request as httpRequest } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { answerJson, answerRefusal } from '../../../openclaw-plugin/src/http/answers';
import {
	bearerToken,
	clientAddress,
	readLimitedBody,
	readTarget,
} from '../../../openclaw-plugin/src/http/request';
import { type LocalServer, startLocalServer } from '../../../testbed/localServer';
import { waitFor } from '../../../testbed/waitFor';

function request(parts: { url?: string; authorization?: string; address?: string }) {
	return {
		url: parts.url,
		headers: { authorization: parts.authorization },
		socket: { remoteAddress: parts.address },
	} as unknown as IncomingMessage;
}

describe('readTarget', () => {
	const segments = (url: string) => readTarget(request({ url }), '/webhooks/inbound')?.segments;

	it.each([
		['/webhooks/inbound', []],
		['/webhooks/inbound/', []],
		['/webhooks/inbound?x=1', []],
		['/webhooks/inbound/deploy', ['deploy']],
		['/webhooks/inbound/deploy/?wait=1', ['deploy']],
		['/webhooks/inbound/%E5%91%8A%E8%AD%A6', ['告警']],
		['/webhooks/inbound/a%2Fb', ['a/b']],
		['/webhooks/inbound/a/b', ['a', 'b']],
		['/webhooks/inbound/%zz', ['%zz']],
		['/webhooks/inbound/..', ['..']],
	])('%s', (url, expected) => {
		expect(segments(url)).toEqual(expected);
	});

	it.each(['/webhooks/inboundx', '/webhooks', '/', ''])('is not for %j', (url) => {
		expect(segments(url)).toBeUndefined();
	});

	it('reads the query', () => {
		const target = readTarget(
			request({ url: '/webhooks/inbound/a?b=%20c&b=d' }),
			'/webhooks/inbound',
		);
		expect(target?.query.getAll('b')).toEqual([' c', 'd']);
	});
});

describe('bearerToken', () => {
	it.each([
		['Bearer abc', 'abc'],
		['bearer  abc ', 'abc'],
		['Basic abc', undefined],
		['Bearer', undefined],
		['Bearer a b', undefined],
		['abc', undefined],
		[undefined, undefined],
	])('%j gives %j', (authorization, token) => {
		expect(bearerToken(request(authorization === undefined ? {} : { authorization }))).toBe(token);
	});
});

describe('clientAddress', () => {
	it.each([
		['192.0.2.7', '192.0.2.7'],
		['::ffff:192.0.2.7', '192.0.2.7'],
		['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
		['2001:db8::6', '2001:db8:0:0::/64'],
		['fe80::1%eth0', 'fe80:0:0:0::/64'],
		['::1', '0:0:0:0::/64'],
	])('%s counts as %s', (address, client) => {
		expect(clientAddress(request({ address }))).toBe(client);
	});
});

describe('readLimitedBody', () => {
	const MAX_BYTES = 1000;
	let server: LocalServer;
	let results: string[];

	beforeEach(async () => {
		results = [];
		server = await startLocalServer((request, response) => {
			void readLimitedBody(request, { maxBytes: MAX_BYTES, timeoutMs: 300 }).then((read) => {
				results.push(read.ok ? `${String(read.value.length)} bytes` : read.refusal.code);
				if (read.ok) answerJson(response, 200, { bytes: read.value.length });
				else answerRefusal(response, read.refusal);
			});
		});
	});

	afterEach(async () => {
		await server.close();
	});

	/** Sends in chunks, without a length. */
	async function sendChunks(chunks: readonly Buffer[]): Promise<number> {
		return await new Promise((resolve, reject) => {
			const request = httpRequest(server.url, { method: 'POST' }, (response) => {
				response.resume();
				resolve(response.statusCode ?? 0);
			});
			request.on('error', reject);
			for (const chunk of chunks) request.write(chunk);
			request.end();
		});
	}

	async function sendRaw(text: string): Promise<string> {
		return await new Promise((resolve) => {
			let answer = '';
			const socket = connect(server.port, '127.0.0.1', () => socket.write(text));
			socket.on('data', (data) => (answer += data.toString()));
			socket.on('error', () => undefined);
			socket.on('close', () => {
				resolve(answer);
			});
		});
	}

	it('takes a body of exactly the limit, in one piece or in several', async () => {
		const body = Buffer.alloc(MAX_BYTES, 'x');
		const answer = await fetch(server.url, { method: 'POST', body });
		expect(await answer.json()).toEqual({ bytes: MAX_BYTES });
		expect(await sendChunks([body.subarray(0, 400), body.subarray(400)])).toBe(200);
	});

	it('refuses one byte more, whether its length was announced or not', async () => {
		const body = Buffer.alloc(MAX_BYTES + 1, 'x');
		const answer = await fetch(server.url, { method: 'POST', body });
		expect(answer.status).toBe(413);
		expect(await answer.json()).toMatchObject({ ok: false, error: { code: 'body-too-large' } });
		expect(await sendChunks([body.subarray(0, 900), body.subarray(900)])).toBe(413);
	});

	it('lets the sender of a large body read the answer', async () => {
		const answer = await fetch(server.url, { method: 'POST', body: Buffer.alloc(1_500_000, 'x') });
		expect(answer.status).toBe(413);
	});

	it('does not read on forever', async () => {
		const chunk = Buffer.alloc(65_536, 'x');
		// The connection ends under the sender, or he gets to see the answer before.
		const status = await sendChunks(Array.from({ length: 100 }, () => chunk)).catch(() => 413);
		expect(status).toBe(413);
		expect(results).toEqual(['body-too-large']);
	});

	it('does not wait for an announced body that is far too large', async () => {
		const answer = await sendRaw(
			'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\nab',
		);
		expect(answer).toMatch(/^HTTP\/1\.1 413 /);
		expect(answer).toMatch(/connection: close/i);
	});

	it('refuses a body that does not come', async () => {
		const answer = await sendRaw('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nab');
		expect(answer).toMatch(/^HTTP\/1\.1 408 /);
	});

	it('notices that the sender has gone', async () => {
		await new Promise<void>((resolve) => {
			const socket = connect(server.port, '127.0.0.1', () => {
				socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nab', () => {
					socket.destroy();
					resolve();
				});
			});
		});
		await waitFor('the end of the connection', () => results.length > 0);
		expect(results).toEqual(['body-cut-off']);
	});

	it('refuses compressed bodies', async () => {
		const headers = { 'content-encoding': 'gzip' };
		const answer = await fetch(server.url, { method: 'POST', body: 'x', headers });
		expect(answer.status).toBe(415);
	});
});
