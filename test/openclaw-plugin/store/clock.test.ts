import type { DatabaseSync } from 'node:sqlite';
import {
	createDayCounter,
	createOutboxClock,
	outboxClock,
	TODAY,
} from '../../../openclaw-plugin/src/store/clock';
import { openDatabase } from '../../../openclaw-plugin/src/store/database';
import { useFolder } from './support/folder';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 365 * DAY_MS;
const START = 1_800_000_000_000;

const folder = useFolder();
let wall = START;
let monotonic = 0;
const sources = { wall: () => wall, monotonic: () => monotonic };

/** Lets time pass, for both clocks. */
function pass(milliseconds: number): void {
	wall += milliseconds;
	monotonic += milliseconds;
}

beforeEach(() => {
	wall = START;
	monotonic = 0;
});

describe('the clock of the outbox', () => {
	it('follows the system, and sleeps with it', () => {
		const clock = createOutboxClock(sources);
		pass(1500);
		expect(clock.now()).toBe(START + 1500);
		wall += 8 * HOUR_MS;
		expect(clock.now()).toBe(START + 1500 + 8 * HOUR_MS);
	});

	it('goes on while the system goes back, and by the system once that has caught up', () => {
		const clock = createOutboxClock(sources);
		wall -= YEAR_MS;
		expect(clock.now()).toBe(START);
		pass(60_000);
		expect(clock.now()).toBe(START + 60_000);
		wall += YEAR_MS;
		pass(1000);
		expect(clock.now()).toBe(START + 61_000);
	});

	it('goes on however often it is asked', () => {
		const clock = createOutboxClock(sources);
		wall -= YEAR_MS;
		for (let asked = 0; asked < 1000; asked += 1) {
			pass(0.25);
			clock.now();
		}
		expect(clock.now()).toBe(START + 250);
	});

	it('is one for each data folder', () => {
		expect(outboxClock(folder.path)).toBe(outboxClock(folder.path));
		expect(Math.abs(outboxClock(folder.path).now() - Date.now())).toBeLessThan(1000);
	});
});

describe('the count of days', () => {
	let database: DatabaseSync;

	beforeEach(() => {
		database = openDatabase(folder.path);
	});
	afterEach(() => {
		database.close();
	});

	/** The counter of a gateway that is started. */
	const start = (own = sources) => {
		const counter = createDayCounter(database, own);
		counter.count();
		return counter;
	};
	/** Counts on for some days, as a running gateway does. */
	const run = (counter: { count(): number }, days: number) => {
		for (let hour = 0; hour < days * 24; hour += 1) {
			pass(HOUR_MS);
			counter.count();
		}
		return counter.count();
	};

	it('is that of the days that pass', () => {
		const counter = start();
		expect(counter.count()).toBe(1);
		expect(run(counter, 10)).toBe(11);
		expect(database.prepare(`SELECT ${TODAY} AS day`).get()).toEqual({ day: 11 });
	});

	it.each([
		['forward by a year', YEAR_MS],
		['back by a year', -YEAR_MS],
		['forward by ten years', 10 * YEAR_MS],
	])('moves by one day at most when the clock is set %s', (_, jump) => {
		const counter = start();
		expect(run(counter, 3)).toBe(4);
		wall += jump;
		expect(counter.count()).toBeLessThanOrEqual(5);
		expect(run(counter, 3)).toBeLessThanOrEqual(8);
		expect(run(counter, 3)).toBeGreaterThanOrEqual(10);
	});

	it('moves by two at most when it is set forward by a year, and back again', () => {
		const counter = start();
		run(counter, 3);
		wall += YEAR_MS;
		counter.count();
		wall -= YEAR_MS;
		expect(counter.count()).toBe(5);
		expect(run(counter, 2)).toBe(7);
	});

	it('moves by one for a year in which the gateway was down', () => {
		expect(run(start(), 3)).toBe(4);
		pass(YEAR_MS);
		const counter = start({ ...sources, monotonic: () => 5 });
		expect(counter.count()).toBe(5);
		expect(counter.count()).toBe(5);
	});

	it('goes on over restarts that come more often than days', () => {
		for (let restart = 0; restart < 48; restart += 1) {
			monotonic = 0;
			const counter = createDayCounter(database, sources);
			counter.count();
			pass(HOUR_MS);
			counter.count();
		}
		expect(createDayCounter(database, sources).count()).toBe(3);
	});

	it('starts at the first day, whatever the clock says', () => {
		wall = 0;
		expect(createDayCounter(database, sources).count()).toBe(1);
		wall = YEAR_MS;
		expect(createDayCounter(database, sources).count()).toBeLessThanOrEqual(2);
	});

	it('writes little', () => {
		const counter = start();
		const before = database.prepare('SELECT total_changes() AS n').get()?.n;
		for (let second = 0; second < 3600; second += 10) {
			pass(10_000);
			counter.count();
		}
		const after = database.prepare('SELECT total_changes() AS n').get()?.n;
		expect(Number(after) - Number(before)).toBe(4);
	});
});
