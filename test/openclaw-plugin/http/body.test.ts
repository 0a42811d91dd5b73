import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { answerJson, answerRefusal } from '../../../openclaw-plugin/src/http/answers';
import { parseJsonBody, readLimitedBody } from '../../../openclaw-plugin/src/http/body';
import { startLocalServer, type LocalServer } from '../../../testbed/localServer';
import { waitFor } from '../../../testbed/waitFor';

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
	const answer = await sendRaw('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\nab');
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

const parse = (text: string, type?: string) =>
	parseJsonBody(type === undefined ? {} : { 'content-type': type }, Buffer.from(text));

function messageOf(text: string): string {
	const parsed = parse(text);
	return parsed.ok ? '' : parsed.refusal.message;
}

describe('parseJsonBody', () => {
	it.each([
		undefined,
		'application/json',
		'Application/JSON; charset=utf-8',
		'application/json;charset="UTF8"',
		'application/vnd.github+json',
	])('takes JSON of the type %s', (type) => {
		expect(parse('{"a":[1]}', type)).toEqual({ ok: true, value: { a: [1] } });
	});

	it.each([
		'text/plain',
		'application/x-www-form-urlencoded',
		'application/jsonp',
		'application/json; charset=latin1',
		'multipart/form-data; boundary=x',
	])('refuses the type %s with 415', (type) => {
		expect(parse('{}', type)).toMatchObject({ ok: false, refusal: { status: 415 } });
	});

	it.each(['[]', '"text"', '0', 'null', ' {"__proto__":1}\n'])('takes any value: %s', (text) => {
		expect(parse(text)).toEqual({ ok: true, value: JSON.parse(text) as unknown });
	});

	it.each([
		['{"a": }', 'line 1, column 7'],
		['{\n\t"a": 1,\n\t"b": 2,\n}', 'line 4, column 1'],
		["{'a': 1}", 'line 1, column 2'],
		['{"a": 1} x', 'line 1, column 10'],
		['{"a": 01}', 'line 1, column 7'],
		['{"a": "line\nbreak"}', 'line 1, column 7'],
		['[1, [2, {"a": tru}]]', 'line 1, column 15'],
		['{"a": [1, 2}', 'line 1, column 12'],
		['{"a" 1}', 'line 1, column 6'],
		['{"a": [1', 'it ends too early, at line 1, column 9'],
		['  ', 'it ends too early, at line 1, column 3'],
	])('says where %j is broken', (text, place) => {
		expect(messageOf(text)).toContain(place);
	});

	it('refuses an empty body and broken UTF-8 in other words', () => {
		expect(messageOf('')).toContain('The body is empty');
		const bytes = Buffer.from([0x22, 0xff, 0x22]);
		expect(parseJsonBody({}, bytes)).toMatchObject({
			ok: false,
			refusal: { status: 400, message: 'The body is not valid UTF-8' },
		});
	});

	it('survives a body that is nested as deep as a body can be', () => {
		const depth = 131_072;
		expect(parse('['.repeat(depth) + ']'.repeat(depth)).ok).toBe(true);
		expect(messageOf('['.repeat(depth))).toContain(`column ${String(depth + 1)}`);
	});
});

import fc from 'fast-check';
import { findJsonFault } from '../../../openclaw-plugin/src/http/body';

describe('findJsonFault', () => {
	it('finds a fault exactly where JSON.parse finds one', () => {
		fc.assert(
			fc.property(
				fc.json(),
				fc.nat(),
				fc.constantFrom('', ',', '"', '}', 'x', '0'),
				(json, at, cut) => {
					const offset = at % (json.length + 1);
					const text = json.slice(0, offset) + cut + json.slice(offset + (cut === '' ? 1 : 0));
					let isValid = true;
					try {
						JSON.parse(text);
					} catch {
						isValid = false;
					}
					expect(findJsonFault(text) === undefined).toBe(isValid);
				},
			),
			{ numRuns: 2000 },
		);
	});
});
