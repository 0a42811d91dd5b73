import type { DatabaseSync } from 'node:sqlite';
import {
	readLastingSettings,
	rememberOutbox,
} from '../../../openclaw-plugin/src/settings/lastOutbox';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import { removeTemporaryFolder, temporaryFolder } from '../../../testbed/temporaryFolder';

const DEFAULTS = { retentionDays: 14, maxMegabytes: 1024, powerSafe: false };

let folder: string;
let database: DatabaseSync;

beforeEach(async () => {
	folder = await temporaryFolder('outbox-settings');
	database = openDatabase(folder);
});

afterEach(async () => {
	database.close();
	await removeTemporaryFolder(folder);
});

const outboxOf = (config: unknown) => readLastingSettings(config, database).outbox;

it('a mistake leaves what was in force, after a restart, too', () => {
	rememberOutbox(database, outboxOf({ outbox: { retentionDays: 90, maxMegabytes: 64 } }));
	database.close();
	database = openDatabase(folder);
	const mistaken = { outbox: { retentionDays: '90 days', maxMegabytes: 32 } };
	expect(outboxOf(mistaken)).toEqual({ ...DEFAULTS, retentionDays: 90, maxMegabytes: 32 });
	rememberOutbox(database, outboxOf(mistaken));
	for (const config of [{ outbox: 7 }, 'text']) {
		expect(outboxOf(config)).toEqual({ ...DEFAULTS, retentionDays: 90, maxMegabytes: 32 });
	}
});

it('a key that is taken away has its default again', () => {
	rememberOutbox(database, { ...DEFAULTS, retentionDays: 90 });
	expect(outboxOf({ endpoints: 7 })).toEqual(DEFAULTS);
});

it('the defaults hold where nothing was in force', () => {
	expect(outboxOf({ outbox: { retentionDays: 0 } })).toEqual(DEFAULTS);
});

it('a database that cannot be read is no reason to end', () => {
	const broken = {
		prepare: () => {
			throw new Error('database is locked');
		},
	} as unknown as DatabaseSync;
	expect(readLastingSettings({ outbox: 7 }, broken).outbox).toEqual(DEFAULTS);
});

it('is written only when it has changed', () => {
	const changes = () => Number(database.prepare('SELECT total_changes() AS count').get()?.count);
	rememberOutbox(database, DEFAULTS);
	const before = changes();
	rememberOutbox(database, DEFAULTS);
	expect(changes()).toBe(before);
	rememberOutbox(database, { ...DEFAULTS, powerSafe: true });
	expect(changes()).toBe(before + 1);
});
