import { writeFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { listFaults } from '../../../openclaw-plugin/src/health/health';
import { createEmitter } from '../../../openclaw-plugin/src/outbox/emitter';
import type { EmitEvent } from '../../../openclaw-plugin/src/outbox/emitter';
import { openOutbox } from '../../../openclaw-plugin/src/outbox/outbox';
import { onWake } from '../../../openclaw-plugin/src/outbox/queue';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import { openStore } from '../../../openclaw-plugin/src/store/sharedStore';
import type { Store } from '../../../openclaw-plugin/src/store/store';
import { mountSmallDisk } from '../../../testbed/smallDisk';
import { waitFor } from '../../../testbed/waitFor';
import { storedEndpoint } from '../endpoints/support/storedEndpoints';
import { countRows } from '../store/support/events';
import { useFolder } from '../store/support/folder';
import { registryOf, rememberingLogger, someEndpoint } from './support/endpoints';

const folder = useFolder();
const logger = rememberingLogger();
const FAST = { everyMs: 20, timeoutMs: 10_000 };
const endpoints = [
	someEndpoint({ id: 1, name: 'all' }),
	someEndpoint({ id: 2, name: 'errors', events: ['error.occurred'] }),
	someEndpoint({ id: 3, name: 'support', filter: { agentIds: ['support-bot'] } }),
];
/** Rows for the ids that deliveries refer to. */
const storeEndpoints = () => {
	for (const { name } of endpoints) storedEndpoint(store, name);
};
let store: Store;
let emit: EmitEvent;

function prepare(path: string): void {
	store = openStore(path);
	storeEndpoints();
	const outbox = openOutbox(store, { folder: store.folder });
	emit = createEmitter({
		store,
		outbox,
		registry: registryOf(endpoints),
		instanceId: 'node-1',
		logger,
	});
}

const faults = (path = folder.path) => listFaults(path).map(({ code, count }) => [code, count]);
const contents = () =>
	store
		.prepare('SELECT body FROM events ORDER BY seq')
		.all()
		.map(({ body }) => (JSON.parse(String(body)) as { data: { n: number } }).data.n);

beforeEach(() => {
	logger.lines.length = 0;
});

afterEach(() => {
	store.close();
});

describe('emit', () => {
	it('writes an event with a delivery for each endpoint that wants it, and wakes the dispatcher', () => {
		prepare(folder.path);
		const woken: unknown[] = [];
		const forget = onWake(folder.path, (ids) => woken.push(ids));
		emit('message.sent', { agentId: 'support-bot' }, Date.parse('2026-03-14T10:30:00Z'));
		forget();
		const rows = store.prepare('SELECT endpoint_id AS id FROM deliveries').all();
		expect(rows.map(({ id }) => id)).toEqual([1, 3]);
		expect(woken).toEqual([[1, 3]]);
		const body = String(store.prepare('SELECT body FROM events').get()?.body);
		expect(JSON.parse(body)).toMatchObject({
			type: 'message.sent',
			timestamp: '2026-03-14T10:30:00.000Z',
			instanceId: 'node-1',
		});
	});

	it('remembers beside an event where its files are', () => {
		prepare(folder.path);
		const files = [{ path: '/state/media/inbound/a.jpg', contentType: 'image/jpeg' }, {}];
		emit('message.received', {}, undefined, files);
		expect(store.prepare('SELECT * FROM attachments').all()).toEqual([
			{ event_seq: 1, place: 0, path: files[0]?.path, content_type: 'image/jpeg', file_name: null },
			{ event_seq: 1, place: 1, path: null, content_type: null, file_name: null },
		]);
		expect(store.prepare('SELECT body FROM events').get()?.body).not.toContain('media');
	});

	it('writes nothing when no endpoint wants it', () => {
		store = openStore(folder.path);
		const registry = registryOf([someEndpoint({ events: ['tool.called'] })]);
		const outbox = openOutbox(store, { folder: store.folder });
		createEmitter({ store, outbox, registry, instanceId: 'node-1', logger })('message.sent', {});
		expect(countRows(store, 'events')).toBe(0);
	});

	it('notices when the endpoints change', () => {
		store = openStore(folder.path);
		storeEndpoints();
		let list = [someEndpoint({ id: 1 })];
		const registry = { ...registryOf([]), list: () => list };
		const parts = {
			store,
			outbox: openOutbox(store, { folder: store.folder }),
			registry,
			instanceId: 'node-1',
			logger,
		};
		const emitEvent = createEmitter(parts);
		emitEvent('message.sent', {});
		list = [someEndpoint({ id: 2 })];
		emitEvent('message.sent', {});
		const rows = store.prepare('SELECT endpoint_id AS id FROM deliveries').all();
		expect(rows.map(({ id }) => id)).toEqual([1, 2]);
	});

	it('never throws, whatever it is given', () => {
		prepare(folder.path);
		const hostile = {
			toJSON: () => {
				throw new Error('no JSON');
			},
		};
		emit('tool.called', { tool: hostile });
		expect(logger.lines).toEqual([
			expect.stringContaining("An event of type 'tool.called' could not be kept"),
		]);
	});
});

describe('while another process holds the database', () => {
	it('keeps events in order in memory, and writes them afterwards', async () => {
		prepare(folder.path);
		emit('message.sent', { n: 0 });
		const other = openDatabase(folder.path);
		other.exec('BEGIN IMMEDIATE');
		emit('message.sent', { n: 1 });
		emit('message.sent', { n: 2 });
		expect(faults()).toEqual([
			['database-unavailable', undefined],
			['events-waiting', 2],
		]);
		other.exec('COMMIT');
		other.close();
		emit('message.sent', { n: 3 });
		expect(countRows(store, 'events')).toBe(1);
		await waitFor('the events', () => contents().length === 4, FAST);
		expect(contents()).toEqual([0, 1, 2, 3]);
		expect(faults()).toEqual([]);
	});
});

describe('while the database cannot be opened', () => {
	it('finds out the endpoints later, too', async () => {
		const path = join(folder.path, 'data');
		writeFileSync(path, 'where the folder should be');
		store = openStore(path);
		const registry = {
			...registryOf([]),
			list: () => {
				const isNew = store.prepare('SELECT 1 FROM endpoints').get() === undefined;
				if (isNew) storeEndpoints();
				return endpoints;
			},
		};
		const parts = {
			store,
			outbox: openOutbox(store, { folder: store.folder }),
			registry,
			instanceId: 'node-1',
			logger,
		};
		const emitEvent = createEmitter(parts);
		emitEvent('message.sent', { n: 1 });
		emitEvent('message.sent', { n: 2 });
		expect(faults(path)).toEqual([
			['database-unavailable', undefined],
			['events-waiting', 2],
		]);
		rmSync(path);
		await waitFor('the events', () => countRows(store, 'deliveries') === 2, FAST);
		expect(contents()).toEqual([1, 2]);
		expect(faults(path)).toEqual([]);
	});
});

describe('on a full disk', () => {
	it('keeps events in memory until there is room, and counts what it loses', async () => {
		prepare(folder.path);
		const pages = Number(store.prepare('PRAGMA page_count').get()?.page_count);
		store.exec(`PRAGMA max_page_count = ${String(pages)}`);
		for (let n = 0; n < 10_100; n += 1) emit('message.sent', { n });
		const written = countRows(store, 'events');
		const known = faults();
		expect(known.map(([code]) => code)).toEqual(['disk-full', 'events-waiting', 'events-lost']);
		expect(known[1]).toEqual(['events-waiting', 10_000]);
		expect(known[2]).toEqual(['events-lost', 10_100 - 10_000 - written]);
		store.exec('PRAGMA max_page_count = 1000000');
		await waitFor('the events', () => countRows(store, 'events') === 10_000 + written, FAST);
		expect(contents()).toEqual(Array.from({ length: 10_000 + written }, (_, n) => n));
		expect(faults().map(([code]) => code)).toEqual(['events-lost']);
	});

	it('keeps 16 MiB at most', () => {
		prepare(folder.path);
		const pages = Number(store.prepare('PRAGMA page_count').get()?.page_count);
		store.exec(`PRAGMA max_page_count = ${String(pages)}`);
		const content = 'x'.repeat(1_000_000);
		for (let n = 0; n < 20; n += 1) emit('message.sent', { n, message: { role: 'user', content } });
		expect(faults()).toEqual([
			['disk-full', undefined],
			['events-waiting', 16],
			['events-lost', 4],
		]);
		store.exec('PRAGMA max_page_count = 1000000');
	});

	it('does the same with a real one, deliveries and all', async () => {
		const disk = mountSmallDisk(folder.path, 4);
		// Only root may mount; the tests above need no disk.
		if (disk === undefined) {
			prepare(folder.path);
			return;
		}
		try {
			prepare(disk.path);
			emit('message.sent', { n: 0 });
			disk.fill();
			const content = 'x'.repeat(3000);
			for (let n = 1; n < 100; n += 1) emit('message.sent', { n, content });
			const codes = faults(disk.path).map(([code]) => code);
			expect(codes).toEqual(['disk-full', 'events-waiting']);
			disk.free();
			await waitFor('the events', () => contents().length === 100, FAST);
			expect(contents()).toEqual(Array.from({ length: 100 }, (_, n) => n));
			expect(faults(disk.path)).toEqual([]);
			expect(logger.lines).toContain('info The events that waited in memory are written');
			store.close();
		} finally {
			disk.unmount();
		}
	});
});

describe('when the outbox is full', () => {
	const start = () => {
		store = openStore(folder.path);
		storeEndpoints();
		const outbox = openOutbox(store, { folder: store.folder, maxMegabytes: 1, logger });
		const registry = registryOf([someEndpoint({ name: 'all' })]);
		emit = createEmitter({ store, outbox, registry, instanceId: 'node-1', logger });
		return outbox;
	};
	const content = 'x'.repeat(20_000);

	it('takes new events, gives up the oldest that wait, and says so', () => {
		const outbox = start();
		for (let n = 0; n < 100; n += 1) emit('message.sent', { n, content });
		const pending = countRows(store, 'deliveries', "state = 'pending'");
		expect(pending).toBeLessThan(60);
		expect(outbox.due(1, Date.now(), 100).at(-1)).toBe(100);
		expect(faults()).toEqual([['outbox-share', 100 - pending]]);
		expect(logger.lines).toEqual([expect.stringContaining("Events for 'all' were given up")]);
	});

	it('refuses events where nothing can give way, and takes them again when there is room', () => {
		start();
		store.exec('CREATE TABLE others (text TEXT)');
		const insert = store.prepare('INSERT INTO others VALUES (hex(zeroblob(10000)))');
		for (let row = 0; row < 100; row += 1) insert.run();
		emit('message.sent', { n: 1, content });
		emit('message.sent', { n: 2, content });
		expect(countRows(store, 'events')).toBe(0);
		expect(faults()).toEqual([['outbox-full', 2]]);
		expect(logger.lines).toEqual([expect.stringContaining('raise outbox.maxMegabytes')]);
		store.exec('DELETE FROM others');
		const outbox = openOutbox(store, { folder: store.folder, maxMegabytes: 2 });
		outbox.tidy();
		expect(faults()).toEqual([]);
		const registry = registryOf([someEndpoint({ name: 'all' })]);
		createEmitter({ store, outbox, registry, instanceId: 'node-1', logger })('message.sent', {
			n: 3,
		});
		expect(contents()).toEqual([3]);
	});
});
