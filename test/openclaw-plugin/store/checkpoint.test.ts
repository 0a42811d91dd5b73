import { statSync } from 'node:fs';
import { join } from 'node:path';
import { openOutbox } from '../../../openclaw-plugin/src/outbox/outbox';
import { checkpointIfLarge, openStore } from '../../../openclaw-plugin/src/store/sharedStore';
import { targetsOf } from '../endpoints/support/storedEndpoints';
import { someEvent } from './support/events';
import { useFolder } from './support/folder';

const MEGABYTE = 1_048_576;
const folder = useFolder();
const logSize = () => statSync(join(folder.path, 'event-webhooks.sqlite-wal')).size;

it('keeps the write-ahead log small, however much is written', () => {
	const store = openStore(folder.path);
	const outbox = openOutbox(store, { folder: store.folder });
	let largest = 0;
	for (let event = 0; event < 120; event += 1) {
		outbox.append(someEvent('x'.repeat(MEGABYTE / 2)), targetsOf(store, 'crm'));
		largest = Math.max(largest, logSize());
		checkpointIfLarge(store, outbox.maxBytes);
	}
	expect(largest).toBeGreaterThan(16 * MEGABYTE);
	expect(largest).toBeLessThan(24 * MEGABYTE);
	expect(statSync(join(folder.path, 'event-webhooks.sqlite')).size).toBeGreaterThan(32 * MEGABYTE);
	store.close();
});

it('keeps it smaller for an outbox that is to be small', () => {
	const store = openStore(folder.path);
	const outbox = openOutbox(store, { folder: store.folder, maxMegabytes: 16 });
	checkpointIfLarge(store, outbox.maxBytes);
	for (let event = 0; event < 20; event += 1) {
		outbox.append(someEvent('x'.repeat(MEGABYTE / 8)), targetsOf(store, 'crm'));
		checkpointIfLarge(store, outbox.maxBytes);
		expect(logSize()).toBeLessThan(MEGABYTE);
	}
	store.close();
});
