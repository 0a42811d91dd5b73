import type { DatabaseSync } from 'node:sqlite';
import {
	FILTERED,
	createRefusalStore,
	forgetRefusals,
	listRefusals,
} from '../../../openclaw-plugin/src/inbound/refusalStore';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import { removeTemporaryFolder, temporaryFolder } from '../../../testbed/temporaryFolder';

const REFUSAL = { status: 404, code: 'unknown-endpoint', message: 'There is none' };
let folder: string;
let database: DatabaseSync;
let time: number;

beforeEach(async () => {
	folder = await temporaryFolder('refusals');
	database = openDatabase(folder);
	time = 1_800_000_000_000;
});

afterEach(async () => {
	database.close();
	await removeTemporaryFolder(folder);
});

const createLog = () => createRefusalStore(database, () => time);
const list = (limit = 2000) => listRefusals(database, { limit });

it('counts equal ones within a minute together', () => {
	const log = createLog();
	const first = time;
	for (let index = 0; index < 100; index += 1) {
		time = first + index * 100;
		log.note('alrt', '192.0.2.7', REFUSAL);
	}
	log.note('alrt', '192.0.2.8', REFUSAL);
	log.close();
	expect(list()).toMatchObject([
		{ address: '192.0.2.8', count: 1 },
		{ address: '192.0.2.7', count: 100, at: first, lastAt: first + 9900 },
	]);
	time = first + 60_000;
	log.note('alrt', '192.0.2.7', REFUSAL);
	expect(list()).toHaveLength(3);
});

it('shows what was counted after some seconds, without being closed', () => {
	jest.useFakeTimers();
	try {
		const log = createLog();
		log.note('a', '192.0.2.7', REFUSAL);
		log.note('a', '192.0.2.7', REFUSAL);
		expect(list()).toMatchObject([{ count: 1 }]);
		jest.advanceTimersByTime(5000);
		expect(list()).toMatchObject([{ count: 2 }]);
	} finally {
		jest.useRealTimers();
	}
});

it('stays small in a flood', () => {
	const log = createLog();
	let writes = 0;
	const prepare = database.prepare.bind(database);
	jest.spyOn(database, 'prepare').mockImplementation((sql) => {
		if (sql.startsWith('INSERT')) writes += 1;
		return prepare(sql);
	});
	// 500 a second for a minute, all different.
	const startedAt = performance.now();
	for (let index = 0; index < 30_000; index += 1) {
		if (index % 500 === 499) time += 990;
		log.note(`name-${String(index)}`, '192.0.2.7', REFUSAL);
	}
	const msEach = (performance.now() - startedAt) / 30_000;
	log.close();
	expect(writes).toBeLessThan(70);
	expect(msEach).toBeLessThan(0.2);
	const kept = list();
	expect(kept.find(({ code }) => code === 'many')?.count).toBe(30_000 - 60);
	expect(kept.reduce((sum, { count }) => sum + count, 0)).toBe(30_000);
});

it('keeps the newest thousand', () => {
	const log = createLog();
	for (let index = 0; index < 1500; index += 1) {
		time += 2000;
		log.note(`name-${String(index)}`, '192.0.2.7', REFUSAL);
	}
	const kept = list();
	expect(kept).toHaveLength(1000);
	expect(kept[0]?.endpoint).toBe('name-1499');
	expect(kept.at(-1)?.endpoint).toBe('name-500');
});

it('keeps filtered calls beside the refused ones: neither push out the others', () => {
	const log = createLog();
	const filtered = { status: 200, code: FILTERED, message: 'No message was made of it' };
	for (let index = 0; index < 1100; index += 1) {
		time += 60_000;
		log.note('refused', '192.0.2.7', REFUSAL);
		log.note('filtered', '192.0.2.7', filtered);
		log.note('filtered', '192.0.2.8', filtered);
	}
	const kept = listRefusals(database, { limit: 5000 });
	const count = (endpoint: string) => kept.filter((one) => one.endpoint === endpoint).length;
	expect([count('refused'), count('filtered')]).toEqual([1000, 1000]);
	expect(listRefusals(database, { limit: 5000, withFiltered: false })).toHaveLength(1000);
});

it('keeps what only the owner is told in the place of the message', () => {
	createLog().note('a', '192.0.2.7', { ...REFUSAL, logged: 'Not from github' });
	expect(list()).toMatchObject([{ reason: 'Not from github' }]);
});

it('forgets them after thirty days', () => {
	const log = createLog();
	log.note('old', '192.0.2.7', REFUSAL);
	database.exec('UPDATE clock SET day = day + 31');
	log.note('new', '192.0.2.7', REFUSAL);
	forgetRefusals(database);
	expect(list()).toMatchObject([{ endpoint: 'new' }]);
});

it('goes on when the clock jumps a year ahead and back', () => {
	const log = createLog();
	const year = 365 * 86_400_000;
	for (const jump of [0, year, -year]) {
		time += jump;
		log.note('a', '192.0.2.7', REFUSAL);
	}
	log.close();
	expect(list().reduce((sum, { count }) => sum + count, 0)).toBe(3);
});

it('keeps of a name what a terminal can show', () => {
	const log = createLog();
	const name = `\u001b[31m${'x'.repeat(200)}\ud83d`;
	const message = `There is no inbound endpoint '${name}' at this gateway`;
	log.note(name, '192.0.2.7', { ...REFUSAL, message });
	const [{ endpoint, reason } = { endpoint: '', reason: '' }] = list();
	expect(endpoint).toBe(`[31m${'x'.repeat(96)}`);
	expect(endpoint + reason).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});
