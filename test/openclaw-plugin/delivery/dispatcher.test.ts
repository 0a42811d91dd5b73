import { setTimeout as delay } from 'node:timers/promises';
import { wakeDispatcher } from '../../../openclaw-plugin/src/outbox/queue';
import { verifyEvent } from '../../../openclaw-plugin/src/protocol';
import { startHttpSink, type HttpSink } from '../../../testbed/httpSink';
import { waitFor } from '../../../testbed/waitFor';
import { countRows } from '../store/support/events';
import { useFolder } from '../store/support/folder';
import {
	endpointNamed,
	idOf,
	startDeliveries,
	type Deliveries,
	type DeliveriesOptions,
} from './support/deliveries';

jest.setTimeout(60_000);

const folder = useFolder();
const SECRET = 'whsec_dGVzdCBzZWNyZXQgb2YgMzIgYnl0ZXMgbGVuZ3Ro';
const FAST = { everyMs: 5, timeoutMs: 10_000 };
/** A receiver that hangs. */
const never = async () => new Promise<never>(() => undefined);
let sink: HttpSink;
let deliveries: Deliveries | undefined;

beforeAll(async () => {
	sink = await startHttpSink();
});

beforeEach(() => {
	sink.clear();
});

afterEach(async () => {
	await deliveries?.stop();
	deliveries = undefined;
});

afterAll(async () => sink.stop());

const PAUSED = { lifecycle: { state: 'paused', since: 1 } } as const;
const crm = (more: object = {}) =>
	endpointNamed('crm', { url: `${sink.url}/crm`, secrets: [SECRET], ...more });

async function start(options: Partial<DeliveriesOptions> = {}): Promise<Deliveries> {
	deliveries = await startDeliveries(folder.path, { endpoints: [crm()], ...options });
	return deliveries;
}

const numbers = () => sink.requests.map(({ json }) => (json as { data: { n?: number } }).data.n);
const ids = () => sink.requests.map(({ json }) => (json as { id: string }).id);

describe('a delivery', () => {
	it('arrives signed, with the headers of the protocol', async () => {
		const { add, waitUntil, attempts } = await start();
		const id = add(['crm'], { agentId: 'main' });
		expect(await waitUntil(id, { state: 'delivered' })).toMatchObject({
			tries: 1,
			attempts: 1,
			last_status: 200,
			last_error: null,
		});
		const [received] = sink.requests;
		expect(received?.headers).toMatchObject({
			'content-type': 'application/json',
			'user-agent': 'OpenClaw-Event-Webhooks/1.2.3',
			'x-openclaw-event': 'message.sent',
			'x-openclaw-delivery': `dlv_${id}`,
			'x-openclaw-attempt': '1',
		});
		const { headers = {}, body = Buffer.alloc(0) } = received ?? {};
		expect(verifyEvent({ headers, body, secret: SECRET }).ok).toBe(true);
		expect(attempts(id)).toEqual([200]);
	});

	it('comes in the order of creation, one after the other', async () => {
		let running = 0;
		let most = 0;
		sink.answerBy(async () => {
			running += 1;
			most = Math.max(most, running);
			await delay(1);
			running -= 1;
			return {};
		});
		const { add, waitUntil } = await start();
		let last = 0;
		for (let n = 0; n < 300; n += 1) last = add(['crm'], { n });
		await waitUntil(last, { state: 'delivered' });
		expect(numbers()).toEqual(Array.from({ length: 300 }, (_, n) => n));
		expect(most).toBe(1);
	});

	it('comes with others at once when the endpoint says so', async () => {
		let running = 0;
		let most = 0;
		sink.answerBy(async () => {
			running += 1;
			most = Math.max(most, running);
			await waitFor('more requests', () => most === 4 || running === 4, FAST);
			running -= 1;
			return {};
		});
		const { add, store } = await start({ endpoints: [crm({ concurrency: 4 })] });
		for (let n = 0; n < 20; n += 1) add(['crm'], { n });
		await waitFor('all', () => countRows(store, 'deliveries', "state = 'delivered'") === 20, FAST);
		expect(most).toBe(4);
		expect(new Set(numbers()).size).toBe(20);
	});

	it('that was cancelled while others were under way is not sent', async () => {
		const { promise: held, resolve: release } = Promise.withResolvers<object>();
		sink.answerBy(async () => held);
		const { add, store, outbox, waitUntil } = await start({ endpoints: [crm({ concurrency: 3 })] });
		const added = Array.from({ length: 9 }, (_, n) => add(['crm'], { n }));
		await waitFor('three requests', () => sink.requests.length === 3, FAST);
		const cancel = store.prepare("UPDATE deliveries SET state = 'failed' WHERE id = ?");
		for (const id of added.slice(3, 6)) cancel.run(id);
		store.prepare('DELETE FROM deliveries WHERE id = ?').run(added[6] ?? 0);
		release({});
		await waitUntil(added[8] ?? 0, { state: 'delivered' });
		await waitUntil(added[7] ?? 0, { state: 'delivered' });
		expect(numbers().slice(3).sort()).toEqual([7, 8]);
		outbox.replay({ deliveryIds: added.slice(3, 4) });
		await waitUntil(added[3] ?? 0, { state: 'delivered' });
		expect(numbers()).toHaveLength(6);
	});

	it('that was made before the start, or by another process, is found', async () => {
		const { add, waitUntil, stop } = await start({ endpoints: [crm(PAUSED)] });
		const id = add(['crm']);
		await stop();
		const again = await start();
		expect(await again.waitUntil(id, { state: 'delivered' })).toMatchObject({ attempts: 1 });
		expect(waitUntil).toBeDefined();
	});

	it('goes to its own URL when it has one', async () => {
		const { addTo, waitUntil, delivery } = await start();
		const id = addTo({ endpointId: idOf('crm'), url: `${sink.url}/callback/7` });
		await waitUntil(id, { state: 'delivered' });
		expect(sink.requests[0]?.path).toBe('/callback/7');
		expect(delivery(id).url).toBe(`${sink.url}/callback/7`);
	});

	it('is transformed, and signed as it is sent', async () => {
		const transform = { text: '🚨 {{data.error.message}}', channel: 7 };
		const { add, waitUntil } = await start({ endpoints: [crm({ transform })] });
		const id = add(['crm'], { error: { message: 'It broke' } }, 'error.occurred');
		await waitUntil(id, { state: 'delivered' });
		const [received] = sink.requests;
		expect(received?.json).toEqual({ text: '🚨 It broke', channel: 7 });
		const { headers = {}, body = Buffer.alloc(0) } = received ?? {};
		expect(verifyEvent({ headers, body, secret: SECRET }).ok).toBe(true);
	});

	it('holds nothing that the endpoint is not to see, in its transform either', async () => {
		const privacy = { omit: ['data.error.code'], redact: ['data.error.message'] };
		const error = { message: 'confidential', code: 'c', source: 'run' } as const;
		const transform = { error: '{{data.error}}', code: '{{data.error.code}}' };
		const plain = await start({ endpoints: [crm({ privacy })] });
		await plain.waitUntil(plain.add(['crm'], { error }, 'error.occurred'), { state: 'delivered' });
		await plain.stop();
		const { add, waitUntil } = await start({ endpoints: [crm({ privacy, transform })] });
		await waitUntil(add(['crm'], { error }, 'error.occurred'), { state: 'delivered' });
		const shown = { message: '[redacted]', source: 'run' };
		expect(sink.requests.map(({ json }) => json)).toEqual([
			expect.objectContaining({ data: { error: shown } }),
			{ error: shown, code: null },
		]);
	});

	it('that cannot be transformed fails at once, and says why', async () => {
		const transform = { text: '{{data.text}}{{data.text}}' };
		const { add, waitUntil, lines } = await start({ endpoints: [crm({ transform })] });
		const id = add(['crm'], { text: 'x'.repeat(600_000) });
		const row = await waitUntil(id, { state: 'failed' });
		expect(row.last_error).toContain('The transformed event has more than 1048576 bytes');
		expect(sink.requests).toEqual([]);
		expect(lines).toEqual([
			expect.stringContaining(`dlv_${id} (message.sent) to 'crm' failed for good`),
		]);
	});

	it('that cannot be transformed does not hold up thousands like it', async () => {
		const endpoints = [crm({ transform: { text: '{{body.text}}' }, concurrency: 10 })];
		const { add, store } = await start({ endpoints });
		for (let n = 0; n < 50; n += 1) add(['crm']);
		// The same event for all of them: what counts is how many there are.
		store.exec(`INSERT INTO deliveries (event_seq, endpoint_id, state, created_at, next_at)
			WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many LIMIT 2500)
			SELECT 1, ${String(idOf('crm'))}, 'pending', 0, 0 FROM many`);
		wakeDispatcher(folder.path, [idOf('crm')]);
		await waitFor('all', () => countRows(store, 'deliveries', "state = 'failed'") === 2550, FAST);
	});

	it.each(['not a URL', '${N8N_URL}', 'ftp://example.com'])(
		'to an endpoint with the url %j waits until it is mended',
		async (url) => {
			const { add, waitUntil } = await start({ endpoints: [crm({ url })] });
			const id = add(['crm']);
			const row = await waitUntil(id, { attempts: 1 });
			expect(row).toMatchObject({ state: 'pending' });
			expect(row.last_error).toContain("The url of the endpoint 'crm' is not one of");
		},
	);
});

describe('a failure', () => {
	const retry = { maxAttempts: 3, backoffMs: 20 };

	it('is tried again with the same id, signed anew, until it succeeds', async () => {
		sink.answerBy(({ index }) => ({ status: index < 2 ? 500 : 200 }));
		const { add, waitUntil, attempts } = await start({ endpoints: [crm({ retry })] });
		const id = add(['crm']);
		expect(await waitUntil(id, { state: 'delivered' })).toMatchObject({ tries: 3 });
		expect(attempts(id)).toEqual([500, 500, 200]);
		expect(new Set(ids()).size).toBe(1);
		expect(sink.requests.map(({ headers }) => headers['x-openclaw-attempt'])).toEqual([
			'1',
			'2',
			'3',
		]);
		for (const { headers, body } of sink.requests) {
			expect(verifyEvent({ headers, body, secret: SECRET }).ok).toBe(true);
		}
	});

	it('is final when the tries are used up, and can be replayed', async () => {
		sink.answerBy(() => ({ status: 500, body: 'out of order' }));
		const { add, waitUntil, attempts, outbox, store, lines } = await start({
			endpoints: [crm({ retry })],
		});
		const id = add(['crm']);
		const row = await waitUntil(id, { state: 'failed' });
		expect(row).toMatchObject({
			tries: 3,
			last_status: 500,
			last_error: 'HTTP 500: the receiver failed',
		});
		expect(attempts(id)).toEqual([500, 500, 500]);
		const log = store.prepare('SELECT response FROM attempts').all();
		expect(log.map(({ response }) => response)).toEqual(Array(3).fill('out of order'));
		expect(lines).toEqual([
			`warn Delivery dlv_${id} (message.sent) to 'crm' failed for good: HTTP 500: the receiver failed. It can be replayed`,
		]);
		sink.clear();
		expect(outbox.replay({ status: 'failed' })).toMatchObject({ count: 1 });
		await waitUntil(id, { state: 'delivered' });
		expect(sink.requests[0]?.headers['x-openclaw-attempt']).toBe('4');
	});

	it('does not hold up later deliveries', async () => {
		sink.answerBy(({ json }) => {
			const { n } = (json as { data: { n: number } }).data;
			return { status: n === 0 ? 500 : 200 };
		});
		const slow = { maxAttempts: 3, backoffMs: 60_000 };
		const { add, waitUntil, delivery } = await start({ endpoints: [crm({ retry: slow })] });
		const first = add(['crm'], { n: 0 });
		const last = [1, 2, 3].map((n) => add(['crm'], { n })).at(-1) ?? 0;
		await waitUntil(last, { state: 'delivered' });
		expect(delivery(first)).toMatchObject({ state: 'pending', tries: 1 });
	});

	it.each([
		[404, {}, 404],
		[302, { headers: { location: 'https://elsewhere.example/' } }, 302],
		[401, {}, 401],
		[400, {}, 400],
		[409, {}, 409],
	])('with status %d is tried again', async (status, more, logged) => {
		sink.answerBy(({ index }) => (index === 0 ? { status, ...more } : {}));
		const { add, waitUntil, attempts } = await start({ endpoints: [crm({ retry })] });
		const id = add(['crm']);
		await waitUntil(id, { state: 'delivered' });
		expect(attempts(id)).toEqual([logged, 200]);
	});

	it('of the connection is tried again', async () => {
		sink.answerBy(({ index }) =>
			index === 0 ? { cut: 'mid-response' } : index === 1 ? never() : {},
		);
		const endpoints = [crm({ retry, timeoutMs: 100 })];
		const { add, waitUntil, attempts } = await start({ endpoints });
		const id = add(['crm']);
		await waitUntil(id, { state: 'delivered' });
		expect(attempts(id)).toEqual([
			expect.stringMatching(/^The connection was closed before the answer was complete/),
			'No complete answer within 100 ms (timeoutMs of the endpoint)',
			200,
		]);
	});

	it('that is tried again and hangs then, costs nothing while it does', async () => {
		const { promise: held, resolve: release } = Promise.withResolvers<object>();
		sink.answerBy(({ index }) => (index === 0 ? { status: 500 } : held));
		const endpoint = crm({ retry, concurrency: 2 });
		let looks = 0;
		const find = () => {
			looks += 1;
			return endpoint;
		};
		const registry = () => ({ list: () => [endpoint], find, findByName: find });
		const { add, waitUntil } = await start({ endpoints: [endpoint], registry });
		const id = add(['crm']);
		await sink.waitForRequest(({ index }) => index === 1, FAST);
		const before = looks;
		await delay(200);
		expect(looks - before).toBeLessThan(20);
		release({});
		await waitUntil(id, { state: 'delivered' });
	});

	it('of the program itself is tried again, and harms nobody else', async () => {
		let calls = 0;
		const request = async () => {
			calls += 1;
			return Promise.reject(new Error('a bug'));
		};
		const { add, waitUntil } = await start({ request, endpoints: [crm({ retry })] });
		const id = add(['crm']);
		const row = await waitUntil(id, { state: 'failed' });
		expect(row.last_error).toBe('The request could not be made: a bug');
		expect(calls).toBe(3);
	});

	it('never shows a secret, a header or a signature in the log', async () => {
		sink.answerBy(({ headers, body }) => ({
			status: 500,
			body: JSON.stringify({ headers, secret: SECRET, body: body.toString() }),
		}));
		const headers = { 'X-API-Key': 'key-of-the-crm', Authorization: 'Bearer token-of-the-crm' };
		const url = `${sink.url}/crm?token=token-in-the-url`;
		const { add, waitUntil, store, lines } = await start({
			endpoints: [crm({ url, headers, retry: { maxAttempts: 1, backoffMs: 1 } })],
		});
		const id = add(['crm']);
		await waitUntil(id, { state: 'failed' });
		const tables = ['attempts', 'deliveries', 'endpoint_health', 'events'];
		const rows = tables.flatMap((table) => store.prepare(`SELECT * FROM ${table}`).all());
		const text = JSON.stringify(rows) + lines.join('\n');
		expect(text).toContain('x-openclaw-delivery');
		expect(text).not.toMatch(/key-of-the-crm|token-of-the-crm|token-in-the-url/);
		expect(text).not.toContain(SECRET.slice('whsec_'.length));
		expect(text).not.toMatch(/sha256=[0-9a-f]|v1,[A-Za-z0-9]/);
	});
});

describe('endpoints', () => {
	it('that are slow or dead delay no other', async () => {
		const dead = endpointNamed('dead', { url: 'http://127.0.0.1:1/' });
		const slow = endpointNamed('slow', { url: `${sink.url}/slow` });
		const { promise: held, resolve: release } = Promise.withResolvers<object>();
		sink.answerBy(({ path }) => (path === '/slow' ? held : {}));
		const { add, waitUntil, store } = await start({ endpoints: [crm(), dead, slow] });
		let last = 0;
		for (let n = 0; n < 50; n += 1) last = add(['crm', 'dead', 'slow'], { n });
		await waitUntil(last, { state: 'delivered' });
		const pending = (name: string) =>
			countRows(store, 'deliveries', `endpoint_id = ${String(idOf(name))} AND state = 'pending'`);
		expect({ dead: pending('dead'), slow: pending('slow') }).toEqual({ dead: 50, slow: 50 });
		release({});
	});

	it('that are paused get nothing until they are back', async () => {
		const { add, stop } = await start({ endpoints: [crm(PAUSED)] });
		const id = add(['crm']);
		await stop();
		const again = await start();
		await again.waitUntil(id, { state: 'delivered' });
	});
});

describe('stop', () => {
	it('waits for requests under way, and writes what came of them', async () => {
		sink.answerBy(() => ({ delayMs: 150 }));
		const { add, dispatcher, delivery } = await start();
		const id = add(['crm']);
		await sink.waitForRequest(() => true, FAST);
		await dispatcher.stop();
		expect(delivery(id)).toMatchObject({ state: 'delivered' });
		const later = add(['crm']);
		await delay(50);
		expect(delivery(later)).toMatchObject({ state: 'pending', attempts: 0 });
	});

	it('ends requests that take too long, which counts for nothing', async () => {
		sink.answerBy(never);
		const { add, dispatcher, delivery, attempts } = await start();
		const id = add(['crm']);
		await sink.waitForRequest(() => true, FAST);
		const before = performance.now();
		await dispatcher.stop();
		expect(performance.now() - before).toBeLessThan(2500);
		expect(delivery(id)).toMatchObject({ state: 'pending', attempts: 0, tries: 0 });
		expect(attempts(id)).toEqual([]);
	});

	it('can be followed by another start', async () => {
		const { add, dispatcher, waitUntil } = await start();
		await dispatcher.stop();
		const id = add(['crm']);
		await dispatcher.start();
		await waitUntil(id, { state: 'delivered' });
		await waitUntil(add(['crm']), { state: 'delivered' });
	});

	it('comes before the start of the next one in the same process', async () => {
		sink.answerBy(() => ({ delayMs: 100 }));
		const first = await start();
		const id = first.add(['crm']);
		await sink.waitForRequest(() => true, FAST);
		const second = await startDeliveries(folder.path, { endpoints: [crm()] });
		expect(second.delivery(id)).toMatchObject({ state: 'delivered' });
		const next = second.add(['crm']);
		await second.waitUntil(next, { state: 'delivered' });
		expect(sink.requests).toHaveLength(2);
		await second.stop();
	});
});
