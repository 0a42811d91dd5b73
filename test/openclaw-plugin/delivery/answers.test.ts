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
const FAST = { everyMs: 5, timeoutMs: 10_000 };
const RETRY = { maxAttempts: 8, backoffMs: 1 };
const SECRETS = ['whsec_dGVzdCBzZWNyZXQgb2YgMzIgYnl0ZXMgbGVuZ3Ro', 'an-older-secret'];
let sink: HttpSink;
let deliveries: Deliveries;

beforeAll(async () => {
	sink = await startHttpSink();
});

beforeEach(() => {
	sink.clear();
});

afterEach(async () => deliveries.stop());

afterAll(async () => sink.stop());

const crm = (more: object = {}) =>
	endpointNamed('crm', { url: `${sink.url}/crm`, retry: RETRY, ...more });
const start = async (options: Partial<DeliveriesOptions> = {}) => {
	deliveries = await startDeliveries(folder.path, { endpoints: [crm()], ...options });
	return deliveries;
};

describe('an event that the receiver refuses', () => {
	it.each([400, 413, 422])(
		'with %d and a reason is tried twice more, and fails with that reason',
		async (status) => {
			sink.answerBy(() => ({ status, body: { error: 'no_text', key: SECRETS[0] } }));
			const endpoints = [crm({ secrets: SECRETS })];
			const { add, waitUntil, attempts, told } = await start({ endpoints });
			const id = add(['crm']);
			const { last_error: error } = await waitUntil(id, { state: 'failed' });
			expect(attempts(id)).toEqual([status, status, status]);
			expect(error).toMatch(/: \{"error":"no_text","key":"\[redacted\]"\}$/);
			expect(told).toEqual([
				[
					'crm',
					{
						kind: 'failed for good',
						id,
						eventId: expect.stringMatching(/^evt_/) as string,
						eventType: 'message.sent',
						reason: error,
					},
				],
			]);
		},
	);

	it('never counts against the endpoint, however many there are', async () => {
		sink.answerBy(({ json }) => {
			const { n } = (json as { data: { n: number } }).data;
			return n < 40 ? { status: 400, body: 'no_text' } : {};
		});
		const once = { maxAttempts: 1, backoffMs: 1 };
		const { add, waitUntil, endpointState } = await start({ endpoints: [crm({ retry: once })] });
		for (let n = 0; n < 40; n += 1) add(['crm'], { n });
		await waitUntil(add(['crm'], { n: 40 }), { state: 'delivered' });
		expect(endpointState('crm')).toMatchObject({ failures: 0, open_until: null });
	});

	it('without a word is tried as often as any other', async () => {
		sink.answerBy(({ index }) => (index < 4 ? { status: 422, body: '' } : {}));
		const { add, waitUntil, attempts } = await start();
		const id = add(['crm']);
		await waitUntil(id, { state: 'delivered' });
		expect(attempts(id)).toEqual([422, 422, 422, 422, 200]);
	});

	it('gets three tries again with a replay', async () => {
		sink.answerBy(() => ({ status: 400, body: 'no_text' }));
		const { add, outbox, waitUntil, attempts } = await start();
		const id = add(['crm']);
		await waitUntil(id, { state: 'failed' });
		outbox.replay({ deliveryIds: [id] });
		await waitUntil(id, { attempts: 6, state: 'failed' });
		expect(attempts(id)).toHaveLength(6);
	});
});

describe('an answer that is a web page', () => {
	const page = () => ({
		headers: { 'content-type': 'text/html; charset=utf-8' },
		body: '<!doctype html><title>Sign in</title>',
	});

	it('is no delivery where n8n made the endpoint', async () => {
		sink.answerBy(({ index }) => (index === 0 ? page() : {}));
		const { add, waitUntil, store } = await start({ endpoints: [crm({ registrant: 'n8n-1' })] });
		const id = add(['crm']);
		await waitUntil(id, { state: 'delivered' });
		const [first] = store.prepare('SELECT status, error FROM attempts ORDER BY id').all();
		expect(first).toMatchObject({
			status: 200,
			error: expect.stringContaining("with a web page (text/html) instead of n8n's") as string,
		});
	});

	it('is one elsewhere, with a warning until the next answer is none', async () => {
		sink.answerBy(({ index }) => (index < 2 ? page() : {}));
		const { add, waitUntil, endpointState, lines } = await start();
		await waitUntil(add(['crm']), { state: 'delivered' });
		await waitUntil(add(['crm']), { state: 'delivered' });
		expect(endpointState('crm').last_warning).toContain('web page (text/html)');
		expect(lines).toEqual([expect.stringContaining("warn Endpoint 'crm': It answered HTTP 200")]);
		await waitUntil(add(['crm']), { state: 'delivered' });
		expect(endpointState('crm').last_warning).toBeNull();
	});
});

describe('a replay while an attempt is under way', () => {
	it('stands, whatever comes of the attempt', async () => {
		const { promise: held, resolve: release } = Promise.withResolvers<object>();
		sink.answerBy(({ index }) => (index === 0 ? held : {}));
		const once = { maxAttempts: 1, backoffMs: 1 };
		const { add, outbox, waitUntil, attempts } = await start({ endpoints: [crm({ retry: once })] });
		const id = add(['crm']);
		await sink.waitForRequest(() => true, FAST);
		outbox.replay({ deliveryIds: [id] });
		// Looked at once more while it is under way: that must not be the last time.
		wakeDispatcher(folder.path);
		await new Promise((resolve) => setImmediate(resolve));
		release({ status: 500 });
		await waitUntil(id, { state: 'delivered' });
		expect(attempts(id)).toEqual([500, 200]);
		expect(sink.requests).toHaveLength(2);
	});
});

describe('a callback', () => {
	const crmSecret = { secrets: SECRETS, headers: { 'X-API-Key': 'key-of-the-crm' } };
	const queue = endpointNamed('callbacks', {
		kind: 'callback',
		origin: 'callback',
		secrets: [],
		concurrency: 4,
		retry: { maxAttempts: 18, backoffMs: 1 },
	});

	it('carries no headers of an endpoint, and the signature of the one that is to sign', async () => {
		const endpoints = [crm(crmSecret), queue];
		const { addTo, waitUntil } = await start({ endpoints });
		const url = `${sink.url}/webhook-waiting/7`;
		const id = addTo({ endpointId: queue.id, url, signerId: idOf('crm') });
		await waitUntil(id, { state: 'delivered' });
		const [{ headers, body, path } = { headers: {}, body: Buffer.alloc(0) }] = sink.requests;
		expect(path).toBe('/webhook-waiting/7');
		expect(headers).not.toHaveProperty('x-api-key');
		for (const secret of SECRETS) expect(verifyEvent({ headers, body, secret }).ok).toBe(true);
	});

	it('is signed by its own secret where it has one', async () => {
		const { addTo, waitUntil } = await start({ endpoints: [crm(crmSecret), queue] });
		const secret = 'whsec_b3duIHNlY3JldCBvZiB0aGUgY2FsbGJhY2s=';
		const id = addTo({ endpointId: queue.id, url: sink.url, secret });
		await waitUntil(id, { state: 'delivered' });
		const [{ headers, body } = { headers: {}, body: Buffer.alloc(0) }] = sink.requests;
		expect(verifyEvent({ headers, body, secret }).ok).toBe(true);
	});

	it('is not sent unsigned', async () => {
		const { addTo, waitUntil } = await start({ endpoints: [crm({ secrets: [] }), queue] });
		const none = addTo({ endpointId: queue.id, url: sink.url });
		const gone = addTo({ endpointId: queue.id, url: sink.url, signerId: idOf('crm') });
		for (const id of [none, gone]) {
			const row = await waitUntil(id, { state: 'failed' });
			expect(row.last_error).toContain('What signed this callback is gone');
		}
		expect(sink.requests).toEqual([]);
	});

	it('that fails neither harms nor holds up the endpoint at the same place', async () => {
		sink.answerBy(({ path }) => (path === '/crm' ? {} : { status: 404 }));
		const { add, addTo, waitUntil, endpointState, store } = await start({
			endpoints: [crm(crmSecret), queue],
		});
		const url = `${sink.url}/callback`;
		for (let n = 0; n < 20; n += 1) addTo({ endpointId: queue.id, url, signerId: idOf('crm') });
		await waitUntil(add(['crm']), { state: 'delivered' });
		await waitFor(
			'callbacks to fail',
			() => countRows(store, 'attempts', 'status = 404') > 20,
			FAST,
		);
		expect(endpointState('crm')).toMatchObject({ failures: 0, disabled_at: null });
		expect(endpointState('callbacks')).toMatchObject({ failures: 0 });
	});

	it('that is put off holds up no other', async () => {
		sink.answerBy(({ path }) =>
			path === '/later' ? { status: 503, headers: { 'Retry-After': '600' } } : {},
		);
		const { addTo, waitUntil } = await start({ endpoints: [crm(crmSecret), queue] });
		const later = addTo({
			endpointId: queue.id,
			url: `${sink.url}/later`,
			signerId: idOf('crm'),
		});
		await waitUntil(later, { state: 'pending', attempts: 1 });
		const other = addTo({ endpointId: queue.id, url: `${sink.url}/now`, signerId: idOf('crm') });
		await waitUntil(other, { state: 'delivered' });
	});

	it('to a URL that is gone fails without an end of the queue', async () => {
		sink.answerBy(() => ({ status: 410 }));
		const { addTo, waitUntil, endpointState } = await start({ endpoints: [crm(crmSecret), queue] });
		const id = addTo({ endpointId: queue.id, url: sink.url, signerId: idOf('crm') });
		await waitUntil(id, { state: 'failed' });
		expect(endpointState('callbacks').disabled_at).toBeNull();
	});
});
