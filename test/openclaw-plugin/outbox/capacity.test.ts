import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { listFaults } from '../../../openclaw-plugin/src/health/health';
import { forecastSpace } from '../../../openclaw-plugin/src/outbox/capacity';
import { GAVE_WAY } from '../../../openclaw-plugin/src/outbox/history';
import { openOutbox, OutboxFullError } from '../../../openclaw-plugin/src/outbox/outbox';
import type { Outbox } from '../../../openclaw-plugin/src/outbox/outbox';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import { storedEndpoint, targetsOf } from '../endpoints/support/storedEndpoints';
import { countRows, someEvent } from '../store/support/events';
import { useFolder } from '../store/support/folder';

const MEGABYTE = 1_048_576;
const HOUR_MS = 3_600_000;
const folder = useFolder();
const content = 'x'.repeat(20_000);
let database: DatabaseSync;
let outbox: Outbox;
let now = 0;

const open = (maxMegabytes: number) =>
	openOutbox(database, {
		folder: folder.path,
		maxMegabytes,
		now: () => now,
		clock: { wall: () => now, monotonic: () => now },
	});

beforeEach(() => {
	now = 1_800_000_000_000;
	database = openDatabase(folder.path);
	// Nobody pulls the plug here.
	database.exec('PRAGMA synchronous = OFF');
	outbox = open(2);
});

afterEach(() => {
	database.close();
});

const append = (...names: readonly string[]) =>
	outbox.append(someEvent(content), targetsOf(database, ...names));

/** Appends as many events as fit. */
function fill(name = 'main-webhook'): number {
	for (let count = 1; ; count += 1) {
		append(name);
		if (count % 10 === 0) database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
		if (outbox.usedBytes() > outbox.maxBytes * 0.93) return count;
	}
}

/** Appends until something has given way; says how many more there are. */
function overfill(name: string, given: number): number {
	for (let count = 1; count < 200; count += 1) {
		append(name);
		if (countGivenWay() >= given) return count;
	}
	throw new Error('Nothing gives way');
}

const countGivenWay = () => countRows(database, 'deliveries', `last_error = '${GAVE_WAY}'`);

function settle(ids: readonly number[], state: 'delivered' | 'failed'): void {
	const attempt = { number: 1, startedAt: now, durationMs: 1 };
	outbox.settle(ids.map((id) => ({ id, generation: 0, attempt, settlement: { state } })));
}

const count = (state: string) => countRows(database, 'deliveries', `state = '${state}'`);
const faults = () => listFaults(folder.path).map(({ code, subject }) => [code, subject]);
const numbers = (to: number) => Array.from({ length: to }, (_, index) => index + 1);

/** Works through a queue as a healthy receiver would; says how many were delivered. */
function deliverAll(name: string): number {
	const due = outbox.due(storedEndpoint(database, name).id, now, 1000);
	settle(due, 'delivered');
	return due.length;
}

describe('a full outbox', () => {
	it('stays within its limit on the disk', () => {
		fill();
		for (let more = 0; more < 200; more += 1) append('main-webhook');
		expect(outbox.usedBytes()).toBeLessThanOrEqual(outbox.maxBytes);
		database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
		const { size } = statSync(join(folder.path, 'event-webhooks.sqlite'));
		expect(size).toBeLessThanOrEqual(2 * MEGABYTE);
	});

	it('drops delivered history first, oldest first, then what failed', () => {
		const accepted = fill();
		settle([20, 21, 22, 23], 'delivered');
		settle([1, 2, 3, 4], 'failed');
		while (count('delivered') > 0) append('main-webhook');
		expect(count('failed')).toBe(4);
		expect(faults()).toEqual([]);
		for (let more = 0; more < 15; more += 1) append('main-webhook');
		expect(countRows(database, 'deliveries', 'id <= 4')).toBe(0);
		expect(faults()).toEqual([['outbox-share', 'main-webhook']]);
		expect(accepted).toBeGreaterThan(60);
	});

	it('lets the oldest that waits for the largest backlog give way, visibly and told', () => {
		storedEndpoint(database, 'small');
		append('small');
		const accepted = fill('dead');
		const more = overfill('small', 6);
		const gone = database
			.prepare(
				'SELECT d.id, e.body FROM deliveries d JOIN events e ON e.seq = d.event_seq WHERE last_error = ?',
			)
			.all(GAVE_WAY);
		expect(gone.length).toBeGreaterThanOrEqual(6);
		expect(gone.map(({ id }) => Number(id))).toEqual(numbers(gone.length).map((id) => id + 1));
		// What the event was about can still be told.
		expect(JSON.parse(String(gone[0]?.body))).toMatchObject({
			type: 'message.received',
			data: { agentId: 'main', truncated: true },
		});
		expect(listFaults(folder.path)).toMatchObject([
			{ code: 'outbox-share', subject: 'dead', count: gone.length },
		]);
		expect(outbox.due(storedEndpoint(database, 'small').id, now, 100)).toHaveLength(more + 1);
		expect(count('pending')).toBe(accepted + more + 1 - gone.length);
	});

	it('has room for a healthy endpoint beside a dead one, whatever their events share', () => {
		outbox = open(3);
		const result = 'x'.repeat(500_000);
		const targets = targetsOf(database, 'dead', 'healthy');
		let delivered = 0;
		for (let call = 0; call < 40; call += 1) {
			outbox.append(someEvent('called'), targets);
			outbox.append(someEvent(result), targets);
			delivered += deliverAll('healthy');
		}
		expect(delivered).toBe(80);
		expect(faults()).toEqual([['outbox-share', 'dead']]);
		expect(outbox.usedBytes()).toBeLessThanOrEqual(outbox.maxBytes);
		expect(outbox.due(storedEndpoint(database, 'dead').id, now, 100).length).toBeGreaterThan(1);
	});

	it('ends the fault when there is room again', () => {
		fill('dead');
		overfill('dead', 1);
		expect(faults()).toEqual([['outbox-share', 'dead']]);
		outbox.tidy();
		expect(faults()).toEqual([['outbox-share', 'dead']]);
		deliverAll('dead');
		while (outbox.tidy());
		expect(faults()).toEqual([]);
	});

	it('ends the fault when the limit is raised', () => {
		fill('dead');
		overfill('dead', 1);
		expect(faults()).toEqual([['outbox-share', 'dead']]);
		outbox = open(4);
		outbox.tidy();
		expect(faults()).toEqual([]);
	});

	it('keeps a thousand of those that gave way', () => {
		outbox = open(4);
		const targets = targetsOf(database, 'dead');
		for (let event = 0; event < 8000; event += 1)
			outbox.append(someEvent('x'.repeat(500)), targets);
		expect(count('failed')).toBe(1000);
		expect(outbox.usedBytes()).toBeLessThanOrEqual(outbox.maxBytes);
		expect(faults()).toEqual([['outbox-share', 'dead']]);
	});

	it('refuses events when nothing can give way, and looks again after a second', () => {
		outbox = open(1);
		database.exec('CREATE TABLE others (text TEXT)');
		const insert = database.prepare('INSERT INTO others VALUES (hex(zeroblob(10000)))');
		for (let row = 0; row < 100; row += 1) insert.run();
		// As after a start: what is there may stay, and nothing comes.
		expect(() => append('main-webhook')).toThrow(OutboxFullError);
		database.exec('DELETE FROM others');
		now += 500;
		expect(() => append('main-webhook')).toThrow('nothing in it can give way');
		now += 501;
		expect(append('main-webhook')).toHaveLength(1);
	});

	it('does not come about when idle time is used to drop history', () => {
		settle(numbers(fill()), 'delivered');
		while (outbox.tidy());
		expect(outbox.usedBytes()).toBeLessThanOrEqual(outbox.maxBytes * 0.9);
		expect(count('pending')).toBe(0);
	});
});

describe('a limit that is lowered', () => {
	const tidyFor = (hours: number) => {
		for (let step = 0; step < hours * 6; step += 1) {
			now += HOUR_MS / 6;
			while (outbox.tidy());
		}
	};

	beforeEach(() => {
		outbox = open(20);
		const accepted = fill();
		settle(numbers(accepted).slice(0, -200), 'delivered');
		settle(numbers(accepted).slice(-200, -100), 'failed');
		database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
	});

	it('takes a tenth of the history an hour, what failed last', () => {
		const before = countRows(database, 'deliveries');
		outbox = open(2);
		while (outbox.tidy());
		append('main-webhook');
		expect(countRows(database, 'deliveries')).toBeGreaterThan(before - 210);
		tidyFor(1);
		const afterAnHour = countRows(database, 'deliveries');
		expect(afterAnHour).toBeGreaterThan(before * 0.75);
		expect(afterAnHour).toBeLessThan(before * 0.95);
		expect(count('failed')).toBe(100);
		tidyFor(10);
		expect(count('delivered')).toBe(0);
		expect(count('failed')).toBe(0);
		// What waits is not deleted for that.
		expect(count('pending')).toBe(101);
	});

	it.each([
		['a year', 365 * 24 * HOUR_MS],
		['ten years', 3650 * 24 * HOUR_MS],
	])('takes no more because the clock jumps %s', (_, jump) => {
		outbox = open(2);
		while (outbox.tidy());
		const before = countRows(database, 'deliveries');
		now += jump;
		while (outbox.tidy());
		expect(countRows(database, 'deliveries')).toBeGreaterThan(before * 0.75);
	});

	it('is foretold', () => {
		const events = countRows(database, 'events');
		expect(forecastSpace(database, 20 * MEGABYTE)).toMatchObject({
			delivered: 0,
			failed: 0,
			waiting: 0,
			hours: 0,
		});
		const half = forecastSpace(database, 10 * MEGABYTE);
		expect(half.delivered).toBeGreaterThan(events * 0.4);
		expect(half.delivered).toBeLessThan(events * 0.6);
		expect(half).toMatchObject({ failed: 0, waiting: 0, hours: 5 });
		const all = forecastSpace(database, MEGABYTE);
		expect(all.hours).toBe(10);
		expect(Math.abs(all.delivered - (events - 200))).toBeLessThan(events * 0.01);
		expect(Math.abs(all.failed - 100)).toBeLessThan(20);
		expect(all.waiting).toBeGreaterThan(0);
	});
});

it('a forecast looks at a part of many events, and is right about them all', () => {
	database.exec(`
		INSERT INTO endpoints (id, name, kind, origin, settings, created_at, updated_at)
			VALUES (50, 'many', 'webhook', 'api', '{}', 0, 0);
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
		INSERT INTO events (seq, id, type, created_at, body)
			SELECT 3 * i, 'evt_' || i, 'message.sent', 1, hex(zeroblob(100 + i % 200)) FROM n;
		INSERT INTO deliveries (event_seq, endpoint_id, state, created_at, next_at)
			SELECT seq, 50, iif(seq % 4 = 0, 'failed', 'delivered'), 1, 1 FROM events;
	`);
	const { delivered, failed } = forecastSpace(database, 1);

	expect(Math.abs(delivered - 37_500)).toBeLessThan(1500);
	expect(Math.abs(failed - 12_500)).toBeLessThan(1500);
});

it('finds what is due among many waiting deliveries', () => {
	const { id: dead } = storedEndpoint(database, 'dead');
	const { id: other } = storedEndpoint(database, 'other');
	outbox = open(200);
	database.exec(`
		INSERT INTO events (seq, id, type, created_at, body) VALUES (1, 'evt_1', 'message.sent', 1, '{}');
		WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
		INSERT INTO deliveries (event_seq, endpoint_id, state, tries, created_at, next_at)
			SELECT 1, ${String(dead)}, 'pending', 1 + i % 2, 1, ${String(now)} + 60000 + i FROM n;
	`);
	append('dead');
	append('other');
	expect(outbox.due(dead, now, 16)).toEqual([30_001]);
	expect(outbox.nextRetryAt(dead)).toBe(now + 60_001);
	expect(outbox.due(other, now, 16)).toEqual([30_002]);
	expect(outbox.due(dead, now + 3_600_000, 3)).toEqual([1, 2, 3]);
});
