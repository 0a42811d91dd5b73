import { setTimeout as delay } from 'node:timers/promises';
import type { Progress } from '../../testbed/progress';
import { startQueueN8n, type QueueN8n } from '../../testbed/queue/instance';
import { readQueuedRuns } from './fetchedRuns';
import {
	balance,
	comeToRest,
	definition,
	publish,
	startFetchingStage,
	underLoad,
} from './fetchingStage';
import { LOAD, type Trial } from './trial';

/** Longer than the main process is away, so that executions go on at a worker meanwhile. */
const TAKE_TIME_SECONDS = 8;
/** A fault comes up to so many milliseconds after the one before is over, at random. */
const LONGEST_CALM_MS = 4000;
/** n8n takes minutes to notice that a worker has gone with its executions. */
const REST_LIMIT_MS = 1_500_000;
const SIZE = { processors: 1, workers: 2 };

async function breakThings(n8n: QueueN8n, times: number, progress: Progress): Promise<void> {
	const [main] = n8n.processes('main');
	const workers = n8n.processes('worker');
	for (let time = 1; time <= times; time += 1) {
		const worker = workers[time % workers.length];
		const faults = [
			['restarted the main process', main, 'stop'],
			['killed the main process', main, 'kill'],
			['killed a worker', worker, 'kill'],
		] as const;
		for (const [what, program, end] of faults) {
			await delay(Math.random() * LONGEST_CALM_MS);
			await program?.[end]();
			await program?.start();
			progress.line(`${what} ${String(time)} of ${String(times)} times`);
		}
	}
}

/**
 * A real gateway, and a real n8n in queue mode that fetches its events, under load: its main process is restarted
 * and killed and its workers are killed, again and again.
 */
export const queueTrial: Trial = {
	usual: 10,
	page: 'QUEUE.md',
	title: 'The connection in queue mode under crashes',
	story: `Written by \`npm run crash -- queue\`: a real gateway with the plugin, ${LOAD}, and a real n8n in queue mode, with two workers, PostgreSQL and Redis, whose trigger fetches all its events over a connection; each execution takes eight seconds. The main process is restarted in good order and killed, and the workers are killed in turn, each at a random moment after what was ended before is back. Executions go on at a worker while the main process is away.`,
	run: async (times, tools) => {
		const start = async (options: Parameters<typeof startQueueN8n>[0]) =>
			startQueueN8n({ ...options, size: SIZE });
		const stage = await startFetchingStage(tools, start);
		const { n8n, credential } = stage;
		const workflow = await n8n.client.createWorkflow(
			definition(credential, { maxParallel: 16 }, TAKE_TIME_SECONDS),
		);
		const endpoint = await publish(stage, workflow);
		await underLoad(stage, endpoint, async () => breakThings(n8n, times, tools.progress));
		await comeToRest(stage, endpoint, tools.progress, REST_LIMIT_MS);
		const runs = await readQueuedRuns(n8n, workflow.id);
		const { kept, lost, twice, unsettled } = balance(stage, endpoint, runs, tools.progress);
		const cutOff = runs.filter(({ status }) => status !== 'success').length;
		// A later attempt in which nothing runs, as an earlier one had ended.
		const spared = runs.filter(({ status, hasEnded }) => status === 'success' && !hasEnded).length;
		return {
			rows: [
				['Main process restarted, killed; a worker killed', `${String(times)} times each`],
				['Events kept for the connection', String(kept)],
				['Executions that a kill cut off', String(cutOff)],
				['Later attempts that ran nothing, as an earlier one had ended', String(spared)],
				['Events that no execution ran to its end', String(lost.length)],
				['Events that ran to their end twice', String(twice.length)],
				['Deliveries given up', String(unsettled)],
			],
			isGood: lost.length === 0 && twice.length === 0 && unsettled === 0,
		};
	},
};
