import {
	closeSync,
	openSync,
	readdirSync,
	readFileSync,
	rmSync,
	writeFileSync,
	writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openEndpointTable } from '../../../openclaw-plugin/src/endpoints/endpointTable';
import { listFaults } from '../../../openclaw-plugin/src/health/health';
import { openOutbox } from '../../../openclaw-plugin/src/outbox/outbox';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import type { Rebuilt } from '../../../openclaw-plugin/src/store/rebuild';
import { openStore } from '../../../openclaw-plugin/src/store/sharedStore';
import { createStore } from '../../../openclaw-plugin/src/store/store';
import { storedEndpoint, targetsOf } from '../endpoints/support/storedEndpoints';
import { countRows, someEvent } from './support/events';
import { useFolder } from './support/folder';

/** Id of the endpoint 'main-webhook', the first one. */
const MAIN = 1;
const folder = useFolder();
const file = () => join(folder.path, 'event-webhooks.sqlite');
const setAside = () => readdirSync(folder.path).filter((name) => name.includes('corrupt'));

/** Fills a database with what must survive it, and with history that need not. */
function fill(events: number): void {
	const database = openDatabase(folder.path);
	const outbox = openOutbox(database, { folder: folder.path });
	for (let index = 0; index < events; index += 1) {
		const content = `event ${String(index)} `.repeat(40);
		const [id = 0] = outbox.append(someEvent(content), targetsOf(database, 'main-webhook'));
		if (index % 2 === 1) continue;
		const attempt = { number: 1, startedAt: 1, durationMs: 2, status: 200 };
		outbox.settle([{ id, generation: 0, attempt, settlement: { state: 'delivered' } }]);
	}
	openEndpointTable(database).setSecret(storedEndpoint(database, 'm').id, 'whsec_managed', 2, 1);
	database.exec(`
		INSERT INTO sessions VALUES ('agent:main:main', 1);
		INSERT INTO tokens (id, name, hash, scopes, created_at) VALUES ('t1', 'n8n', x'01', 'inbound', 1);
	`);
	database.close();
}

/** Overwrites pages of the closed file with nonsense. */
function damagePages(pages: readonly number[]): void {
	const descriptor = openSync(file(), 'r+');
	for (const page of pages)
		writeSync(descriptor, Buffer.alloc(4096, 0xa5), 0, 4096, (page - 1) * 4096);
	closeSync(descriptor);
}

/** The pages of a table or an index. */
function pagesOf(name: string): readonly number[] {
	const database = new DatabaseSync(file(), { readOnly: true });
	const pages = database
		.prepare('SELECT pageno FROM dbstat WHERE name = ? ORDER BY pageno')
		.all(name)
		.map(({ pageno }) => Number(pageno));
	database.close();
	return pages;
}

describe('a damaged database', () => {
	it('that is no database at all is set aside when it is opened', () => {
		writeFileSync(file(), 'This is not a database, but a text that is long enough. '.repeat(100));
		const store = openStore(folder.path);
		openOutbox(store, { folder: store.folder }).append(
			someEvent(),
			targetsOf(store, 'main-webhook'),
		);
		expect(countRows(store, 'deliveries')).toBe(1);
		const [aside = ''] = setAside();
		expect(aside).toMatch(/^event-webhooks\.corrupt-\d{4}-\d\d-\d\dT[\d-]+Z\.sqlite$/);
		expect(readFileSync(join(folder.path, aside), 'utf8')).toMatch(/^This is not a database/);
		expect(listFaults(folder.path)).toMatchObject([
			{ code: 'database-replaced', severity: 'notice', subject: aside },
		]);
		store.close();
	});

	it('keeps being reported as long as it is there', () => {
		writeFileSync(join(folder.path, 'event-webhooks.corrupt-2026-01-01T00-00-00-000Z.sqlite'), '');
		const store = openStore(folder.path);
		expect(listFaults(folder.path)).toMatchObject([{ code: 'database-replaced' }]);
		rmSync(join(folder.path, 'event-webhooks.corrupt-2026-01-01T00-00-00-000Z.sqlite'));
		store.checkFile();
		expect(listFaults(folder.path)).toEqual([]);
		store.close();
	});

	it('gives everything that waits to its successor when only an index is damaged', () => {
		fill(400);
		damagePages(pagesOf('deliveries_by_state'));
		const rebuilt: Rebuilt[] = [];
		const store = createStore(folder.path, {
			repairs: true,
			events: { replaced: (one) => rebuilt.push(one) },
		});
		const outbox = openOutbox(store, { folder: store.folder });
		const due = outbox.due(MAIN, Date.now(), 1000);
		expect(due).toHaveLength(200);
		expect(due.map((id) => outbox.load(id)?.body.includes('event'))).not.toContain(false);
		expect(rebuilt).toMatchObject([{ carried: { deliveries: 200, lostDeliveries: 0, others: 5 } }]);
		expect(countRows(store, 'endpoint_secrets', "secret = 'whsec_managed'")).toBe(1);
		expect(countRows(store, 'tokens')).toBe(1);
		expect(countRows(store, 'sessions')).toBe(1);
		expect(setAside()).toHaveLength(1);
		store.close();
	});

	it('gives what can be read on both sides of the damage to its successor', () => {
		fill(2000);
		const pages = pagesOf('deliveries');
		const leaf = pages[Math.floor(pages.length / 2)] ?? 0;
		damagePages([leaf]);
		const store = createStore(folder.path, { repairs: true });
		// Reads the table itself from one end to the other.
		expect(countRows(store, 'deliveries NOT INDEXED', 'tries < 100')).toBeGreaterThan(900);
		const due = openOutbox(store, { folder: store.folder }).due(MAIN, Date.now(), 10_000);
		expect(due.length).toBeGreaterThan(900);
		expect(due.length).toBeLessThan(1000);
		expect(due.at(0)).toBe(2);
		expect(due.at(-1)).toBe(2000);
		store.close();
	});

	it('is replaced in the middle of a transaction, which is then run again', () => {
		fill(400);
		damagePages(pagesOf('deliveries_by_state'));
		const store = createStore(folder.path, { repairs: true });
		const outbox = openOutbox(store, { folder: store.folder });
		const ids = outbox.append(someEvent('after'), targetsOf(store, 'main-webhook'));
		expect(ids).toHaveLength(1);
		expect(countRows(store, 'deliveries', "state = 'pending'")).toBe(201);
		store.close();
	});

	it('is left to the gateway by other processes', () => {
		fill(10);
		writeFileSync(file(), 'no database '.repeat(1000));
		const store = createStore(folder.path, { repairs: false });
		expect(() => store.prepare('SELECT 1 FROM events').get()).toThrow('damaged or no database');
		expect(setAside()).toEqual([]);
		store.close();
	});

	it('goes on from where a crash in the middle of the replacement left it', () => {
		fill(10);
		writeFileSync(join(folder.path, 'event-webhooks.rebuilt.sqlite'), 'half a copy');
		writeFileSync(join(folder.path, 'event-webhooks.rebuilt.sqlite-wal'), 'half a log');
		damagePages(pagesOf('deliveries_by_state'));
		const store = createStore(folder.path, { repairs: true });
		expect(openOutbox(store, { folder: store.folder }).due(MAIN, Date.now(), 100)).toHaveLength(5);
		expect(readdirSync(folder.path).filter((name) => name.includes('rebuilt'))).toEqual([]);
		store.close();
	});
});

describe('a database that is deleted while it is open', () => {
	it('is written anew with all that waits', () => {
		fill(10);
		const store = createStore(folder.path, { repairs: true });
		const outbox = openOutbox(store, { folder: store.folder });
		outbox.append(someEvent('last'), targetsOf(store, 'main-webhook'));
		for (const companion of ['', '-wal', '-shm']) rmSync(file() + companion);
		store.checkFile();
		expect(outbox.due(MAIN, Date.now(), 100)).toHaveLength(6);
		store.close();
		const database = openDatabase(folder.path);
		expect(countRows(database, 'deliveries')).toBe(6);
		database.close();
	});

	it('is left alone when another one has taken its place', () => {
		fill(10);
		const store = createStore(folder.path, { repairs: true });
		expect(countRows(store, 'deliveries')).toBe(10);
		for (const companion of ['', '-wal', '-shm']) rmSync(file() + companion);
		openDatabase(folder.path).close();
		store.checkFile();
		expect(countRows(store, 'deliveries')).toBe(0);
		store.close();
	});
});
