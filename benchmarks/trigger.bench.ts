import { startN8n, type N8n } from '../testbed/n8n/instance';
import type { BenchContext, DetailedResult } from './benchContext';
import {
	endpointOf,
	feed,
	newEvents,
	startFeedingGateway,
	type FeedingGateway,
} from './connection/feed';
import { cpuTimeMs, settledCpuTimeMs } from './cpuTime';
import { readExecutionEnds } from './load/executionEnds';
import { startLoadGenerator, type LoadGenerator } from './load/loadGenerator';
import { shuffled } from './statistics';
import { ENGINES, type Engine } from './triggerEngines';
import { targetsOf, type Sample, type Samples, toTable } from './triggerFigures';
import {
	createCredentials,
	triggerVariants,
	type SentVariant,
	type Variant,
} from './triggerVariants';

const CONCURRENCY = 8;
const BODY_BYTES = 726;
const WARM_UP = 25;

const METHOD = `One n8n for each setting of its expression engine, started with its defaults otherwise, with the packed tarball installed, and a real gateway with the plugin beside it. In each round every variant gets its events in random order, each another one of ${BODY_BYTES} bytes. Requests are signed and sent ${CONCURRENCY} at a time on kept connections; for a connection the events are put into the plugin's outbox and let go at once, and the trigger runs ${CONCURRENCY} executions at a time, its default. CPU is the time that n8n and its task runner used until everything a round caused was done, settling with the gateway included. Events/s count from the first request, or from when the events may be fetched, until the last execution has ended by n8n's own database; where nothing runs, until the last answer. CPU and events/s are medians of the rounds, ratios medians of the ratios within a round, p50 and p99 are taken over all requests. Each round has as many executions as it has to have, all of them successful, or the benchmark fails.`;

interface Target {
	readonly variant: Variant;
	readonly workflowId: string;
	/** Lets n8n have events. */
	readonly give: (count: number) => Promise<Given>;
}

/** When the first of some events was there, and how long answers took. */
interface Given {
	readonly startedAt: number;
	/** When the last answer was there, where requests are answered. */
	readonly answeredAt?: number;
	readonly latenciesMs: readonly number[];
}

function sender(load: LoadGenerator, variant: SentVariant, url: string): Target['give'] {
	const { secret, headers = {}, expectedStatus } = variant;
	return async (count) => {
		const { wallMs, latenciesMs } = await load.run({
			url,
			count,
			concurrency: CONCURRENCY,
			secret,
			headers,
			bodyBytes: BODY_BYTES,
			expectedStatus,
		});
		const answeredAt = Date.now();
		return { startedAt: answeredAt - wallMs, answeredAt, latenciesMs };
	};
}

async function publish(
	n8n: N8n,
	feeding: FeedingGateway,
	load: LoadGenerator,
): Promise<readonly Target[]> {
	const credentials = await createCredentials(n8n.client, feeding);
	const targets: Target[] = [];
	for (const variant of triggerVariants(credentials)) {
		const workflow = await n8n.client.createWorkflow(variant.workflow);
		await n8n.client.publish(workflow);
		const { id: workflowId } = workflow;
		if (variant.way === 'fetched') {
			const endpoint = await endpointOf(feeding.gateway, workflowId);
			const give = async (count: number) => ({
				startedAt: await feed(feeding, endpoint, newEvents(count, BODY_BYTES)),
				latenciesMs: [],
			});
			targets.push({ variant, workflowId, give });
			continue;
		}
		const url =
			variant.path === undefined
				? n8n.client.webhookUrl(workflow, variant.receiver)
				: `${n8n.url}/webhook/${variant.path}`;
		targets.push({ variant, workflowId, give: sender(load, variant, url) });
	}
	return targets;
}

function executionsOf(variant: Variant, count: number): number {
	if (variant.way === 'fetched') return Math.ceil(count / variant.itemsPerExecution);
	return variant.isRun ? count : 0;
}

async function measure(
	{ pid, folder }: N8n,
	{ variant, workflowId, give }: Target,
	count: number,
): Promise<Sample> {
	const { newest } = readExecutionEnds(folder, workflowId, 0);
	const before = cpuTimeMs(pid);
	const { startedAt, answeredAt = NaN, latenciesMs } = await give(count);
	const cpuMs = (await settledCpuTimeMs(pid)) - before;
	const executions = readExecutionEnds(folder, workflowId, newest);
	const wanted = executionsOf(variant, count);
	if (executions.count !== wanted) {
		const ran = `${String(executions.count)} executions instead of ${String(wanted)}`;
		throw new Error(`${variant.title}: ${ran}`);
	}
	const endedAt = wanted === 0 ? answeredAt : executions.lastEnd;
	return { cpuMs: cpuMs / count, perSecond: (count * 1000) / (endedAt - startedAt), latenciesMs };
}

async function measureEngine(
	n8n: N8n,
	engine: Engine,
	feeding: FeedingGateway,
	note: (text: string) => void,
): Promise<Samples> {
	const load = startLoadGenerator();
	try {
		const targets = await publish(n8n, feeding, load);
		for (const target of targets) await measure(n8n, target, WARM_UP);
		const samples = new Map(targets.map(({ variant }) => [variant, [] as Sample[]]));
		for (let round = 1; round <= engine.rounds; round++) {
			note(`round ${round} of ${engine.rounds}`);
			for (const target of shuffled(targets)) {
				const count = engine.requests[target.variant.kind];
				samples.get(target.variant)?.push(await measure(n8n, target, count));
			}
		}
		return samples;
	} finally {
		load.stop();
	}
}

/** Receiving events in the real n8n, beside the built-in Webhook and a verification made by hand. */
export async function run(context: BenchContext): Promise<DetailedResult> {
	const { progress, cleanup } = context;
	const { runtimes, packageFile } = await context.prepareN8n();
	const feeding = await startFeedingGateway(context);
	const result: DetailedResult = {
		name: 'Receiving events in n8n',
		method: METHOD,
		rows: [],
		tables: [],
		targets: [],
	};
	const tables = [];
	for (const engine of ENGINES) {
		const samples = await progress.step(`Receiving with ${engine.title}`, async (note) => {
			note('starting n8n');
			const n8n = await startN8n({ runtimes, packageFile, installBy: 'npm', env: engine.env });
			cleanup.defer(async () => n8n.remove());
			try {
				return await measureEngine(n8n, engine, feeding, note);
			} finally {
				await n8n.remove();
			}
		});
		tables.push(toTable(engine, samples));
		result.targets.push(...targetsOf(engine, samples));
	}
	return { ...result, tables };
}
