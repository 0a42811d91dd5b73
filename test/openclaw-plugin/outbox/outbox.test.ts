import type { DatabaseSync } from 'node:sqlite';
import { openOutbox } from '../../../openclaw-plugin/src/outbox/outbox';
import type { Outbox, Settlement } from '../../../openclaw-plugin/src/outbox/outbox';
import { countReplay } from '../../../openclaw-plugin/src/outbox/replay';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
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
	outbox = openOutbox(database, { retentionDays: 14, now: () => now });
});

afterEach(() => {
	database.close();
});

function append(
	endpoints: readonly string[] = ['main-webhook'],
	content = 'Hello',
): readonly number[] {
	return outbox.append(someEvent(content), endpoints);
}

function settle(id: number, settlement: Settlement, number = 1): void {
	const attempt = { number, startedAt: now, durationMs: 5, status: 500, error: 'HTTP 500' };
	outbox.settle([{ id, attempt, settlement }]);
}

const row = (id: number) => database.prepare('SELECT * FROM deliveries WHERE id = ?').get(id);

describe('append', () => {
	it('writes the event once, and a delivery for each endpoint', () => {
		expect(append(['one', 'two'])).toEqual([1, 2]);
		expect(countRows(database, 'events')).toBe(1);
		expect(outbox.pendingEndpoints()).toEqual(['one', 'two']);
		expect(outbox.load(2)).toMatchObject({
			endpoint: 'two',
			tries: 0,
			attempts: 0,
			url: undefined,
		});
	});

	it('writes all or nothing', () => {
		const event = someEvent();
		outbox.append(event, ['one']);
		expect(() => outbox.append(event, ['two'])).toThrow('UNIQUE');
		expect(countRows(database, 'deliveries')).toBe(1);
	});

	it('takes another URL than that of the endpoint', () => {
		const [id = 0] = outbox.append(someEvent(), [
			{ endpoint: 'callback', url: 'https://n8n.example/7' },
		]);
		expect(outbox.load(id)).toMatchObject({ endpoint: 'callback', url: 'https://n8n.example/7' });
	});
});

describe('due', () => {
	it('tells what is due in the order of creation, retries among it', () => {
		const ids = [1, 2, 3, 4].flatMap(() => append());
		append(['another']);
		settle(1, { state: 'retry', nextAt: now + 100, usesTry: true });
		settle(3, { state: 'retry', nextAt: now + 50, usesTry: true });
		expect(ids).toEqual([1, 2, 3, 4]);
		expect(outbox.due('main-webhook', now, 10)).toEqual([2, 4]);
		expect(outbox.nextRetryAt('main-webhook')).toBe(now + 50);
		expect(outbox.due('main-webhook', now + 50, 10)).toEqual([2, 3, 4]);
		expect(outbox.due('main-webhook', now + 100, 10)).toEqual([1, 2, 3, 4]);
		expect(outbox.due('main-webhook', now + 100, 3)).toEqual([1, 2, 3]);
	});

	it('forgets what is settled', () => {
		append();
		append();
		settle(1, { state: 'delivered' });
		settle(2, { state: 'failed' });
		expect(outbox.due('main-webhook', now, 10)).toEqual([]);
		expect(outbox.load(1)).toBeUndefined();
		expect(outbox.pendingEndpoints()).toEqual([]);
		expect(outbox.nextRetryAt('main-webhook')).toBeUndefined();
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
		outbox.settle([{ id: 1, attempt, settlement: { state: 'delivered' } }]);
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

	it.each([
		['deliveries', { deliveryIds: [1, 4, 99] }, 2, [1, 3, 4]],
		['a status', { status: 'failed' }, 2, [2, 3, 4]],
		['an endpoint', { endpoint: 'one' }, 2, [1, 2, 3]],
		['an endpoint and a status', { endpoint: 'one', status: 'failed' }, 1, [2, 3]],
		['a time', { from: 1_800_000_001_000 }, 2, [2, 3, 4]],
		['a range of time', { from: 1_800_000_000_000, to: 1_800_000_001_000 }, 1, [1, 3]],
		['nothing that exists', { deliveryIds: [] }, 0, [3]],
	] as const)('by %s', (_, selection, count, expected) => {
		expect(countReplay(database, selection)).toBe(count);
		expect(outbox.replay(selection)).toBe(count);
		expect(pending()).toEqual(expected);
	});

	it('by event, what still waits included', () => {
		const { id } = someEvent();
		const row = database.prepare('SELECT id FROM events WHERE seq = 3').get();
		settle(3, { state: 'retry', nextAt: now + DAY_MS, usesTry: true });
		expect(outbox.due('one', now, 10)).toEqual([]);
		expect(outbox.replay({ eventIds: [String(row?.id), id] })).toBe(1);
		expect(outbox.due('one', now, 10)).toEqual([3]);
	});

	it('gives all tries anew, and goes on counting attempts', () => {
		outbox.replay({ deliveryIds: [2] });
		expect(outbox.load(2)).toMatchObject({ tries: 0, attempts: 1 });
	});

	it('refuses to replay everything', () => {
		expect(() => outbox.replay({})).toThrow(RangeError);
	});

	it('takes more than one step for many', () => {
		for (let index = 0; index < 1200; index += 1) append(['many']);
		outbox.failPending('many', 'x');
		while (outbox.failPending('many', 'x') > 0);
		expect(outbox.replay({ endpoint: 'many' })).toBe(1200);
		expect(outbox.due('many', now, 2000)).toHaveLength(1200);
	});
});

describe('tidy', () => {
	const tidyAll = () => {
		let steps = 1;
		while (outbox.tidy()) steps += 1;
		return steps;
	};

	it('deletes what was settled too long ago, with its log and its event', () => {
		append(['one', 'two']);
		append(['one']);
		settle(1, { state: 'delivered' });
		settle(2, { state: 'failed' });
		now += 14 * DAY_MS;
		settle(3, { state: 'delivered' });
		tidyAll();
		expect(countRows(database, 'deliveries')).toBe(3);
		now += 6;
		tidyAll();
		expect(row(3)).toBeDefined();
		expect([1, 2].map(row)).toEqual([undefined, undefined]);
		expect(countRows(database, 'events')).toBe(1);
		expect(countRows(database, 'attempts')).toBe(1);
	});

	it('keeps an event as long as one of its deliveries', () => {
		append(['one', 'two']);
		settle(1, { state: 'delivered' });
		now += 14 * DAY_MS;
		tidyAll();
		expect(outbox.load(2)).toMatchObject({ endpoint: 'two' });
	});

	it('fails what has been waiting too long, and lets it be replayed', () => {
		append();
		now += 14 * DAY_MS + 1;
		tidyAll();
		expect(row(1)).toMatchObject({
			state: 'failed',
			last_error: 'It was not delivered within 14 days (outbox.retentionDays)',
		});
		outbox.replay({ status: 'failed' });
		now += 2 * 3_600_000;
		tidyAll();
		expect(outbox.due('main-webhook', now, 10)).toEqual([1]);
	});

	it('works in small steps', () => {
		for (let index = 0; index < 450; index += 1) append();
		while (outbox.failPending('main-webhook', 'x') > 0);
		now += 15 * DAY_MS;
		expect(tidyAll()).toBe(3);
		expect(countRows(database, 'events')).toBe(1);
	});

	it('keeps the newest delivery, so that no number is given twice', () => {
		append();
		settle(1, { state: 'delivered' });
		now += 30 * DAY_MS;
		tidyAll();
		expect(append()).toEqual([2]);
		tidyAll();
		expect(row(1)).toBeUndefined();
	});
});
