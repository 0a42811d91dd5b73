import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listFaults } from '../../../openclaw-plugin/src/health/health';
import { openOutbox } from '../../../openclaw-plugin/src/outbox/outbox';
import type { Outbox } from '../../../openclaw-plugin/src/outbox/outbox';
import {
	createSafeAppend,
	writeWaitingEvents,
} from '../../../openclaw-plugin/src/outbox/safeAppend';
import type * as SafeAppend from '../../../openclaw-plugin/src/outbox/safeAppend';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import { openStore } from '../../../openclaw-plugin/src/store/sharedStore';
import type * as SharedStore from '../../../openclaw-plugin/src/store/sharedStore';
import type { Store } from '../../../openclaw-plugin/src/store/store';
import { waitFor } from '../../../testbed/waitFor';
import { storedEndpoint, targetsOf } from '../endpoints/support/storedEndpoints';
import { countRows, someEvent } from '../store/support/events';
import { useFolder } from '../store/support/folder';
import { rememberingLogger } from './support/endpoints';
import { mountSmallDisk } from '../../../testbed/smallDisk';

const folder = useFolder();
/** The first endpoint. */
const CRM = [{ endpointId: 1 }];
/** The same, found out when the database can be read. */
const crmLater = () => targetsOf(store, 'crm');
const FAST = { everyMs: 20, timeoutMs: 10_000 };
let logger = rememberingLogger();
let store: Store;

beforeEach(() => {
	logger = rememberingLogger();
});
afterEach(() => {
	store.close();
});

const start = (path = folder.path) => {
	store = openStore(path);
	try {
		storedEndpoint(store, 'crm');
	} catch {
		// Where the database cannot be opened yet, the endpoint is found out later.
	}
	return createSafeAppend({ store, outbox: openOutbox(store, { folder: store.folder }), logger });
};
/** Texts of the events in the order in which they were written. */
const written = () =>
	store
		.prepare('SELECT body FROM events ORDER BY seq')
		.all()
		.map(({ body }) => /"content":"([^"]*)"/.exec(String(body))?.[1]);
const codes = (path = folder.path) => listFaults(path).map(({ code }) => code);

/** The plugin's modules once more, as the gateway loads them for hooks and for the service. */
async function loadTwin(): Promise<typeof SafeAppend & typeof SharedStore> {
	let twin: (typeof SafeAppend & typeof SharedStore) | undefined;
	await jest.isolateModulesAsync(async () => {
		const parts = await Promise.all([
			import('../../../openclaw-plugin/src/outbox/safeAppend'),
			import('../../../openclaw-plugin/src/store/sharedStore'),
		]);
		twin = { ...parts[0], ...parts[1] };
	});
	if (twin === undefined) throw new Error('The modules were not loaded');
	return twin;
}

it('loses nothing in an instance of the plugin that did not make the store', async () => {
	const append = start();
	append(someEvent('0'), CRM);
	const twin = await loadTwin();
	const twinStore = twin.openStore(folder.path);
	const twinAppend = twin.createSafeAppend({
		store: twinStore,
		outbox: openOutbox(twinStore, { folder: twinStore.folder }),
		logger,
	});
	const other = openDatabase(folder.path);
	other.exec('BEGIN IMMEDIATE');
	twinAppend(someEvent('1'), CRM);
	append(someEvent('2'), CRM);
	twinAppend(someEvent('3'), CRM);
	expect(codes()).toEqual(['database-unavailable', 'events-waiting']);
	other.exec('COMMIT');
	other.close();
	await waitFor('the events', () => written().length === 4, FAST);
	expect(written()).toEqual(['0', '1', '2', '3']);
	expect(codes()).toEqual([]);
	twinStore.close();
});

it('keeps nobody waiting while another process holds the database', () => {
	const append = start();
	append(someEvent('0'), CRM);
	const other = openDatabase(folder.path);
	other.exec('BEGIN IMMEDIATE');
	append(someEvent('1'), CRM);
	const before = performance.now();
	for (let index = 0; index < 20; index += 1) {
		expect(() => store.prepare('DELETE FROM sessions').run()).toThrow('another process holds it');
		append(someEvent('more'), CRM);
	}
	// One of them would wait 250 ms, if it did.
	expect(performance.now() - before).toBeLessThan(200);
	other.exec('COMMIT');
	other.close();
	expect(writeWaitingEvents(folder.path)).toBe(0);
	expect(store.prepare('PRAGMA busy_timeout').get()).toEqual({ timeout: 250 });
});

it('begins to work by itself when a database can be opened that could not be', async () => {
	const path = join(folder.path, 'data');
	writeFileSync(path, 'where the folder should be');
	const append = start(path);
	append(someEvent('1'), crmLater);
	append(someEvent('2'), crmLater);
	expect(codes(path)).toEqual(['database-unavailable', 'events-waiting']);
	rmSync(path);
	await waitFor('the events', () => codes(path).length === 0, FAST);
	expect(written()).toEqual(['1', '2']);
});

it('leaves the database of a newer version alone, and goes on when it is gone', async () => {
	const newer = openDatabase(folder.path);
	newer.exec('CREATE TABLE unheard_of (id INTEGER); PRAGMA user_version = 99');
	newer.close();
	const append = start();
	append(someEvent('1'), crmLater);
	expect(codes()).toEqual(['database-newer', 'events-waiting']);
	expect(() => openDatabase(folder.path)).toThrow('a newer version of this plugin has written it');
	const file = join(folder.path, 'event-webhooks.sqlite');
	renameSync(file, `${file}.newer`);
	await waitFor('the event', () => codes().length === 0, FAST);
	expect(written()).toEqual(['1']);
});

it('waits for a disk that is withdrawn, and makes nothing anew in its place', async () => {
	const disk = mountSmallDisk(folder.path, 4);
	if (disk === undefined) {
		// Only root may mount.
		start();
		return;
	}
	try {
		const append = start(disk.path);
		append(someEvent('1'), CRM);
		disk.withdraw();
		expect(() => {
			store.checkFile();
		}).toThrow('the disk that it was on is not there');
		append(someEvent('2'), CRM);
		expect(codes(disk.path)).toEqual(['database-unavailable', 'events-waiting']);
		disk.giveBack();
		await waitFor('the event', () => codes(disk.path).length === 0, FAST);
		expect(written()).toEqual(['1', '2']);
		store.close();
	} finally {
		disk.unmount();
	}
});

it('waits for a disk that may not be written', async () => {
	const disk = mountSmallDisk(folder.path, 4);
	if (disk === undefined) {
		start();
		return;
	}
	try {
		const append = start(disk.path);
		append(someEvent('1'), CRM);
		store.close();
		disk.lock();
		append(someEvent('2'), CRM);
		append(someEvent('3'), CRM);
		expect(codes(disk.path)).toEqual(['database-unavailable', 'events-waiting']);
		disk.unlock();
		await waitFor('the events', () => codes(disk.path).length === 0, FAST);
		expect(written()).toEqual(['1', '2', '3']);
		store.close();
	} finally {
		disk.unmount();
	}
});

it('drops a waiting event that the database refuses, counts it, and writes the others', async () => {
	const append = start();
	const first = someEvent();
	const crm = targetsOf(store, 'crm');
	const both = targetsOf(store, 'crm', 'audit');
	append(first, crm);
	const other = openDatabase(folder.path);
	other.exec('BEGIN IMMEDIATE');
	append(someEvent('before'), crm);
	append(first, crm);
	append(someEvent('for nobody'), () => []);
	append(someEvent('after'), () => both);
	other.exec('COMMIT');
	other.close();
	await waitFor('the events', () => countRows(store, 'deliveries') === 4, FAST);
	expect(countRows(store, 'events')).toBe(3);
	expect(listFaults(folder.path)).toMatchObject([{ code: 'events-lost', count: 1 }]);
	expect(logger.lines.join('\n')).toContain(`${first.id} was refused (UNIQUE`);
});

it('keeps an event that fails for an unknown reason, and tries it again', async () => {
	store = openStore(folder.path);
	const outbox = openOutbox(store, { folder: store.folder });
	storedEndpoint(store, 'crm');
	let failures = 2;
	const moody: Outbox = {
		...outbox,
		append: (event, targets) => {
			failures -= 1;
			if (failures >= 0) throw new Error('not today');
			return outbox.append(event, targets);
		},
	};
	const append = createSafeAppend({ store, outbox: moody, logger });
	append(someEvent('1'), CRM);
	append(someEvent('2'), CRM);
	expect(codes()).toEqual(['events-waiting']);
	await waitFor('the events', () => codes().length === 0, FAST);
	expect(written()).toEqual(['1', '2']);
});

it('writes what waits by the newest settings, also when they come meanwhile', async () => {
	const path = join(folder.path, 'data');
	writeFileSync(path, 'where the folder should be');
	start(path)(someEvent('1'), crmLater);
	createSafeAppend({ store, outbox: openOutbox(store, { folder: path, maxMegabytes: 5 }), logger });
	rmSync(path);
	mkdirSync(path);
	await waitFor('the event', () => codes(path).length === 0, FAST);
	expect(written()).toEqual(['1']);
});
