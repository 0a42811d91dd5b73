import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import {
	clearFault,
	listFaults,
	readHealth,
	reportFault,
	startHealth,
} from '../../../openclaw-plugin/src/health/health';
import { mountSmallDisk } from '../../../testbed/smallDisk';
import { useFolder } from '../store/support/folder';

const folder = useFolder();
const diskFull = { code: 'disk-full', severity: 'fault', message: 'The disk is full' } as const;

/** Bytes that this process has given to the operating system to write. */
function bytesWritten(): number {
	return Number(/^wchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1]);
}

describe('faults', () => {
	it('are new once, and keep the time of their first report', () => {
		expect(reportFault(folder.path, diskFull, 1)).toBe(true);
		expect(reportFault(folder.path, diskFull, 2)).toBe(false);
		expect(reportFault(folder.path, { ...diskFull, count: 7 }, 3)).toBe(false);
		expect(listFaults(folder.path)).toEqual([{ ...diskFull, count: 7, since: 1 }]);
		expect(clearFault(folder.path, 'disk-full')).toBe(true);
		expect(clearFault(folder.path, 'disk-full')).toBe(false);
		expect(listFaults(folder.path)).toEqual([]);
	});

	it('of the same kind are told apart by what they are about', () => {
		const config = { code: 'config', severity: 'fault', message: '' } as const;
		reportFault(folder.path, { ...config, subject: 'endpoints[1].url' }, 2);
		reportFault(folder.path, { ...config, subject: 'endpoints[0].url' }, 1);
		clearFault(folder.path, 'config');
		expect(listFaults(folder.path).map(({ subject }) => subject)).toEqual([
			'endpoints[0].url',
			'endpoints[1].url',
		]);
	});

	it('are those of one gateway', () => {
		reportFault(folder.path, diskFull);
		expect(listFaults(join(folder.path, 'another'))).toEqual([]);
	});
});

describe('health', () => {
	it('is unknown of a gateway that has never run', () => {
		expect(readHealth(folder.path)).toBeUndefined();
		writeFileSync(join(folder.path, 'event-webhooks.status.json'), '{"half":');
		expect(readHealth(folder.path)).toBeUndefined();
		writeFileSync(join(folder.path, 'event-webhooks.status.json'), '7');
		expect(readHealth(folder.path)).toBeUndefined();
	});

	it('is readable while the gateway runs, and tells when it was stopped', async () => {
		let now = 1000;
		const stop = startHealth(folder.path, { version: '1.2.3', now: () => now });
		expect(readHealth(folder.path, now)).toEqual({
			pid: process.pid,
			version: '1.2.3',
			startedAt: 1000,
			updatedAt: 1000,
			faults: [],
			isRunning: true,
		});
		now += 2000;
		reportFault(folder.path, diskFull, now);
		await turn();
		expect(readHealth(folder.path, now)?.faults).toEqual([{ ...diskFull, since: 3000 }]);
		expect(readHealth(folder.path, now + 15_000)?.isRunning).toBe(false);
		now += 1000;
		stop();
		expect(readHealth(folder.path, now)).toMatchObject({ stoppedAt: 4000, isRunning: false });
		clearFault(folder.path, 'disk-full');
	});

	it('has always the same size, however much there is to tell', async () => {
		const stop = startHealth(folder.path, { version: '1.2.3' });
		const file = join(folder.path, 'event-webhooks.status.json');
		const { size } = statSync(file);
		for (let index = 0; index < 100; index += 1) {
			const message = '€'.repeat(2000);
			reportFault(folder.path, { ...diskFull, subject: String(index), message });
		}
		await turn();
		expect(statSync(file).size).toBe(size);
		expect(readHealth(folder.path)?.faults.length).toBeGreaterThan(5);
		expect(readFileSync(file, 'utf8').trimEnd()).toMatch(/\}$/);
		stop();
	});

	it('is told once a second at most while faults come and go, and at the end as it is', async () => {
		jest.useFakeTimers({ doNotFake: ['setImmediate'] });
		try {
			const stop = startHealth(folder.path, { version: '1.2.3' });
			reportFault(folder.path, { ...diskFull, count: 1 });
			await turn();
			reportFault(folder.path, { ...diskFull, count: 2 });
			await turn();
			expect(readHealth(folder.path)?.faults).toMatchObject([{ count: 1 }]);
			jest.advanceTimersByTime(1000);
			expect(readHealth(folder.path)?.faults).toMatchObject([{ count: 2 }]);
			stop();
		} finally {
			jest.useRealTimers();
			clearFault(folder.path, 'disk-full');
		}
	});

	it('costs no writing while nothing changes, and is still heard of every five seconds', () => {
		jest.useFakeTimers();
		try {
			const stop = startHealth(folder.path, { version: '1.2.3' });
			const file = join(folder.path, 'event-webhooks.status.json');
			const before = readFileSync(file, 'utf8');
			const { updatedAt } = readHealth(folder.path) ?? { updatedAt: 0 };
			const written = bytesWritten();
			jest.advanceTimersByTime(3_600_000);
			expect(bytesWritten() - written).toBeLessThan(32_768);
			expect(readFileSync(file, 'utf8')).toBe(before);
			const health = readHealth(folder.path);
			expect(health?.isRunning).toBe(true);
			expect(health?.updatedAt).toBe(updatedAt + 3_600_000);
			jest.setSystemTime(Date.now() + 14_000);
			expect(readHealth(folder.path)?.isRunning).toBe(true);
			jest.setSystemTime(Date.now() + 1000);
			expect(readHealth(folder.path)?.isRunning).toBe(false);
			rmSync(file);
			jest.advanceTimersByTime(5000);
			expect(readHealth(folder.path)?.isRunning).toBe(true);
			stop();
		} finally {
			jest.useRealTimers();
		}
	});

	it('is not taken for running because of a time in the future', () => {
		startHealth(folder.path, { version: '1.2.3', now: () => 1e12 });
		expect(readHealth(folder.path, 1e12 - 14_000)?.isRunning).toBe(true);
		expect(readHealth(folder.path, 1e12 - 15_000)?.isRunning).toBe(false);
	});

	it('is told to the gateway as far as it is about the plugin as a whole', async () => {
		const told: (string | undefined)[] = [];
		const stop = startHealth(folder.path, {
			version: '1.2.3',
			serviceHealth: {
				reportFailure: (error) => told.push((error as Error).message),
				clearFailure: () => told.push(undefined),
			},
		});
		reportFault(folder.path, { code: 'config', severity: 'fault', message: 'One endpoint' });
		reportFault(folder.path, diskFull);
		await turn();
		clearFault(folder.path, 'disk-full');
		stop();
		expect(told).toEqual([undefined, 'The disk is full', undefined, undefined]);
	});

	it('can be written on a full disk', async () => {
		const disk = mountSmallDisk(folder.path, 1);
		if (disk === undefined) return;
		try {
			const stop = startHealth(disk.path, { version: '1.2.3' });
			disk.fill();
			reportFault(disk.path, diskFull);
			await turn();
			expect(readHealth(disk.path)?.faults).toMatchObject([diskFull]);
			stop();
		} finally {
			disk.unmount();
		}
	});

	it('waits for a place to be written to', () => {
		const path = join(folder.path, 'file');
		writeFileSync(path, '');
		const stop = startHealth(path, { version: '1.2.3' });
		stop();
		expect(readHealth(path)).toBeUndefined();
		mkdirSync(join(folder.path, 'data'));
	});
});
