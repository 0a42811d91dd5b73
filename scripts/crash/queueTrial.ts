import { setTimeout as delay } from 'node:timers/promises';
import { readKept } from '../../testbed/connectionOutbox';
import type { Progress } from '../../testbed/progress';
import { startQueueN8n, type QueueN8n } from '../../testbed/queue/instance';
import type { CommandTools } from '../runCommand';
import { readQueuedRuns } from './fetchedRuns';
import {
	comeToRest,
	countEnds,
	definition,
	publish,
	runTwice,
	setTheStage,
	untilFirstEvents,
} from './fetchingStage';
import { BESIDE_N8N_MS, startLoad } from './load';

/** Longer than the main process is away, so that executions go on at a worker meanwhile. */
const TAKE_TIME_SECONDS = 8;
/** A fault comes up to so many milliseconds after the one before is over, at random. */
const LONGEST_CALM_MS = 4000;
/** n8n takes minutes to notice that a worker has gone with its executions. */
const REST_LIMIT_MS = 1_500_000;
const SIZE = { processors: 1, workers: 2 };

/** What became of the events that the gateway kept for an n8n in queue mode. */
export interface QueueOutcome {
	/** Of each kind. */
	readonly faults: number;
	readonly kept: number;
	/** Executions that never came to their end. */
	readonly cutOff: number;
	/** Executions of a later attempt in which nothing ran, as an earlier one had ended. */
	readonly spared: number;
	/** Events that no execution has run to its end. */
	readonly lost: readonly string[];
	/** Events that two executions have run to their end. */
	readonly twice: readonly string[];
	/** Deliveries that were given up, or wait still. */
	readonly unsettled: number;
}

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
 *
 * @param times each of the three
 */
export async function rehearseQueue(times: number, tools: CommandTools): Promise<QueueOutcome> {
	const start = async (options: Parameters<typeof startQueueN8n>[0]) =>
		startQueueN8n({ ...options, size: SIZE });
	const stage = await setTheStage(tools, start);
	const { n8n, gateway, telegram, credential } = stage;
	const workflow = await n8n.client.createWorkflow(
		definition(credential, { maxParallel: 16 }, TAKE_TIME_SECONDS),
	);
	const endpoint = await publish(stage, workflow);
	const load = startLoad(telegram, gateway.url, BESIDE_N8N_MS);
	const rehearse = async () => {
		await untilFirstEvents(stage, endpoint);
		await breakThings(n8n, times, tools.progress);
	};
	await rehearse().finally(load.stop);
	await comeToRest(stage, endpoint, tools.progress, REST_LIMIT_MS);
	const kept = readKept(gateway.folder, endpoint);
	const runs = await readQueuedRuns(n8n, workflow.id);
	const ends = countEnds(runs);
	return {
		faults: times,
		kept: kept.length,
		cutOff: runs.filter(({ status }) => status !== 'success').length,
		spared: runs.filter(({ status, hasEnded }) => status === 'success' && !hasEnded).length,
		lost: kept.map(({ id }) => id).filter((id) => !ends.has(id)),
		twice: runTwice(ends),
		unsettled: kept.filter(({ state }) => state !== 'delivered').length,
	};
}
