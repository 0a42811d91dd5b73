import { wakeDispatcher } from '../../../openclaw-plugin/src/outbox/wakeUps';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import { startHttpSink, type HttpSink } from '../../../testbed/httpSink';
import { waitFor } from '../../../testbed/waitFor';
import { openManager } from '../endpoints/support/manager';
import { someEndpoint } from '../outbox/support/endpoints';
import { countRows } from '../store/support/events';
import { useFolder } from '../store/support/folder';
import { startDeliveries, type Clock, type Deliveries } from './support/deliveries';

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

async function start(more: object = {}): Promise<void> {
	const endpoint = someEndpoint({ name: 'crm', url: `${sink.url}/crm`, ...more });
	deliveries = await startDeliveries(folder.path, { endpoints: [endpoint], clock });
}

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
	wakeDispatcher(folder.path);
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
		const database = openDatabase(folder.path);
		openManager(database, folder.path).manager.enable('crm');
		database.close();
		await waitFor(
			'the ones that have used up no try',
			() => countRows(deliveries.store, 'deliveries', "state = 'delivered'") === 5,
			FAST,
		);
		expect(numbers()).toEqual([5, 6, 7, 8, 9]);
	});
});

describe('an endpoint that says 410', () => {
	beforeEach(async () => {
		sink.answerBy(() => ({ status: 410 }));
		add(0);
		await settled(1);
	});

	it('is disabled, and keeps what waits for it', () => {
		expect(deliveries.endpointState('crm')).toMatchObject({
			disabled_at: START,
			disabled_reason: 'HTTP 410: the receiver wants no more events',
		});
		expect(deliveries.lines).toEqual([
			expect.stringContaining("Endpoint 'crm' is disabled: HTTP 410"),
		]);
		const next = add(1);
		pass(1000);
		expect(deliveries.delivery(next)).toMatchObject({ state: 'pending', attempts: 0 });
		expect(sink.requests).toHaveLength(1);
	});

	it('gets what waited, and what is replayed, when another process enables it', async () => {
		add(1);
		sink.clear();
		const other = openDatabase(folder.path);
		const { manager } = openManager(other, folder.path, () => clock.now);
		expect(manager.enable('crm')).toMatchObject({ ok: true, value: { wasDisabled: true } });
		const replayed = manager.replay({ endpoint: 'crm', status: 'failed' });
		expect(replayed).toEqual({ ok: true, value: { count: 1 } });
		other.close();
		await requests(2);
		expect(numbers().sort()).toEqual([0, 1]);
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
