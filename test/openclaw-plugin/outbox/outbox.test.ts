import type { DatabaseSync } from 'node:sqlite';
import { openOutbox } from '../../../openclaw-plugin/src/outbox/outbox';
import type { Outbox, Settlement } from '../../../openclaw-plugin/src/outbox/outbox';
import { countReplay } from '../../../openclaw-plugin/src/outbox/replay';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import { openEndpointTable } from '../../../openclaw-plugin/src/endpoints/endpointTable';
import { storedEndpoint, targetsOf } from '../endpoints/support/storedEndpoints';
import { countRows, someEvent } from '../store/support/events';
import { useFolder } from '../store/support/folder';

const DAY_MS = 86_400_000;
const folder = useFolder();
let database: DatabaseSync;
let outbox: Outbox;
let now = 0;

beforeEach(() => {
	now = 1_800_000_000_000;
	database = openDatabase(folder.path);
	outbox = openOutbox(database, {
		folder: folder.path,
		retentionDays: 14,
		now: () => now,
		clock: { wall: () => now, monotonic: () => now },
	});
});

afterEach(() => {
	database.close();
});

function append(
	endpoints: readonly string[] = ['main-webhook'],
	content = 'Hello',
): readonly number[] {
	return outbox.append(someEvent(content), targetsOf(database, ...endpoints));
}

function settle(id: number, settlement: Settlement, number = 1): void {
	const attempt = { number, startedAt: now, durationMs: 5, status: 500, error: 'HTTP 500' };
	outbox.settle([{ id, generation: generationOf(id), attempt, settlement }]);
}

const idOf = (name: string) => storedEndpoint(database, name).id;
const generationOf = (id: number) =>
	Number(database.prepare('SELECT generation FROM deliveries WHERE id = ?').get(id)?.generation);
const row = (id: number) => database.prepare('SELECT * FROM deliveries WHERE id = ?').get(id);

describe('append', () => {
	it('writes the event once, and a delivery for each endpoint', () => {
		expect(append(['one', 'two'])).toEqual([1, 2]);
		expect(countRows(database, 'events')).toBe(1);
		expect(outbox.pendingEndpoints()).toEqual([idOf('one'), idOf('two')]);
		expect(outbox.load(2)).toMatchObject({
			endpointId: idOf('two'),
			generation: 0,
			tries: 0,
			attempts: 0,
		});
		expect(outbox.load(2)).not.toHaveProperty('url');
	});

	it('writes all or nothing', () => {
		const event = someEvent();
		outbox.append(event, targetsOf(database, 'one'));
		expect(() => outbox.append(event, targetsOf(database, 'two'))).toThrow('UNIQUE');
		expect(countRows(database, 'deliveries')).toBe(1);
	});

	it('takes another URL than that of the endpoint', () => {
		const [id = 0] = outbox.append(someEvent(), [
			{ endpointId: idOf('callback'), url: 'https://n8n.example/7', signerId: 3 },
		]);
		expect(outbox.load(id)).toMatchObject({
			endpointId: idOf('callback'),
			url: 'https://n8n.example/7',
			signerId: 3,
		});
	});
});

describe('due', () => {
	it('tells what is due in the order of creation, retries among it', () => {
		const ids = [1, 2, 3, 4].flatMap(() => append());
		append(['another']);
		settle(1, { state: 'retry', nextAt: now + 100, usesTry: true });
		settle(3, { state: 'retry', nextAt: now + 50, usesTry: true });
		expect(ids).toEqual([1, 2, 3, 4]);
		expect(outbox.due(idOf('main-webhook'), now, 10)).toEqual([2, 4]);
		expect(outbox.nextRetryAt(idOf('main-webhook'))).toBe(now + 50);
		expect(outbox.due(idOf('main-webhook'), now + 50, 10)).toEqual([2, 3, 4]);
		expect(outbox.due(idOf('main-webhook'), now + 100, 10)).toEqual([1, 2, 3, 4]);
		expect(outbox.due(idOf('main-webhook'), now + 100, 3)).toEqual([1, 2, 3]);
	});

	it('forgets what is settled', () => {
		append();
		append();
		settle(1, { state: 'delivered' });
		settle(2, { state: 'failed' });
		expect(outbox.due(idOf('main-webhook'), now, 10)).toEqual([]);
		expect(outbox.load(1)).toBeUndefined();
		expect(outbox.pendingEndpoints()).toEqual([]);
		expect(outbox.nextRetryAt(idOf('main-webhook'))).toBeUndefined();
	});
});

describe('settle', () => {
	it('keeps each attempt, and counts tries and attempts', () => {
		append();
		settle(1, { state: 'retry', usesTry: false }, 1);
		expect(row(1)).toMatchObject({ state: 'pending', tries: 0, attempts: 1 });
		settle(1, { state: 'retry', nextAt: now + 9, usesTry: true }, 2);
		expect(row(1)).toMatchObject({ state: 'pending', tries: 1, attempts: 2, next_at: now + 9 });
		const attempt = { number: 3, startedAt: now, durationMs: 7, status: 200, response: 'ok' };
		outbox.settle([{ id: 1, generation: 0, attempt, settlement: { state: 'delivered' } }]);
		expect(row(1)).toMatchObject({
			state: 'delivered',
			tries: 2,
			attempts: 3,
			settled_at: now + 7,
			last_status: 200,
			last_duration_ms: 7,
			last_error: null,
		});
		const log = database.prepare('SELECT * FROM attempts ORDER BY id').all();
		expect(
			log.map(({ number, status, error, response }) => [number, status, error, response]),
		).toEqual([
			[1, 500, 'HTTP 500', null],
			[2, 500, 'HTTP 500', null],
			[3, 200, null, 'ok'],
		]);
	});

	it('ignores what was deleted meanwhile', () => {
		settle(99, { state: 'delivered' });
		expect(countRows(database, 'attempts')).toBe(0);
	});
});

describe('an attempt that a replay has overtaken', () => {
	it('is in the log, and settles nothing', () => {
		append();
		const { generation = -1 } = outbox.load(1) ?? {};
		outbox.replay({ deliveryIds: [1] });
		const attempt = { number: 1, startedAt: now, durationMs: 5, status: 500, error: 'HTTP 500' };
		outbox.settle([{ id: 1, generation, attempt, settlement: { state: 'failed' } }]);
		expect(row(1)).toMatchObject({ state: 'pending', tries: 0, attempts: 1, settled_at: null });
		expect(countRows(database, 'attempts')).toBe(1);
		settle(1, { state: 'delivered' }, 2);
		expect(row(1)).toMatchObject({ state: 'delivered', tries: 1, attempts: 2 });
	});
});

describe('replay', () => {
	beforeEach(() => {
		for (let index = 0; index < 4; index += 1) {
			append([index < 3 ? 'one' : 'two'], String(index));
			now += 1000;
		}
		settle(1, { state: 'delivered' });
		settle(2, { state: 'failed' });
		settle(4, { state: 'failed' });
	});
	const pending = () =>
		database
			.prepare("SELECT id FROM deliveries WHERE state = 'pending'")
			.all()
			.map(({ id }) => id);
	const eventOf = (id: number) =>
		JSON.parse(outbox.load(id)?.body ?? 'null') as Record<string, unknown> | null;

	it.each([
		['deliveries', { deliveryIds: [2, 4, 99] }, 2, [2, 3, 4]],
		['a status', { status: 'failed' }, 2, [2, 3, 4]],
		['a time', { since: 1_800_000_001_000 }, 2, [2, 3, 4]],
		['a range of time', { since: 1_800_000_001_000, until: 1_800_000_002_000 }, 1, [2, 3]],
		['nothing that exists', { deliveryIds: [] }, 0, [3]],
	] as const)('by %s', (_, selection, count, expected) => {
		expect(countReplay(database, selection)).toEqual({ count, notKept: 0 });
		expect(outbox.replay(selection).count).toBe(count);
		expect(pending()).toEqual(expected);
	});

	it('by endpoint, and tells which endpoints have something to send', () => {
		const endpointIds = [idOf('two')];
		expect(outbox.replay({ endpointIds })).toEqual({ count: 1, endpointIds });
		expect(outbox.replay({ endpointIds: [idOf('one')], status: 'failed' }).count).toBe(1);
		expect(pending()).toEqual([2, 3, 4]);
	});

	it('by event, what still waits included', () => {
		const { id } = someEvent();
		const event = database.prepare('SELECT id FROM events WHERE seq = 3').get();
		settle(3, { state: 'retry', nextAt: now + DAY_MS, usesTry: true });
		expect(outbox.due(idOf('one'), now, 10)).toEqual([]);
		expect(outbox.replay({ eventIds: [String(event?.id), id] }).count).toBe(1);
		expect(outbox.due(idOf('one'), now, 10)).toEqual([3]);
	});

	it('keeps the event of a failed delivery: the receiver may have it', () => {
		const before = database.prepare('SELECT id FROM events WHERE seq = 2').get()?.id;
		outbox.replay({ deliveryIds: [2] });
		expect(eventOf(2)).toMatchObject({ id: before });
		expect(eventOf(2)).not.toHaveProperty('replayOf');
		expect(outbox.load(2)).toMatchObject({ tries: 0, attempts: 1, generation: 1 });
	});

	it('makes a new event of a delivered one, which names the old one', () => {
		const before = database.prepare('SELECT id, body FROM events WHERE seq = 1').get();
		expect(outbox.replay({ deliveryIds: [1] })).toEqual({ count: 1, endpointIds: [idOf('one')] });
		expect(row(1)).toMatchObject({ state: 'delivered' });
		const { id, ...rest } = eventOf(5) ?? {};
		expect(id).toMatch(/^evt_/);
		const { id: old, ...same } = JSON.parse(String(before?.body)) as Record<string, unknown>;
		expect(rest).toEqual({ ...same, replayOf: old });
		expect(old).toBe(before?.id);
		expect(outbox.load(5)).toMatchObject({ eventId: id, generation: 0 });

		settle(5, { state: 'delivered' });
		outbox.replay({ deliveryIds: [5] });
		expect(eventOf(6)).toMatchObject({ replayOf: id });
	});

	it('makes one new event of one that several endpoints had', () => {
		const [first = 0, second = 0] = append(['one', 'two']);
		settle(first, { state: 'delivered' });
		settle(second, { state: 'delivered' });
		const events = countRows(database, 'events');
		expect(outbox.replay({ deliveryIds: [first, second] }).count).toBe(2);
		expect(countRows(database, 'events')).toBe(events + 1);
	});

	it('refuses to replay everything', () => {
		expect(() => outbox.replay({})).toThrow(RangeError);
	});

	it('takes more than one step for many', () => {
		for (let index = 0; index < 1200; index += 1) append(['many']);
		while (outbox.failPending(idOf('many'), 'x') > 0);
		expect(outbox.replay({ endpointIds: [idOf('many')] }).count).toBe(1200);
		expect(outbox.due(idOf('many'), now, 2000)).toHaveLength(1200);
	});
});

describe('tidy', () => {
	const tidyAll = () => {
		let steps = 1;
		while (outbox.tidy()) steps += 1;
		return steps;
	};

	/** Lets days pass while the gateway runs. */
	const pass = (days: number) => {
		tidyAll();
		for (let day = 0; day < days; day += 1) {
			now += DAY_MS;
			tidyAll();
		}
	};

	it('deletes what was settled too long ago, with its log and its event', () => {
		append(['one', 'two']);
		append(['one']);
		settle(1, { state: 'delivered' });
		settle(2, { state: 'failed' });
		pass(14);
		settle(3, { state: 'delivered' });
		tidyAll();
		expect(countRows(database, 'deliveries')).toBe(3);
		pass(1);
		expect(row(3)).toBeDefined();
		expect([1, 2].map(row)).toEqual([undefined, undefined]);
		expect(countRows(database, 'events')).toBe(1);
		expect(countRows(database, 'attempts')).toBe(1);
	});

	it('keeps an event as long as one of its deliveries', () => {
		append(['one', 'two']);
		settle(1, { state: 'delivered' });
		pass(14);
		expect(outbox.load(2)).toMatchObject({ endpointId: idOf('two') });
	});

	it('fails what has been waiting too long, and lets it be replayed', () => {
		append();
		pass(15);
		expect(row(1)).toMatchObject({
			state: 'failed',
			last_error: 'It was not delivered within 14 days (outbox.retentionDays)',
		});
		outbox.replay({ status: 'failed' });
		pass(2);
		expect(outbox.due(idOf('main-webhook'), now, 10)).toEqual([1]);
	});

	it.each([
		['forward by a year', 365 * DAY_MS],
		['back by a year', -365 * DAY_MS],
	])('neither deletes nor fails anything because the clock is set %s', (_, jump) => {
		append();
		append();
		append();
		settle(1, { state: 'delivered' });
		pass(10);
		settle(2, { state: 'retry', nextAt: now + 3_600_000, usesTry: true });
		now += jump;
		pass(2);
		expect(row(1)).toMatchObject({ state: 'delivered' });
		expect(row(3)).toMatchObject({ state: 'pending' });
		expect(outbox.due(idOf('main-webhook'), now, 10)).toEqual([2, 3]);
		pass(3);
		expect(row(1)).toBeUndefined();
	});

	it('works in small steps', () => {
		for (let index = 0; index < 450; index += 1) append();
		while (outbox.failPending(idOf('main-webhook'), 'x') > 0);
		pass(14);
		now += DAY_MS;
		expect(tidyAll()).toBe(3);
		expect(countRows(database, 'events')).toBe(1);
	});

	it('keeps the newest delivery, so that no number is given twice', () => {
		append();
		settle(1, { state: 'delivered' });
		pass(30);
		expect(append()).toEqual([2]);
		tidyAll();
		expect(row(1)).toBeUndefined();
	});

	it('fails what waits for a removed endpoint after a minute, with the reason', () => {
		append(['gone']);
		append(['one']);
		const table = openEndpointTable(database);
		const id = idOf('gone');
		table.setRemoved(id, now);
		now += 59_000;
		tidyAll();
		expect(row(1)).toMatchObject({ state: 'pending' });
		now += 1000;
		tidyAll();
		expect(row(1)).toMatchObject({
			state: 'failed',
			last_error: "The endpoint 'gone' was removed",
		});
		expect(row(2)).toMatchObject({ state: 'pending' });
		expect(table.find(id)).toMatchObject({ lifecycle: { state: 'removed' } });
		pass(20);
		append(['one']);
		tidyAll();
		expect(table.find(id)).toBeUndefined();
	});

	it('fails it in a minute when the clock is set back by a year meanwhile', () => {
		append(['gone']);
		openEndpointTable(database).setRemoved(idOf('gone'), now);
		now -= 365 * DAY_MS;
		tidyAll();
		expect(row(1)).toMatchObject({ state: 'pending' });
		now += 60_000;
		tidyAll();
		expect(row(1)).toMatchObject({ state: 'failed' });
	});

	it('ends leases and retired secrets in their time when the clock is set back by a year', () => {
		const table = openEndpointTable(database);
		const { id } = storedEndpoint(database, 'test-listener');
		table.setLease(id, now + 60_000);
		const other = storedEndpoint(database, 'rotated').id;
		table.setSecret(other, 'whsec_old', undefined, now);
		table.setSecret(other, 'whsec_new', now + DAY_MS, now);
		now -= 365 * DAY_MS;
		tidyAll();
		now += DAY_MS;
		tidyAll();
		expect(table.findByName('test-listener')).toBeUndefined();
		now += 6 * DAY_MS;
		expect(table.secretsOf(other, now)).toEqual({ current: ['whsec_new'], retiring: [] });
	});

	it('removes an endpoint whose lease is over', () => {
		const table = openEndpointTable(database);
		const { id } = storedEndpoint(database, 'test-listener');
		table.setLease(id, now + 1000);
		tidyAll();
		expect(table.findByName('test-listener')).toBeDefined();
		now += 1000;
		tidyAll();
		expect(table.findByName('test-listener')).toBeUndefined();
	});
});
