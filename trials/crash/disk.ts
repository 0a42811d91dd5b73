import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError } from '../../testbed/command';
import type { Gateway } from '../../testbed/gateway';
import { listAt, textAt, tryParseJson } from '../../testbed/json';
import { mountSmallDisk } from '../../testbed/smallDisk';
import { waitFor } from '../../testbed/waitFor';
import { startLoad } from '../load';
import { readStored } from '../storedEvents';
import { troubleDisk } from './diskTrouble';
import { areBalanced, bookRows, closeBooks, startGatewayStage } from './gatewayStage';
import { LOAD, type Trial } from './trial';

const DISK_MEGABYTES = 64;

/** The command line ends with 1 when there are some. */
async function faultCodes(gateway: Gateway): Promise<readonly string[]> {
	const text = await gateway
		.openclaw(['event-webhooks', 'status', '--json'])
		.catch((error: unknown) => (error instanceof CommandError ? error.stdout : ''));
	return listAt(tryParseJson(text), 'faults').map((fault) => textAt(fault, 'code'));
}

/** Locks, fills and withdraws the disk of the plugin's data at random under load. */
export const diskTrial: Trial = {
	usual: 10,
	page: 'DISK.md',
	title: 'Trouble with the disk',
	story: `Written by \`npm run crash -- disk\`: a real gateway with the plugin, ${LOAD}, while the disk of the plugin's data is locked by another process, full, or withdrawn, at random, for ten minutes. Nothing that a hook was told may be missing: each message, and the beginning and the end of each tool call.`,
	run: async (minutes, { progress, cleanup }) => {
		const stage = await startGatewayStage({ progress, cleanup });
		const { gateway, telegram } = stage;
		await gateway.stop();
		const state = join(gateway.folder, 'state');
		await rm(join(state, 'event-webhooks'), { recursive: true, force: true });
		const disk = mountSmallDisk(state, DISK_MEGABYTES, 'event-webhooks');
		if (disk === undefined) throw new Error('Only root can mount the disk that this test needs');
		cleanup.defer(async () => {
			await gateway.kill();
			disk.unmount();
		});
		await gateway.start();
		const load = startLoad(telegram, gateway.url);
		const makeTrouble = async () => {
			await waitFor('the first events', () => readStored(gateway.folder).eventIds.length > 0);
			const until = performance.now() + minutes * 60_000;
			return await troubleDisk(disk, until, (trouble, milliseconds) => {
				progress.line(`${trouble} for ${(milliseconds / 1000).toFixed(1)} s`);
			});
		};
		const troubles = await makeTrouble().finally(load.stop);
		await waitFor(
			'the end of the faults',
			async () => !(await faultCodes(gateway)).includes('events-waiting'),
			{ timeoutMs: 120_000, everyMs: 2000 },
		);
		const books = await closeBooks(stage, new Set(), load.written, progress);
		const faults = await faultCodes(gateway);
		for (const code of faults) progress.line(`fault: ${code}`);
		const counts = Object.entries(troubles).map(([name, count]) => [name, String(count)] as const);
		return {
			rows: [...counts, ...bookRows(books)],
			isGood: areBalanced(books) && books.halfTold === 0 && !faults.includes('events-lost'),
		};
	},
};
