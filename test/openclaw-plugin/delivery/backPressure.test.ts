import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startHttpSink, type HttpSink } from '../../../testbed/httpSink';
import { waitFor } from '../../../testbed/waitFor';
import { wakeDispatcher } from '../../../openclaw-plugin/src/outbox/queue';
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
const FAST = { everyMs: 5, timeoutMs: 20_000 };
const START = 1_800_000_000_000;
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

const crm = (more: object = {}) => endpointNamed('crm', { url: `${sink.url}/crm`, ...more });
const numberOf = (json: unknown) => (json as { data: { n: number } }).data.n;
const start = async (options: Partial<DeliveriesOptions> = {}) => {
	deliveries = await startDeliveries(folder.path, { endpoints: [crm()], ...options });
};
const addAll = (count: number) => {
	for (let n = 0; n < count; n += 1) deliveries.add(['crm'], { n });
};
const delivered = (count: number) =>
	waitFor(
		`${count} deliveries`,
		() => countRows(deliveries.store, 'deliveries', "state = 'delivered'") === count,
		FAST,
	);

/** A receiver that takes one request in so many milliseconds, and answers 429 to the others. */
async function startBusy(everyMs: number, headers: Readonly<Record<string, string>>) {
	const taken: number[] = [];
	let refused = 0;
	let freeAt = 0;
	const server = createServer((request, response) => {
		request.resume().once('end', () => {
			const now = performance.now();
			if (now < freeAt) {
				refused += 1;
				response.writeHead(429, headers).end();
				return;
			}
			freeAt = now + everyMs;
			taken.push(now);
			response.end('{}');
		});
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const { port } = server.address() as AddressInfo;
	return {
		url: `http://127.0.0.1:${port}/`,
		taken,
		refused: () => refused,
		stop: () => server.close(),
	};
}

describe('a receiver that takes one request a second', () => {
	it.each([
		['says so', { 'retry-after': '1' }, {}],
		['does not say so', {}, {}],
		['says so, with ten requests at once', { 'retry-after': '1' }, { concurrency: 10 }],
	])(
		'and %s gets all, about one a second',
		async (_, headers, more) => {
			const busy = await startBusy(1000, headers);
			// With the tries of the article's example all would be used up many times over.
			const retry = { maxAttempts: 3, backoffMs: 1000 };
			await start({ endpoints: [crm({ url: busy.url, retry, ...more })] });
			addAll(6);
			await delivered(6);
			expect(countRows(deliveries.store, 'deliveries', 'tries > 1')).toBe(0);
			const [first = 0, last = 0] = [busy.taken[0], busy.taken.at(-1)];
			expect(5 / ((last - first) / 1000)).toBeGreaterThan(0.7);
			busy.stop();
		},
		30_000,
	);
});

describe('an endpoint that asks for time', () => {
	const clock = { now: START };
	const pass = (ms: number) => {
		clock.now += ms;
		wakeDispatcher(folder.path, [idOf('crm')]);
	};
	const settled = async (count: number) =>
		waitFor(`${count} attempts`, () => countRows(deliveries.store, 'attempts') >= count, FAST);

	it('by its rate limit is never asked too early', async () => {
		const other = endpointNamed('other', { url: `${sink.url}/other` });
		const rateLimit = { requests: 2, perSeconds: 10 };
		await start({ endpoints: [crm({ rateLimit, concurrency: 5 }), other], clock });
		addAll(5);
		const requests = () => sink.requests.filter(({ path }) => path === '/crm').length;
		for (const [ms, made] of [
			[0, 2],
			[9_999, 2],
			[21, 4],
			[1, 4],
			[10_020, 5],
		] as const) {
			pass(ms);
			// What comes for the other one is sent after this one's turn.
			await deliveries.waitUntil(deliveries.add(['other']), { state: 'delivered' });
			await waitFor(`${made} requests`, () => requests() >= made, FAST);
			expect(requests()).toBe(made);
		}
		await delivered(5 + 5);
	});

	beforeEach(() => {
		clock.now = START;
	});

	it.each([429, 503])('with %d is left alone for that long, as a whole', async (status) => {
		sink.answerBy(() => ({ status, headers: { 'retry-after': '120' } }));
		await start({ clock });
		addAll(3);
		await settled(1);
		expect(deliveries.endpointState('crm')).toMatchObject({
			failures: 0,
			held_until: START + 120_000,
			hold_reason: expect.stringContaining(`HTTP ${status}`) as string,
			last_error: null,
		});
		expect(countRows(deliveries.store, 'deliveries', "state = 'pending' AND tries = 0")).toBe(3);
		sink.answerBy(() => ({}));
		pass(119_999);
		deliveries.add(['crm'], { n: 3 });
		pass(1);
		await delivered(4);
		expect(sink.requests.map(({ json }) => numberOf(json))).toEqual([0, 0, 1, 2, 3]);
		expect(deliveries.endpointState('crm')).toMatchObject({ held_until: null, hold_reason: null });
		expect(deliveries.lines).toEqual([
			expect.stringContaining("info Endpoint 'crm' is left alone for 120 s: HTTP"),
		]);
	});

	it('is left alone after a restart, too, but never for more than a day', async () => {
		sink.answerBy(() => ({ status: 429, headers: { 'retry-after': '99999999' } }));
		await start({ clock });
		addAll(1);
		await settled(1);
		expect(deliveries.endpointState('crm').held_until).toBe(START + 86_400_000);
		await deliveries.stop();
		sink.answerBy(() => ({}));
		await start({ clock });
		pass(86_399_999);
		pass(1);
		await delivered(1);
		expect(sink.requests).toHaveLength(2);
	});

	it('delays no other', async () => {
		sink.answerBy(({ path }) => (path === '/crm' ? { status: 429 } : {}));
		const other = endpointNamed('other', { url: `${sink.url}/other` });
		await start({ endpoints: [crm(), other], clock });
		for (let n = 0; n < 20; n += 1) deliveries.add(['crm', 'other'], { n });
		await delivered(20);
	});
});

describe('a proxy on the way', () => {
	it('that does not let requests pass uses no try, and is not charged to the receiver', async () => {
		const message = 'The proxy http://proxy.test:3128 made no connection to crm.test (HTTP 407)';
		let isDown = true;
		const request: DeliveriesOptions['request'] = () =>
			Promise.resolve(
				isDown
					? { kind: 'unanswered', reason: 'proxy', message, durationMs: 1 }
					: { kind: 'answered', status: 200, body: '', durationMs: 1 },
			);
		const clock = { now: START };
		const retry = { maxAttempts: 1, backoffMs: 1 };
		await start({ endpoints: [crm({ retry })], clock, request });
		addAll(2);
		for (let attempts = 1; attempts <= 8; attempts += 1) {
			const isMade = () => countRows(deliveries.store, 'attempts') === attempts;
			await waitFor(`${attempts} attempts`, isMade, FAST);
			clock.now += 60_000;
			wakeDispatcher(folder.path);
		}
		expect(deliveries.endpointState('crm')).toMatchObject({
			failures: 0,
			failing_since: null,
			hold_reason: message,
		});
		expect(deliveries.lines).toEqual([
			`warn Endpoint 'crm' cannot be sent to: ${message}. Its deliveries wait`,
		]);
		isDown = false;
		clock.now += 60_000;
		wakeDispatcher(folder.path);
		await delivered(2);
	});
});
