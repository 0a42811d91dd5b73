import { forgetHealth } from '../../../openclaw-plugin/src/endpoints/endpointHealth';
import type { Endpoint } from '../../../openclaw-plugin/src/endpoints/endpoint';
import { wakeDispatcher } from '../../../openclaw-plugin/src/outbox/queue';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import { startHttpSink, type HttpSink } from '../../../testbed/httpSink';
import { waitFor } from '../../../testbed/waitFor';
import { countRows } from '../store/support/events';
import { useFolder } from '../store/support/folder';
import {
	endpointNamed,
	idOf,
	startDeliveries,
	type Clock,
	type Deliveries,
} from './support/deliveries';

jest.setTimeout(60_000);

const folder = useFolder();
const FAST = { everyMs: 5, timeoutMs: 10_000 };
const START = 1_800_000_000_000;
let sink: HttpSink;
let clock: Clock;
let deliveries: Deliveries;

beforeAll(async () => {
	sink = await startHttpSink();
});

beforeEach(async () => {
	sink.clear();
	clock = { now: START };
	await start();
});

afterEach(async () => deliveries.stop());

afterAll(async () => sink.stop());

/** The endpoint as its owner has it now. */
let endpoint: Endpoint;

async function start(): Promise<void> {
	endpoint = endpointNamed('crm', { url: `${sink.url}/crm` });
	const witness = endpointNamed('witness', { url: `${sink.url}/witness` });
	const find = (id: number) => (id === endpoint.id ? endpoint : witness);
	deliveries = await startDeliveries(folder.path, {
		endpoints: [endpoint, witness],
		clock,
		registry: () => ({ list: () => [endpoint, witness], find, findByName: () => endpoint }),
	});
}

const PENDING = `endpoint_id = ${idOf('crm')} AND state = 'pending' AND tries = 0`;
const numberOf = (json: unknown) => (json as { data: { n: number } }).data.n;
const numbers = () => sink.requests.map(({ json }) => numberOf(json));
const add = (n: number) => deliveries.add(['crm'], { n });
const requests = async (count: number) =>
	waitFor(`${count} requests`, () => sink.requests.length >= count, FAST);
const settled = async (count: number) =>
	waitFor(`${count} attempts`, () => countRows(deliveries.store, 'attempts') >= count, FAST);

/** Sets the clock forward, which no timer notices by itself. */
function pass(ms: number): void {
	clock.now += ms;
	wakeDispatcher(folder.path, [idOf('crm')]);
}

describe('an endpoint that is down', () => {
	it('gets five requests, then one probe after a while, without using up tries', async () => {
		sink.answerBy(() => ({ status: 503 }));
		for (let n = 0; n < 20; n += 1) add(n);
		await settled(5);
		expect(deliveries.endpointState('crm')).toMatchObject({
			failures: 5,
			open_until: START + 5000,
			last_error: 'HTTP 503: the receiver failed',
		});
		expect(deliveries.lines).toEqual([
			expect.stringMatching(/Endpoint 'crm' failed 5 times in a row.*Its deliveries wait until/),
		]);
		pass(4999);
		pass(1);
		await settled(6);
		expect(deliveries.endpointState('crm').open_until).toBe(START + 5000 + 10_000);
		pass(10_000);
		await settled(7);
		expect(sink.requests).toHaveLength(7);
		expect(countRows(deliveries.store, 'deliveries', "state = 'pending'")).toBe(20);
		expect(countRows(deliveries.store, 'deliveries', 'tries = 1')).toBe(5);
		expect(countRows(deliveries.store, 'deliveries', 'tries > 1')).toBe(0);
	});

	it('gets everything when it is up again, in order, with the same ids', async () => {
		let isDown = true;
		sink.answerBy(() => (isDown ? { cut: 'before-response' } : {}));
		for (let n = 0; n < 30; n += 1) add(n);
		await settled(5);
		isDown = false;
		const before = sink.requests.length;
		pass(5000);
		await waitFor(
			'all',
			() => countRows(deliveries.store, 'deliveries', "state = 'delivered'") === 30,
			FAST,
		);
		// The first five had waited for their own next try.
		expect(numbers().slice(before)).toEqual(Array.from({ length: 30 }, (_, n) => n));
		expect(deliveries.lines.at(-1)).toBe("info Endpoint 'crm' works again");
		expect(deliveries.endpointState('crm')).toMatchObject({
			failures: 0,
			open_until: null,
		});
	});

	it('is probed with another event when it answers, so that none can hold up all', async () => {
		sink.answerBy(() => ({ status: 500 }));
		for (let n = 0; n < 10; n += 1) add(n);
		await settled(5);
		sink.answerBy(({ json }) => (numberOf(json) === 0 ? { status: 500 } : {}));
		pass(5000);
		await requests(6);
		await settled(6);
		pass(10_000);
		await waitFor(
			'all but one',
			() => countRows(deliveries.store, 'deliveries', "state = 'delivered'") === 9,
			FAST,
		);
		const [first, second] = numbers().slice(5);
		expect([first, second]).toEqual([0, 1]);
		expect(deliveries.delivery(1)).toMatchObject({ state: 'pending' });
	});

	it('is still down after a restart', async () => {
		sink.answerBy(() => ({ status: 503 }));
		for (let n = 0; n < 10; n += 1) add(n);
		await settled(5);
		await deliveries.stop();
		await start();
		pass(4000);
		pass(1000);
		await settled(6);
		expect(deliveries.endpointState('crm').failures).toBe(6);
		expect(sink.requests).toHaveLength(6);
	});

	it('is not taken for down because it refuses events', async () => {
		sink.answerBy(() => ({ status: 422 }));
		for (let n = 0; n < 20; n += 1) add(n);
		await settled(20);
		expect(deliveries.endpointState('crm')).toMatchObject({ failures: 0 });
		expect(countRows(deliveries.store, 'deliveries', 'tries = 1')).toBe(20);
	});

	it('is sent to again at once when somebody says so', async () => {
		sink.answerBy(() => ({ status: 503 }));
		for (let n = 0; n < 10; n += 1) add(n);
		await settled(5);
		sink.clear();
		const other = openDatabase(folder.path);
		forgetHealth(other, idOf('crm'));
		other.close();
		await waitFor(
			'the ones that have used up no try',
			() => countRows(deliveries.store, 'deliveries', "state = 'delivered'") === 5,
			FAST,
		);
		expect(numbers()).toEqual([5, 6, 7, 8, 9]);
	});
});

describe('an endpoint that says 410', () => {
	const disabled = { state: 'disabled', since: START, reason: 'HTTP 410' } as const;

	beforeEach(async () => {
		sink.answerBy(() => ({ status: 410 }));
		for (let n = 0; n < 3; n += 1) add(n);
		await settled(1);
	});

	it('is disabled, gets nothing more, and keeps its queue', async () => {
		const reason = 'HTTP 410: the receiver wants no more events';
		expect(deliveries.endpointState('crm')).toMatchObject({
			disabled_at: START,
			disabled_reason: reason,
		});
		expect(deliveries.lines).toEqual([
			expect.stringContaining("Endpoint 'crm' is disabled: HTTP 410"),
		]);
		expect(deliveries.told).toEqual([['crm', { kind: 'disabled', reason }]]);
		endpoint = { ...endpoint, lifecycle: disabled };
		const gone = sink.requests.length;
		deliveries.add(['crm', 'witness'], { n: 3 });
		await requests(gone + 1);
		expect(sink.requests.at(-1)?.path).toBe('/witness');
		expect(countRows(deliveries.store, 'deliveries', PENDING)).toBe(4);
	});

	it('gets all that has waited when it is enabled again', async () => {
		sink.clear();
		endpoint = { ...endpoint, lifecycle: disabled };
		pass(1000);
		endpoint = { ...endpoint, lifecycle: { state: 'active' } };
		pass(1000);
		await requests(3);
		expect(numbers()).toEqual([0, 1, 2]);
	});
});

describe('an endpoint that is not sent to', () => {
	it.each([
		{ state: 'paused', since: START },
		{ state: 'faulty', since: START, reason: 'its url is missing' },
		{ state: 'disabled', since: START, reason: 'by hand' },
		{ state: 'removed', since: START },
	] as const)('as it is $state keeps its queue, and goes on with it', async (lifecycle) => {
		endpoint = { ...endpoint, lifecycle };
		// The other one gets each event after this one's turn has come.
		for (let n = 0; n < 3; n += 1) deliveries.add(['crm', 'witness'], { n });
		await requests(3);
		expect(new Set(sink.requests.map(({ path }) => path))).toEqual(new Set(['/witness']));
		sink.clear();
		expect(countRows(deliveries.store, 'deliveries', PENDING)).toBe(3);
		endpoint = { ...endpoint, lifecycle: { state: 'active' } };
		pass(1000);
		await requests(3);
		expect(numbers()).toEqual([0, 1, 2]);
	});
});

describe('the owner of an endpoint', () => {
	const fail = async (attempts: number, waits: readonly number[]) => {
		for (const wait of waits) {
			pass(wait);
			attempts += 1;
			await settled(attempts);
		}
	};

	it('is told once that it is failing, when it has been for five minutes, and that it works again', async () => {
		sink.answerBy(() => ({ status: 503 }));
		for (let n = 0; n < 20; n += 1) add(n);
		await settled(5);
		await fail(5, [5000, 10_000, 20_000, 40_000, 80_000]);
		expect(deliveries.told).toEqual([]);
		await fail(10, [160_000, 300_000, 300_000]);
		const failing = { kind: 'failing', since: START, reason: 'HTTP 503: the receiver failed' };
		expect(deliveries.told).toEqual([['crm', failing]]);
		await deliveries.stop();
		await start();
		await fail(13, [300_000]);
		expect(deliveries.told).toEqual([]);
		sink.answerBy(() => ({}));
		pass(300_000);
		await waitFor('the queue to be delivered', () => deliveries.told.length > 0, FAST);
		expect(deliveries.told).toEqual([['crm', { kind: 'recovered', failingSince: START }]]);
	});

	it('is not told of an outage of a minute', async () => {
		sink.answerBy(() => ({ status: 503 }));
		for (let n = 0; n < 20; n += 1) add(n);
		await settled(5);
		await fail(5, [5000, 10_000, 20_000]);
		sink.answerBy(() => ({}));
		pass(40_000);
		const isDone = () => countRows(deliveries.store, 'deliveries', "state = 'delivered'") === 20;
		await waitFor('all', isDone, FAST);
		expect(deliveries.told).toEqual([]);
	});

	it('finds it disabled after five days without a success', async () => {
		sink.answerBy(() => ({ status: 503 }));
		for (let n = 0; n < 20; n += 1) add(n);
		await settled(5);
		clock.day = (clock.day ?? Math.floor(clock.now / 86_400_000)) + 5;
		pass(5000);
		await settled(6);
		expect(deliveries.endpointState('crm')).toMatchObject({
			disabled_at: START + 5000,
			disabled_reason:
				'It took no event for 5 days, the last time with: HTTP 503: the receiver failed',
		});
		expect(countRows(deliveries.store, 'deliveries', "state = 'pending'")).toBe(20);
	});
});

describe('a clock that jumps', () => {
	const YEAR = 31_536_000_000;
	const openCircuit = async () => {
		sink.answerBy(() => ({ status: 503 }));
		for (let n = 0; n < 10; n += 1) add(n);
		await settled(5);
		sink.answerBy(() => ({}));
	};
	const all = async () =>
		waitFor(
			'all deliveries',
			() => countRows(deliveries.store, 'deliveries', "state = 'delivered'") === 10,
			FAST,
		);

	it.each([YEAR, -YEAR])('by %d ms keeps a circuit open no longer', async (jump) => {
		clock.elapsed = 0;
		await openCircuit();
		clock.now += jump;
		clock.elapsed = 4999;
		wakeDispatcher(folder.path, [idOf('crm')]);
		clock.elapsed = 5000;
		wakeDispatcher(folder.path);
		await requests(6);
	});

	it('while the gateway is down leaves nothing that waits for a year', async () => {
		clock.now += YEAR;
		await openCircuit();
		await deliveries.stop();
		clock.now -= YEAR;
		await start();
		await all();
	});

	it('does not disable an endpoint that has failed for a day', async () => {
		clock.day = 100;
		await openCircuit();
		sink.answerBy(() => ({ status: 503 }));
		clock.now += YEAR;
		clock.day = 101;
		wakeDispatcher(folder.path);
		await settled(6);
		expect(deliveries.endpointState('crm').disabled_at).toBeNull();
	});
});

describe('while the database cannot be written', () => {
	it('delivers nothing twice', async () => {
		sink.answerBy(() => ({ body: 'x'.repeat(2000) }));
		for (let n = 0; n < 50; n += 1) add(n);
		const pages = Number(deliveries.store.prepare('PRAGMA page_count').get()?.page_count);
		deliveries.store.exec(`PRAGMA max_page_count = ${String(pages)}`);
		await requests(50);
		clock.now += 60_000;
		wakeDispatcher(folder.path);
		const written = countRows(deliveries.store, 'deliveries', "state = 'delivered'");
		deliveries.store.exec('PRAGMA max_page_count = 1000000');
		await waitFor(
			'the results',
			() => countRows(deliveries.store, 'deliveries', "state = 'delivered'") === 50,
			FAST,
		);
		expect(written).toBeLessThan(50);
		expect(numbers()).toEqual(Array.from({ length: 50 }, (_, n) => n));
	});
});
