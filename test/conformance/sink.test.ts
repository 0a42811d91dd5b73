import { once } from 'node:events';
import { connect } from 'node:net';
import { runCommand } from '../../conformance/src/cli';
import type { JudgedRequest } from '../../conformance/src/senderJudge';
import { runSink, type SinkOptions, type SinkResult } from '../../conformance/src/sink';
import { capturedEvent } from '../../conformance/src/capturedEvents';
import { sendEvent, sendRaw, type Delivery } from '../../conformance/src/sendEvent';
import { wellFormedJson } from '../../protocol/wellFormed';
import { useFolder } from '../openclaw-plugin/store/support/folder';
import { endpointNamed, startDeliveries } from '../openclaw-plugin/delivery/support/deliveries';
import { SECRET } from './support/receiver';

jest.setTimeout(60_000);

const folder = useFolder();

/** Runs a sink while something is sent to it. */
async function sink(
	send: (url: string) => Promise<unknown>,
	options: Partial<SinkOptions> = {},
): Promise<{ result: SinkResult; judged: readonly JudgedRequest[] }> {
	const judged: JudgedRequest[] = [];
	const ended = new AbortController();
	let sending: Promise<unknown> = Promise.resolve();
	const result = await runSink({
		secret: SECRET,
		toleranceSeconds: 300,
		statuses: [200],
		host: '127.0.0.1',
		port: 0,
		signal: ended.signal,
		onListening: (url) => {
			sending = send(url).finally(() => {
				ended.abort();
			});
		},
		onRequest: (each) => judged.push(each),
		...options,
	});
	await sending;
	return { result, judged };
}

const EVENT = capturedEvent('message.sent');

/** A request as the plugin sends it, but for what a test changes. */
async function send(url: string, change: Partial<Delivery> = {}): Promise<void> {
	const event = change.event ?? EVENT;
	await sendEvent(url, {
		event,
		secret: SECRET,
		...change,
		headers: {
			'x-openclaw-event': event.type,
			'x-openclaw-delivery': 'dlv_1',
			'x-openclaw-attempt': '1',
			...change.headers,
		},
	});
}

const attempt = (number: number, change: Partial<Delivery> = {}): Partial<Delivery> => ({
	...change,
	headers: { 'x-openclaw-attempt': String(number), ...change.headers },
});

describe('a good sender', () => {
	it('is the plugin, with its retries', async () => {
		const { result, judged } = await sink(
			async (url) => {
				const endpoint = endpointNamed('kit', { url, secrets: [SECRET] });
				const deliveries = await startDeliveries(folder.path, { endpoints: [endpoint] });
				for (const type of ['message.sent', 'tool.called'] as const) {
					const id = deliveries.add(['kit'], capturedEvent(type).data, type);
					await deliveries.waitUntil(id, { state: 'delivered' });
				}
				await deliveries.stop();
			},
			{ statuses: [503, 200] },
		);
		expect(judged.flatMap(({ faults, notes }) => [...faults, ...notes])).toEqual([]);
		expect(judged.map(({ type, times, status }) => [type, times, status])).toEqual([
			['message.sent', 1, 503],
			['message.sent', 2, 200],
			['tool.called', 1, 503],
			['tool.called', 2, 200],
		]);
		expect(result).toEqual({ requests: 4, wrong: 0, waiting: [] });
	});

	it('may send fields and types that nobody knows, and more than one secret signs', async () => {
		const { judged } = await sink(async (url) => {
			await send(url, { event: { ...EVENT, further: 1, data: { ...EVENT.data, more: [1] } } });
			const event = { ...EVENT, id: `${EVENT.id}0`, type: 'memory.updated' };
			const headers = { 'x-openclaw-delivery': 'dlv_2' };
			await send(url, { event, secret: ['whsec_new', SECRET], headers });
		});
		expect(judged).toMatchObject([
			{ faults: [], notes: [] },
			{ faults: [], notes: [expect.stringContaining('only the envelope')] },
		]);
	});
});

const half = { ...EVENT, data: { message: { role: 'assistant', content: 'half \ud83d' } } };
const BAD: ReadonlyArray<readonly [what: string, Partial<Delivery>, fault: RegExp]> = [
	['another secret', { secret: 'whsec_another' }, /X-OpenClaw-…: the signature does not fit/],
	['one scheme only', { headers: { 'webhook-signature': undefined } }, /webhook-…: there is no/],
	['an old timestamp', { timestamp: 1_710_400_200 }, /too old/],
	['another id in the header', { headers: { 'webhook-id': 'evt_2' } }, /webhook-id is not/],
	['another type in the header', { headers: { 'x-openclaw-event': 'a' } }, /X-OpenClaw-Event is/],
	['no delivery', { headers: { 'x-openclaw-delivery': undefined } }, /Delivery is missing/],
	['attempt 0', attempt(0), /Attempt is no number from 1/],
	['another type of content', { headers: { 'content-type': 'text/plain' } }, /Content-Type/],
	['PUT', { method: 'PUT' }, /method is PUT/],
	['a body that was changed', { sentBody: JSON.stringify(EVENT, null, 1) }, /does not fit/],
	['Latin-1', { body: Buffer.from(JSON.stringify({ ...EVENT, a: 'é' }), 'latin1') }, /no UTF-8/],
	['a byte order mark', { body: `\uFEFF${JSON.stringify(EVENT)}` }, /no JSON/],
	['no JSON', { body: 'a=1' }, /no JSON/],
	['no event', { body: '{"id":"evt_1"}' }, /no event: .*'type'/],
	['half of a character', { event: half }, /half of a character/],
	[
		'a field of another type',
		{ event: { ...EVENT, data: { message: 'text' } } },
		/schema of message/,
	],
	['broken gzip', { headers: { 'content-encoding': 'gzip' } }, /cannot be read/],
];

describe('a bad sender', () => {
	it.each(BAD)('that sends %s is told so', async (_what, change, fault) => {
		const { result, judged } = await sink(async (url) => send(url, change));
		expect(judged.flatMap(({ faults }) => faults).join('\n')).toMatch(fault);
		expect(result).toMatchObject({ requests: 1, wrong: 1 });
	});

	it('may mend halves of characters as the plugin does', async () => {
		const body = wellFormedJson(JSON.stringify(half));
		const { judged } = await sink(async (url) => send(url, { event: half, body }));
		expect(judged).toMatchObject([{ faults: [] }]);
	});

	it.each([
		['an event again that was taken', [200], attempt(2), /taken already/],
		['the same attempt again', [503], attempt(1), /has to count up/],
		['another body in a retry', [503], attempt(2, { event: { ...EVENT, a: 1 } }), /body differs/],
		[
			'an id again, for another delivery',
			[200],
			{ headers: { 'x-openclaw-delivery': 'dlv_2' } },
			/ids are unique/,
		],
	] as const)('that sends %s is told so', async (_what, statuses, change, fault) => {
		const { judged } = await sink(
			async (url) => {
				await send(url);
				await send(url, change);
			},
			{ statuses },
		);
		expect(judged).toMatchObject([
			{ faults: [], times: 1 },
			{ faults: [expect.stringMatching(fault)], times: 2 },
		]);
	});

	it('that does not come again is told of', async () => {
		const { result } = await sink(async (url) => send(url), { statuses: [503] });
		expect(result.waiting).toEqual([`${EVENT.id} (answered 503)`]);
	});
});

describe('a sender that', () => {
	it('goes away in the middle of a request is told so', async () => {
		const { result, judged } = await sink(
			async (url) => {
				const socket = connect(Number(new URL(url).port), '127.0.0.1');
				await once(socket, 'connect');
				socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{');
				socket.resume().end();
				await once(socket, 'close');
			},
			{ count: 1 },
		);
		expect(judged).toMatchObject([{ faults: [expect.stringContaining('cannot be read')] }]);
		expect(result).toMatchObject({ requests: 1, wrong: 1 });
	});

	it('sends more than anybody takes is told so', async () => {
		const body = `{"padding":"${'x'.repeat(33 * 1024 * 1024)}"}`;
		const { judged } = await sink(async (url) => sendRaw(url, { body }), { count: 1 });
		expect(judged).toMatchObject([{ faults: [expect.stringContaining('32 MiB')] }]);
	});
});

describe('the command', () => {
	async function command(args: readonly string[], sendTo: (url: string) => Promise<unknown>) {
		const lines: string[] = [];
		const signal = new AbortController();
		let sending: Promise<unknown> = Promise.resolve();
		const hear = (line: string) => {
			lines.push(line);
			const url = /Listening on (\S+)\. /.exec(line)?.[1];
			if (url !== undefined) {
				sending = sendTo(url).then(() => {
					if (!args.includes('--count')) signal.abort();
				});
			}
		};
		const code = await runCommand(['--sink', '0', ...args], {
			environment: { OPENCLAW_SECRET: SECRET },
			print: hear,
			complain: hear,
			signal: signal.signal,
		});
		await sending;
		return { code, text: lines.join('\n') };
	}

	it('ends after so many requests with 0 where nothing was wrong', async () => {
		const args = ['--count', '2', '--answer', '503,200'];
		const { code, text } = await command(args, async (url) => {
			await send(url);
			await send(url, attempt(2));
		});
		expect(text).toContain(`✔ message.sent ${EVENT.id}, request 2: answered 200`);
		expect(text).toContain('Conforms: 2 requests, 0 with faults');
		expect(code).toBe(0);
	});

	it('ends by Ctrl-C with 1 where something was wrong, and tells no secret', async () => {
		const type = 'bad\u001b[2J';
		const { code, text } = await command([], async (url) => {
			await send(url, { event: { ...EVENT, type }, headers: { 'x-openclaw-event': 'bad' } });
		});
		expect(text).toContain('✖ bad?[2J');
		expect(text).not.toContain('\u001b');
		expect(text).toContain('Does not conform: 1 requests, 1 with faults');
		expect(text).not.toContain(SECRET);
		expect(code).toBe(1);
	});

	it('does not pass a sender that sends nothing', async () => {
		const { code, text } = await command([], () => Promise.resolve());
		expect(text).toContain('Does not conform: no request came');
		expect(code).toBe(1);
	});

	it('writes a line of JSON for each request, and one for all', async () => {
		const { text } = await command(['--json', '--count', '1'], async (url) => {
			await sendRaw(url, { body: 'x' });
		});
		const [, request = '', sum = ''] = text.split('\n');
		expect(JSON.parse(request)).toMatchObject({ status: 200, times: 1 });
		expect(JSON.parse(sum)).toEqual({ ok: false, requests: 1, wrong: 1, waiting: [] });
	});
});
