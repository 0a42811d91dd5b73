import { setTimeout as delay } from 'node:timers/promises';
import type { Gateway } from '../../testbed/gateway';
import type { Progress } from '../../testbed/progress';
import { waitFor } from '../../testbed/waitFor';
import { startLoad } from '../load';
import { readStored } from '../storedEvents';
import { areBalanced, bookRows, closeBooks, startGatewayStage } from './gatewayStage';
import { LOAD, type Trial } from './trial';

/** A kill comes up to so many milliseconds after the first event of the gateway's life, at random. */
const LONGEST_LIFE_MS = 6000;

async function killOften(
	gateway: Gateway,
	kills: number,
	progress: Progress,
): Promise<ReadonlySet<string>> {
	const accepted = new Set<string>();
	const note = () => {
		for (const id of readStored(gateway.folder).eventIds) accepted.add(id);
	};
	let before = 0;
	for (let kill = 1; kill <= kills; kill += 1) {
		await waitFor(
			'events after the start',
			() => readStored(gateway.folder).eventIds.length > before,
		);
		await delay(Math.random() * LONGEST_LIFE_MS);
		await gateway.kill();
		note();
		before = accepted.size;
		await gateway.start();
		progress.line(
			`killed ${String(kill)} of ${String(kills)} times, ${String(accepted.size)} events accepted`,
		);
	}
	return accepted;
}

/** Kills the gateway at random moments under load. */
export const gatewayTrial: Trial = {
	usual: 50,
	page: 'GATEWAY.md',
	title: 'Crashes',
	story: `Written by \`npm run crash\`: a real gateway with the plugin, ${LOAD}, and \`kill -9\` at random moments up to ${String(LONGEST_LIFE_MS / 1000)} s after the first event of each life. Accepted is what was on disk when the process died, or later.`,
	run: async (kills, tools) => {
		const stage = await startGatewayStage(tools);
		const load = startLoad(stage.telegram, stage.gateway.url);
		// Whoever goes on writing keeps this program alive.
		const accepted = await killOften(stage.gateway, kills, tools.progress).finally(load.stop);
		const books = await closeBooks(stage, accepted, load.written, tools.progress);
		return {
			rows: [['`kill -9` of the gateway', String(kills)], ...bookRows(books)],
			isGood: areBalanced(books),
		};
	},
};
