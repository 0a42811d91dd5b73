import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import { inTransaction } from '../../../openclaw-plugin/src/store/databaseAccess';
import { openStore } from '../../../openclaw-plugin/src/store/sharedStore';
import { createStore } from '../../../openclaw-plugin/src/store/store';
import { countRows } from './support/events';
import { useFolder } from './support/folder';

const folder = useFolder();
const ADD_SESSION = 'INSERT INTO sessions (session_key, first_seen_at) VALUES (?, ?)';

describe('a store', () => {
	it('opens the database when it is first used, for its owner only', () => {
		const store = createStore(folder.path, { repairs: true });
		expect(readdirSync(folder.path)).toEqual([]);
		store.prepare(ADD_SESSION).run('agent:main:main', 1);
		expect(countRows(store, 'sessions')).toBe(1);
		expect(statSync(folder.path).mode & 0o777).toBe(0o700);
		expect(statSync(join(folder.path, 'event-webhooks.sqlite')).mode & 0o777).toBe(0o600);
		store.close();
	});

	it('keeps statements valid after it was closed', () => {
		const store = createStore(folder.path, { repairs: true });
		const add = store.prepare(ADD_SESSION);
		add.run('one', 1);
		store.close();
		add.run('two', 2);
		expect(countRows(store, 'sessions')).toBe(2);
		store.close();
	});

	it('runs all of a transaction or nothing, inner ones included', () => {
		const store = createStore(folder.path, { repairs: true });
		const add = store.prepare(ADD_SESSION);
		expect(() =>
			store.transaction(() => {
				add.run('one', 1);
				inTransaction(store, () => add.run('two', 2));
				throw new Error('no');
			}),
		).toThrow('no');
		expect(countRows(store, 'sessions')).toBe(0);
		expect(store.transaction(() => inTransaction(store, () => add.run('one', 1).changes))).toBe(1);
		expect(store.isTransaction).toBe(false);
		store.close();
	});

	it('passes errors of the program on', () => {
		const store = createStore(folder.path, { repairs: true });
		expect(() => store.prepare('SELECT * FROM nowhere').get()).toThrow('no such table');
		store.prepare(ADD_SESSION).run('one', 1);
		expect(() => store.prepare(ADD_SESSION).run('one', 1)).toThrow('UNIQUE');
		store.close();
	});

	it('says that another process holds the database, and goes on when it does not any more', () => {
		const failures: string[] = [];
		let recoveries = 0;
		const store = createStore(folder.path, {
			repairs: true,
			busyTimeoutMs: 10,
			events: {
				failed: (error) => failures.push(error.failure),
				recovered: () => (recoveries += 1),
			},
		});
		const add = store.prepare(ADD_SESSION);
		add.run('one', 1);
		const other = openDatabase(folder.path);
		other.exec('BEGIN IMMEDIATE');
		expect(() => add.run('two', 2)).toThrow('another process holds it');
		expect(() => store.transaction(() => add.run('two', 2))).toThrow('another process holds it');
		other.exec('COMMIT');
		add.run('two', 2);
		expect({ failures, recoveries }).toEqual({ failures: ['busy', 'busy'], recoveries: 1 });
		other.close();
		store.close();
	});

	it('tries to open a database that cannot be opened once a second', () => {
		let now = 0;
		let failures = 0;
		writeFileSync(join(folder.path, 'file'), '');
		const store = createStore(join(folder.path, 'file'), {
			repairs: true,
			now: () => now,
			events: { failed: () => (failures += 1) },
		});
		const add = store.prepare(ADD_SESSION);
		expect(() => add.run('one', 1)).toThrow('cannot be read or written');
		now = 999;
		expect(() => add.run('one', 1)).toThrow('cannot be read or written');
		expect(failures).toBe(1);
		rmSync(join(folder.path, 'file'));
		now = 1000;
		expect(add.run('one', 1).changes).toBe(1);
		store.close();
	});

	it('survives a power cut only when told so', () => {
		const store = createStore(folder.path, { repairs: true });
		const synchronous = () => store.prepare('PRAGMA synchronous').get()?.synchronous;
		expect(synchronous()).toBe(1);
		store.setSynchronous('full');
		expect(synchronous()).toBe(2);
		store.close();
		expect(synchronous()).toBe(2);
		store.close();
	});
});

describe('the shared store', () => {
	it('is one for all parts of a process, and closed with the last of them', () => {
		const first = openStore(folder.path);
		const second = openStore(folder.path);
		second.setSynchronous('full');
		expect(first.prepare('PRAGMA synchronous').get()?.synchronous).toBe(2);
		first.prepare(ADD_SESSION).run('one', 1);
		first.close();
		first.close();
		expect(readdirSync(folder.path)).toContain('event-webhooks.sqlite-wal');
		expect(countRows(second, 'sessions')).toBe(1);
		second.close();
		expect(readdirSync(folder.path)).toEqual(['event-webhooks.sqlite']);
	});
});
