import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { createSessionRegistry } from '../../../openclaw-plugin/src/events/sessionRegistry';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import { SCHEMA } from '../../../openclaw-plugin/src/store/schema';
import { removeTemporaryFolder, temporaryFolder } from '../../../testbed/temporaryFolder';

const KEY = 'agent:main:telegram:direct:777';
const ONE_RUN = 'agent:main:cron:6a0d85e8:run:4aa6720d';
const DAY_MS = 86_400_000;

let folder: string;
let database: DatabaseSync;

beforeEach(async () => {
	folder = await temporaryFolder('sessions');
	database = openDatabase(folder);
});

afterEach(async () => {
	database.close();
	await removeTemporaryFolder(folder);
});

/** As after a restart: the same file, nothing in memory. */
const restarted = (on: DatabaseSync = database) =>
	createSessionRegistry({ database: on, scope: randomUUID() });
const count = () => database.prepare('SELECT count(*) AS n FROM sessions').get()?.n;

it('sees a session for the first time once', () => {
	const sessions = restarted();

	expect([KEY, KEY, 'agent:main:main'].map(sessions.isFirstSight)).toEqual([true, false, true]);
});

it('knows it after a restart', () => {
	restarted().isFirstSight(KEY);

	expect(restarted().isFirstSight(KEY)).toBe(false);
});

it('is one for all instances of the plugin, and for other processes', () => {
	const scope = randomUUID();
	const instances = [1, 2].map(() => createSessionRegistry({ database, scope }));
	const other = openDatabase(folder);

	expect(instances.map(({ isFirstSight }) => isFirstSight(KEY))).toEqual([true, false]);
	expect(restarted(other).isFirstSight(KEY)).toBe(false);
	other.close();
});

it('forgets for all instances', () => {
	const scope = randomUUID();
	const [one, two] = [1, 2].map(() => createSessionRegistry({ database, scope }));
	one?.isFirstSight(KEY);
	two?.forget(KEY);

	expect(one?.isFirstSight(KEY)).toBe(true);
	expect(restarted().isFirstSight(KEY)).toBe(false);
});

it('keeps sessions of one run in memory only', () => {
	const sessions = restarted();

	expect([ONE_RUN, ONE_RUN].map(sessions.isFirstSight)).toEqual([true, false]);
	expect(count()).toBe(0);
});

it('forgets the first ones when there are too many', () => {
	database.exec(`
		WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200010)
		INSERT INTO sessions (session_key, first_seen_at) SELECT 'agent:main:x:' || i, i FROM n
	`);
	let elapsed = 1_000_000;
	const sessions = createSessionRegistry({
		database,
		scope: randomUUID(),
		elapsed: () => elapsed,
	});
	elapsed += 2 * DAY_MS;
	sessions.isFirstSight(KEY);

	expect(count()).toBe(200_000);
	expect(sessions.isFirstSight('agent:main:x:1')).toBe(true);
	expect(sessions.isFirstSight('agent:main:x:200010')).toBe(false);
});

describe('with a database that fails', () => {
	const failing = (pattern: RegExp) => {
		const memory = new DatabaseSync(':memory:');
		memory.exec(SCHEMA);
		return {
			isTransaction: false,
			exec: (sql: string) => {
				memory.exec(sql);
			},
			prepare: (sql: string) => {
				if (pattern.test(sql)) throw new Error('The disk is full');
				return memory.prepare(sql);
			},
		};
	};

	it('counts a session as new once when it cannot be written', () => {
		const sessions = createSessionRegistry({ database: failing(/INSERT/), scope: randomUUID() });

		expect([KEY, KEY].map(sessions.isFirstSight)).toEqual([true, false]);
	});

	it('counts it as known until it can be read', () => {
		let pattern = /./;
		const database = { ...failing(/^$/) };
		const { prepare } = database;
		database.prepare = (sql) => {
			if (pattern.test(sql)) throw new Error('There is no database');
			return prepare(sql);
		};
		const sessions = createSessionRegistry({ database, scope: randomUUID() });

		expect(sessions.isFirstSight(KEY)).toBe(false);
		sessions.forget(KEY);
		pattern = /^$/;
		expect(sessions.isFirstSight(KEY)).toBe(true);
	});
});
