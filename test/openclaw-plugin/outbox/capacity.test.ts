import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { openOutbox, OutboxFullError } from '../../../openclaw-plugin/src/outbox/outbox';
import type { Outbox } from '../../../openclaw-plugin/src/outbox/outbox';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import { targetsOf } from '../endpoints/support/storedEndpoints';
import { countRows, someEvent } from '../store/support/events';
import { useFolder } from '../store/support/folder';

const MEGABYTE = 1_048_576;
const folder = useFolder();
const content = 'x'.repeat(20_000);
let database: DatabaseSync;
let outbox: Outbox;
let now = 0;

beforeEach(() => {
	now = 0;
	database = openDatabase(folder.path);
	outbox = openOutbox(database, { folder: folder.path, maxMegabytes: 2, now: () => now });
});

afterEach(() => {
	database.close();
});

/** Appends until there is no room. */
function fill(): number {
	for (let count = 0; ; count += 1) {
		try {
			outbox.append(someEvent(content), targetsOf(database, 'main-webhook'));
		} catch (error) {
			if (error instanceof OutboxFullError) return count;
			throw error;
		}
	}
}

function settle(ids: readonly number[], state: 'delivered' | 'failed'): void {
	const attempt = { number: 1, startedAt: now, durationMs: 1 };
	outbox.settle(ids.map((id) => ({ id, generation: 0, attempt, settlement: { state } })));
}

const count = (state: string) => countRows(database, 'deliveries', `state = '${state}'`);

describe('a full outbox', () => {
	it('refuses events when all of it is pending, and drops none', () => {
		const accepted = fill();
		expect(accepted).toBeGreaterThan(60);
		expect(count('pending')).toBe(accepted);
		expect(outbox.usedBytes()).toBeLessThanOrEqual(outbox.maxBytes);
		database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
		const { size } = statSync(join(folder.path, 'event-webhooks.sqlite'));
		expect(size).toBeLessThanOrEqual(2 * MEGABYTE);
	});

	it('drops delivered history first, oldest first, then what failed', () => {
		const accepted = fill();
		now += 2000;
		settle([20, 21, 22, 23], 'delivered');
		settle([1, 2, 3, 4], 'failed');
		outbox.append(someEvent(content), targetsOf(database, 'main-webhook'));
		expect({ delivered: count('delivered'), failed: count('failed') }).toEqual({
			delivered: 0,
			failed: 4,
		});
		const more = fill();
		expect(more).toBeGreaterThanOrEqual(5);
		expect(count('failed')).toBe(0);
		expect(count('pending')).toBe(accepted - 8 + 1 + more);
	});

	it('is found out again after a second only', () => {
		fill();
		now += 500;
		settle([1, 2, 3], 'delivered');
		expect(() => outbox.append(someEvent(content), targetsOf(database, 'main-webhook'))).toThrow(
			OutboxFullError,
		);
		now += 501;
		expect(outbox.append(someEvent(content), targetsOf(database, 'main-webhook'))).toHaveLength(1);
	});

	it('does not come about when idle time is used to drop history', () => {
		const accepted = fill();
		settle(
			Array.from({ length: accepted }, (_, index) => index + 1),
			'delivered',
		);
		while (outbox.tidy());
		expect(outbox.usedBytes()).toBeLessThanOrEqual(outbox.maxBytes * 0.9);
	});
});
