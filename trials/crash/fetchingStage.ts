import { readAttempts, readConnections, readKept } from '../../testbed/connectionOutbox';
import { startGateway, type Gateway } from '../../testbed/gateway';
import type { Workflow } from '../../testbed/n8n/client';
import type { N8n, N8nOptions } from '../../testbed/n8n/instance';
import {
	CREDENTIAL_TYPE,
	OPENCLAW_TRIGGER as TRIGGER,
	triggerNode,
} from '../../testbed/n8n/openclawNodes';
import {
	chain,
	node,
	noOp,
	type CredentialReference,
	type WorkflowDefinition,
} from '../../testbed/n8n/workflow';
import { obtainPackage } from '../../testbed/packPackage';
import { obtainPlugin } from '../../testbed/plugin';
import { issueToken } from '../../testbed/pluginToken';
import type { Progress } from '../../testbed/progress';
import { ensureRuntimes } from '../../testbed/runtime';
import { startScriptedModel } from '../../testbed/scriptedModel';
import { credentialData } from '../../testbed/stack';
import { startTelegramStandIn, type TelegramStandIn } from '../../testbed/telegramStandIn';
import { waitFor } from '../../testbed/waitFor';
import type { CommandTools } from '../../scripts/runCommand';
import { BESIDE_N8N_MS, startLoad } from '../load';
import { LAST_NODE, type FetchedRun } from './fetchedRuns';

const TAKE_TIME = 'Take Time';
const REST_LIMIT_MS = 600_000;
/** The books need each execution. */
const N8N_SETTINGS = {
	EXECUTIONS_DATA_PRUNE: 'false',
	N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true',
} as const;

/** A real gateway whose agents people write to, and a real n8n that is to fetch its events. */
export interface FetchingStage<Program extends N8n = N8n> {
	readonly gateway: Gateway;
	readonly telegram: TelegramStandIn;
	readonly n8n: Program;
	readonly credential: CredentialReference;
}

/**
 * Starts all that a trial of the connection needs.
 *
 * @param startN8n of one process or of several
 */
export async function startFetchingStage<Program extends N8n>(
	{ progress, cleanup }: CommandTools,
	startN8n: (options: N8nOptions) => Promise<Program>,
): Promise<FetchingStage<Program>> {
	const runtimes = await ensureRuntimes(progress);
	const [packageFile, pluginFile] = [
		await obtainPackage(progress, cleanup),
		await obtainPlugin(progress, cleanup),
	];
	const model = await startScriptedModel();
	cleanup.defer(async () => model.stop());
	const telegram = await startTelegramStandIn();
	cleanup.defer(async () => telegram.stop());
	const gateway = await progress.step('Starting a gateway with the plugin', async () =>
		startGateway({
			runtimes,
			modelUrl: model.url,
			config: telegram.config('main'),
			plugin: { packageFile: pluginFile, config: {} },
		}),
	);
	cleanup.defer(async () => gateway.remove());
	const accessToken = await issueToken(gateway);
	const n8n = await progress.step('Starting n8n with the package', async () =>
		startN8n({ runtimes, packageFile, env: N8N_SETTINGS }),
	);
	cleanup.defer(async () => n8n.remove());
	const data = credentialData(gateway.url, { accessToken });
	const credential = await n8n.client.createCredential(CREDENTIAL_TYPE, data);
	return { gateway, telegram, n8n, credential };
}

/** A workflow that fetches all events, and takes so many seconds for each. */
export function definition(
	credential: CredentialReference,
	options: Readonly<Record<string, string | number>>,
	seconds: number,
): WorkflowDefinition {
	const parameters = { events: ['*'], endpointSetup: 'connection', options };
	return {
		name: 'Connected',
		nodes: [
			{ ...triggerNode(credential, parameters, TRIGGER), id: 'trigger-of-the-trial' },
			node(TAKE_TIME, 'n8n-nodes-base.wait', 1.1, { amount: seconds, unit: 'seconds' }),
			noOp(LAST_NODE),
		],
		connections: chain(TRIGGER, TAKE_TIME, LAST_NODE),
	};
}

/** Publishes, and finds the endpoint that n8n has registered for it. */
export async function publish(
	{ gateway, n8n }: FetchingStage,
	workflow: Workflow,
): Promise<string> {
	await n8n.client.publish(workflow);
	const ours = () => readConnections(gateway.folder).find((name) => name.includes(workflow.id));
	await waitFor('the endpoint of the trigger', () => ours() !== undefined, { timeoutMs: 60_000 });
	return ours() ?? '';
}

/** Lets people and programs write until some work is done, which begins when the first events are kept. */
export async function underLoad<Result>(
	{ gateway, telegram }: FetchingStage,
	endpoint: string,
	work: () => Promise<Result>,
): Promise<Result> {
	const load = startLoad(telegram, gateway.url, BESIDE_N8N_MS);
	const rehearse = async () => {
		await waitFor('the first events', () => readKept(gateway.folder, endpoint).length > 0, {
			timeoutMs: 60_000,
		});
		return await work();
	};
	return await rehearse().finally(load.stop);
}

/** Waits until the gateway has nothing left for the endpoint. */
export async function comeToRest(
	{ gateway }: FetchingStage,
	endpoint: string,
	progress: Progress,
	timeoutMs = REST_LIMIT_MS,
): Promise<void> {
	await progress.step('Waiting until everything has run', async (note) =>
		waitFor(
			'the end of the last execution',
			() => {
				const waiting = readKept(gateway.folder, endpoint).filter(
					({ state }) => state === 'pending',
				);
				note(`${String(waiting.length)} left`);
				return waiting.length === 0;
			},
			{ timeoutMs, everyMs: 1000 },
		),
	);
}

/** How the events that the gateway kept and their executions compare. */
export interface FetchedBooks {
	readonly kept: number;
	/** Events that no execution has run to its end. */
	readonly lost: readonly string[];
	/** Events that two executions have run to their end. */
	readonly twice: readonly string[];
	/** Deliveries that were given up, or wait still. */
	readonly unsettled: number;
}

/** Balances them when all has come to rest, and tells all that is known of events that are lost. */
export function balance(
	stage: FetchingStage,
	endpoint: string,
	runs: readonly FetchedRun[],
	progress: Progress,
): FetchedBooks {
	const kept = readKept(stage.gateway.folder, endpoint);
	const ends = countEnds(runs);
	const lost = kept.map(({ id }) => id).filter((id) => !ends.has(id));
	for (const line of describeLost(stage, lost, runs)) progress.line(line);
	return {
		kept: kept.length,
		lost,
		twice: runTwice(ends),
		unsettled: kept.filter(({ state }) => state !== 'delivered').length,
	};
}

function describeLost(
	{ gateway }: FetchingStage,
	lost: readonly string[],
	runs: readonly FetchedRun[],
): readonly string[] {
	return lost.flatMap((id) => [
		`lost: ${id}`,
		...readAttempts(gateway.folder, id).map((attempt) => `  ${attempt}`),
		...runs
			.filter(({ eventId }) => eventId === id)
			.map((run) => `  execution ${run.executionId}: ${run.status}, ran ${run.names.join(', ')}`),
	]);
}

/** How often each event has run to its end. */
export function countEnds(runs: readonly FetchedRun[]): ReadonlyMap<string, number> {
	const ends = new Map<string, number>();
	for (const { eventId, hasEnded } of runs) {
		if (eventId !== undefined && hasEnded) ends.set(eventId, (ends.get(eventId) ?? 0) + 1);
	}
	return ends;
}

/** The events that two executions have run to their end. */
export function runTwice(ends: ReadonlyMap<string, number>): readonly string[] {
	return [...ends].flatMap(([id, times]) => (times > 1 ? [id] : []));
}
