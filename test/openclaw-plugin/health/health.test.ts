import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import {
	clearFault,
	listFaults,
	readHealth,
	reportFault,
	startHealth,
} from '../../../openclaw-plugin/src/health/health';
import { mountSmallDisk } from '../outbox/support/smallDisk';
import { useFolder } from '../store/support/folder';

const folder = useFolder();
const diskFull = { code: 'disk-full', severity: 'fault', message: 'The disk is full' } as const;

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
