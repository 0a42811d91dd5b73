import type { DatabaseSync } from 'node:sqlite';
import { createConnections } from '../../../openclaw-plugin/src/delivery/connections';
import type {
	Connections,
	FetchedOutcome,
	HandedOut,
} from '../../../openclaw-plugin/src/delivery/connections';
import type { Endpoint } from '../../../openclaw-plugin/src/endpoints/endpoint';
import { openEndpointTable } from '../../../openclaw-plugin/src/endpoints/endpointTable';
import { createEndpointRegistry } from '../../../openclaw-plugin/src/endpoints/registry';
import type { EndpointRegistry } from '../../../openclaw-plugin/src/endpoints/registry';
import { parseDeliveryId } from '../../../openclaw-plugin/src/outbox/delivery';
import { openOutbox } from '../../../openclaw-plugin/src/outbox/outbox';
import type { Outbox } from '../../../openclaw-plugin/src/outbox/outbox';
import { verifyEvent } from '../../../openclaw-plugin/src/protocol';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import { storedEndpoint } from '../endpoints/support/storedEndpoints';
import { someEvent } from '../store/support/events';
import { useFolder } from '../store/support/folder';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const START = 1_800_000_000_000;
const folder = useFolder();
let database: DatabaseSync;
let outbox: Outbox;
let registry: EndpointRegistry;
let connections: Connections;
let time: number;
let expired: string[];

function open(): void {
	const now = () => START + time;
	outbox = openOutbox(database, { folder: folder.path, now });
	const parts = { folder: folder.path, configured: [], isComplete: true, instanceId: 'node-1' };
	registry = createEndpointRegistry({ ...parts, database, now });
	const elapsed = () => time;
	const more = { now, elapsed, random: () => 0.5 };
	const onExpired = ({ name }: Endpoint) => void expired.push(name);
	const common = { folder: folder.path, database, outbox, registry, onExpired };
	connections = createConnections({ ...common, ...more });
}

beforeEach(() => {
	time = 0;
	expired = [];
	database = openDatabase(folder.path);
	const { id } = storedEndpoint(database, 'n8n', {
		kind: 'connection',
		settings: { events: ['*'], retry: { maxAttempts: 2, backoffMs: 1000 } },
	});
	openEndpointTable(database).setSecret(id, SECRET, undefined, 0);
	open();
});

afterEach(() => {
	database.close();
});

const endpoint = (): Endpoint => {
	const found = registry.findByName('n8n');
	if (found === undefined) throw new Error('The endpoint is not there');
	return found;
};
const add = (content = 'Hello') =>
	outbox.append(someEvent(content), [{ endpointId: endpoint().id }])[0] ?? 0;
const row = (id: number) => database.prepare('SELECT * FROM deliveries WHERE id = ?').get(id);
const ask = async (
	id: string,
	{ max = 16, waitMs = 0, signal = new AbortController().signal } = {},
) => await connections.fetch(endpoint(), { id, address: '10.0.0.7' }, { max, waitMs, signal });
const fetchAll = async (id = 'a', more = {}): Promise<readonly HandedOut[]> => {
	const fetched = await ask(id, more);
	if (fetched.kind !== 'deliveries') throw new Error(`Taken by ${fetched.holder.address}`);
	return fetched.deliveries;
};
const settle = (
	outcome: FetchedOutcome['outcome'],
	id: number,
	more: Partial<FetchedOutcome> = {},
	consumer = 'a',
) => {
	const result = { deliveryId: id, outcome, ...more };
	connections.settle(endpoint(), { id: consumer, address: '' }, [result]);
};

it('hands out what is due in order, signed as a webhook is', async () => {
	const ids = [add('1'), add('2'), add('3')];
	const first = await fetchAll('a', { max: 2 });
	expect(first.map(({ delivery }) => delivery)).toEqual(['dlv_1', 'dlv_2']);
	for (const { body, timestamp, signature, attempt } of first) {
		const headers = { 'x-openclaw-timestamp': timestamp, 'x-openclaw-signature': signature };
		expect(verifyEvent({ headers, body: Buffer.from(body), secret: SECRET }).ok).toBe(true);
		expect(attempt).toBe(1);
	}
	expect((await fetchAll()).map(({ delivery }) => parseDeliveryId(delivery))).toEqual([ids[2]]);
	expect(await fetchAll()).toEqual([]);
});

it('hands out what the endpoint is to see, signed', async () => {
	add('confidential');
	const { id, settings } = storedEndpoint(database, 'n8n');
	openEndpointTable(database).update(
		id,
		{ settings: { ...settings, privacy: { redact: ['data.message.content'] } } },
		0,
	);
	open();
	const [handedOut] = await fetchAll();
	const { body = '', timestamp = '', signature = '' } = handedOut ?? {};
	const headers = { 'x-openclaw-timestamp': timestamp, 'x-openclaw-signature': signature };
	expect(verifyEvent({ headers, body: Buffer.from(body), secret: SECRET }).ok).toBe(true);
	expect(JSON.parse(body)).toMatchObject({ data: { message: { content: '[redacted]' } } });
});

it('waits until something comes', async () => {
	const waiting = fetchAll('a', { waitMs: 60_000 });
	add();
	expect(await waiting).toHaveLength(1);
});

it('ends the wait when the time is over, and when the receiver has gone', async () => {
	const short = fetchAll('a', { waitMs: 20 });
	time += 20;
	expect(await short).toEqual([]);
	const gone = new AbortController();
	const waiting = fetchAll('a', { waitMs: 60_000, signal: gone.signal });
	gone.abort();
	expect(await waiting).toEqual([]);
});

it.each(['done', 'filtered'] as const)('takes %s for a delivery', async (outcome) => {
	const id = add();
	await fetchAll();
	settle(outcome, id, { run: '4711', durationMs: 12 });
	expect(row(id)).toMatchObject({ state: 'delivered', attempts: 1, last_duration_ms: 12 });
	const [attempt] = database.prepare('SELECT * FROM attempts').all();
	expect(attempt).toMatchObject({ number: 1, started_at: START - 12, error: null });
	expect(attempt?.response).toContain('4711');
});

it('tries what has failed again by the schedule of the endpoint, until the tries are used up', async () => {
	const id = add();
	await fetchAll();
	settle('failed', id, { reason: 'The CRM is down' });
	expect(row(id)).toMatchObject({ state: 'pending', tries: 1, last_error: 'The CRM is down' });
	expect(await fetchAll()).toEqual([]);
	time += 1000;
	expect(await fetchAll()).toMatchObject([{ delivery: `dlv_${id}`, attempt: 2 }]);
	settle('failed', id, { reason: 'The CRM is down' });
	expect(row(id)).toMatchObject({ state: 'failed', tries: 2, attempts: 2 });
});

it('hands out after a while what was released, which uses no try', async () => {
	const id = add();
	await fetchAll();
	settle('released', id);
	expect(await fetchAll()).toEqual([]);
	time += 5000;
	expect(await fetchAll()).toMatchObject([{ attempt: 1 }]);
	expect(row(id)).toMatchObject({ tries: 0, attempts: 0 });
});

it('tells of the execution that an earlier attempt was started in', async () => {
	const id = add();
	await fetchAll('a');
	settle('started', id, { run: '4711' });
	time += 60_000;
	expect(await fetchAll('b')).toMatchObject([{ attempt: 2, previousRun: '4711' }]);
});

describe('one consumer at a time', () => {
	it('is told who has the events, since when', async () => {
		await ask('a');
		time += 30_000;
		expect(await ask('b')).toEqual({
			kind: 'taken',
			holder: { since: START, address: '10.0.0.7' },
		});
		time += 29_999;
		expect(await ask('b')).toMatchObject({ kind: 'taken' });
		time += 1;
		expect(await ask('b')).toMatchObject({ kind: 'deliveries' });
		expect(await ask('a')).toMatchObject({
			kind: 'taken',
			holder: { since: START + 60_000 },
		});
	});

	it('makes room for itself under another id, and for nobody who does not know its ids', async () => {
		const id = add();
		await fetchAll('a');
		const asks = async (consumer: string, replaces: readonly string[]) =>
			await connections.fetch(
				endpoint(),
				{ id: consumer, address: '10.0.0.7', replaces },
				{ max: 16, waitMs: 0, signal: new AbortController().signal },
			);
		expect(await asks('b', ['c'])).toMatchObject({ kind: 'taken' });
		expect(await asks('b', ['c', 'a'])).toMatchObject({
			kind: 'deliveries',
			deliveries: [{ delivery: `dlv_${id}`, attempt: 2 }],
		});
	});

	it('loses its place when its endpoint is removed, should it be made again at once', async () => {
		await ask('a');
		const table = openEndpointTable(database);
		const { id } = endpoint();
		table.revive(id, time);
		expect(await ask('b')).toMatchObject({ kind: 'taken' });
		table.setRemoved(id, time);
		table.revive(id, time);
		expect(await ask('b')).toMatchObject({ kind: 'deliveries' });
	});

	it('is there for as long as its request is open', async () => {
		const gone = new AbortController();
		const waiting = ask('a', { waitMs: 600_000, signal: gone.signal });
		time += 120_000;
		expect(await ask('b')).toMatchObject({ kind: 'taken' });
		gone.abort();
		await waiting;
	});

	it('makes room the moment its connection has ended, with all that it had not settled', async () => {
		const [done, open_, failed] = [add(), add(), add()];
		await fetchAll('a');
		settle('done', done);
		const gone = new AbortController();
		const waiting = fetchAll('a', { waitMs: 60_000, signal: gone.signal });
		expect(await ask('b')).toMatchObject({ kind: 'taken' });
		gone.abort();
		await waiting;
		expect(await fetchAll('b')).toMatchObject([
			{ delivery: `dlv_${open_}`, attempt: 2 },
			{ delivery: `dlv_${failed}`, attempt: 2 },
		]);
		expect(row(open_)).toMatchObject({ tries: 0, attempts: 1 });
		expect(row(open_)?.last_error).toContain('has gone');
	});

	it('soon makes room when its network connection has closed between two requests', async () => {
		const consumer = (id: string) => ({ id, address: '10.0.0.7' });
		await ask('a');
		connections.hangUp(endpoint(), consumer('b'));
		time += 10_000;
		expect(await ask('b')).toMatchObject({ kind: 'taken' });
		connections.hangUp(endpoint(), consumer('a'));
		time += 9_999;
		expect(await ask('b')).toMatchObject({ kind: 'taken' });
		await ask('a');
		time += 10_000;
		expect(await ask('b')).toMatchObject({ kind: 'taken' });
		connections.hangUp(endpoint(), consumer('a'));
		time += 10_000;
		expect(await ask('b')).toMatchObject({ kind: 'deliveries' });
	});

	it('keeps its place with a request that wants nothing, whatever is due', async () => {
		add();
		const gone = new AbortController();
		const waiting = fetchAll('a', { max: 0, waitMs: 600_000, signal: gone.signal });
		settle('failed', add());
		expect(await ask('b')).toMatchObject({ kind: 'taken' });
		const next = fetchAll('a');
		expect(await waiting).toEqual([]);
		expect(await next).toHaveLength(1);
	});

	it('may still tell that an event was run to its end, and not give back what is not its own', async () => {
		const [ended, kept] = [add(), add()];
		await fetchAll('a');
		time += 60_000;
		await fetchAll('b');
		settle('done', ended, {}, 'a');
		settle('released', kept, {}, 'a');
		expect(row(ended)).toMatchObject({ state: 'delivered' });
		expect(row(kept)).toMatchObject({ state: 'pending', consumer: 'b' });
	});

	it('goes on with its own after the gateway has started anew', async () => {
		const id = add();
		await fetchAll('a');
		database.close();
		database = openDatabase(folder.path);
		jest.resetModules();
		const key = Symbol.for('openclaw-plugin-event-webhooks/shared/4');
		(globalThis as { [key: symbol]: Map<string, unknown> | undefined })[key]?.delete(folder.path);
		open();
		expect(await fetchAll('a')).toEqual([]);
		expect(await fetchAll('a')).toEqual([]);
		settle('done', id);
		expect(row(id)).toMatchObject({ state: 'delivered' });
	});
});

it('has one request of a consumer at a time: a later one ends the one before', async () => {
	const first = fetchAll('a', { waitMs: 60_000 });
	const second = fetchAll('a', { waitMs: 60_000 });
	expect(await first).toEqual([]);
	add();
	expect(await second).toHaveLength(1);
});

it('takes back what could not be sent', async () => {
	add();
	const handedOut = await fetchAll('a');
	connections.takeBack(endpoint(), { id: 'a', address: '' }, { deliveries: handedOut, ended: [] });
	expect(await fetchAll('b')).toMatchObject([{ attempt: 1 }]);
});

it('tells who fetches of what another process has ended, once it has heard of it', async () => {
	const id = add();
	const [delivery] = (await fetchAll('a')).map((one) => one.delivery);
	const waiting = ask('a', { waitMs: 60_000 });
	settle('done', id, { reason: 'The execution timed out', elsewhere: true });
	const told = await waiting;
	expect(told).toEqual({ kind: 'deliveries', deliveries: [], ended: [delivery] });
	expect(row(id)).toMatchObject({ state: 'delivered' });
	if (told.kind === 'deliveries') {
		connections.takeBack(endpoint(), { id: 'a', address: '' }, told);
	}
	expect(await ask('a')).toEqual(told);
	expect(await ask('a')).toEqual({ kind: 'deliveries', deliveries: [], ended: [] });
});

it('hands out nothing while the endpoint is paused, and what it kept when it is resumed', async () => {
	const table = openEndpointTable(database);
	const { id } = endpoint();
	table.setPaused(id, START);
	time += 1000;
	add();
	expect(await fetchAll()).toEqual([]);
	table.setPaused(id, undefined);
	time += 1000;
	expect(await fetchAll()).toHaveLength(1);
});

it('passes over what is settled already, is unknown, or is of another endpoint', async () => {
	const other = storedEndpoint(database, 'other').id;
	const [foreign = 0] = outbox.append(someEvent(), [{ endpointId: other }]);
	const id = add();
	await fetchAll();
	settle('done', id);
	settle('failed', id);
	settle('done', foreign);
	settle('done', 999);
	expect(row(id)).toMatchObject({ state: 'delivered', attempts: 1 });
	expect(row(foreign)).toMatchObject({ state: 'pending', attempts: 0 });
});

describe('an endpoint that nobody fetches from', () => {
	const HOUR_MS = 3_600_000;
	const pass = (hours: number) => {
		for (let hour = 0; hour < hours; hour += 1) {
			time += HOUR_MS;
			connections.age(HOUR_MS);
		}
	};

	it('expires after 72 hours of the gateway, and says so of its events', async () => {
		await fetchAll();
		const id = add();
		pass(72);
		expect(row(id)).toMatchObject({ state: 'pending' });
		pass(1);
		expect(row(id)).toMatchObject({
			state: 'failed',
			last_error: 'Nobody has fetched from the endpoint for 72 hours (holdHours)',
		});
		expect(endpoint().lifecycle).toMatchObject({ state: 'expired' });
		expect(expired).toEqual(['n8n']);
	});

	it('does not age while somebody fetches, nor by a clock that jumps', async () => {
		await fetchAll();
		pass(70);
		await fetchAll();
		pass(70);
		time += 8760 * HOUR_MS;
		connections.age(60_000);
		expect(endpoint().lifecycle).toEqual({ state: 'active' });
	});
});

it('keeps an answer within what a receiver can read', async () => {
	for (let index = 0; index < 8; index += 1) add('x'.repeat(900_000));
	expect((await fetchAll()).length).toBeLessThan(6);
	expect((await fetchAll()).length).toBeGreaterThan(2);
});
