import { setTimeout as delay } from 'node:timers/promises';
import { startN8n, type N8n } from '../testbed/n8n/instance';
import type { BenchContext, DetailedResult } from './benchContext';
import { cpuTimeMs, settledCpuTimeMs } from './cpuTime';
import { startLoadGenerator, type LoadGenerator } from './load/loadGenerator';
import { shuffled } from './statistics';
import { ENGINES, type Engine } from './triggerEngines';
import { targetsOf, type Sample, type Samples, toTable } from './triggerFigures';
import {
	createCredentials,
	TOLERANCE_SECONDS,
	triggerVariants,
	type Variant,
} from './triggerVariants';

const CONCURRENCY = 8;
const BODY_BYTES = 726;
const WARM_UP = 25;
/** Later than twice the tolerance after the start, an event cannot have run before it. */
const STEADY_AFTER_SECONDS = 2 * TOLERANCE_SECONDS + 1;

const METHOD = `One n8n for each setting of its expression engine, started with its defaults otherwise, with the packed tarball installed. In each round every variant gets its requests in random order, ${CONCURRENCY} at a time on kept connections, each a different signed event of ${BODY_BYTES} bytes. CPU is the time that n8n and its task runner used until everything a round caused was done. The trigger's tolerance is ${TOLERANCE_SECONDS} s instead of 300, and the first round begins ${STEADY_AFTER_SECONDS} s after it was published: from twice the tolerance after the start on, an event that happens is recorded while it runs instead of looked up before, as it is in any n8n that has been running for ten minutes with the default. CPU and events/s are medians of the rounds, ratios medians of the ratios within a round, p50 and p99 are taken over all requests.`;

interface Target {
	readonly variant: Variant;
	readonly url: string;
}

async function publish(n8n: N8n): Promise<Target[]> {
	const credentials = await createCredentials(n8n.client);
	const targets: Target[] = [];
	for (const variant of triggerVariants(credentials)) {
		const workflow = await n8n.client.createWorkflow(variant.workflow);
		await n8n.client.publish(workflow);
		const url =
			variant.path === undefined
				? n8n.client.webhookUrl(workflow, variant.receiver)
				: `${n8n.url}/webhook/${variant.path}`;
		targets.push({ variant, url });
	}
	return targets;
}

async function measure(
	pid: number,
	load: LoadGenerator,
	{ variant, url }: Target,
	count: number,
): Promise<Sample> {
	const { secret, headers = {}, expectedStatus } = variant;
	const before = cpuTimeMs(pid);
	const { wallMs, latenciesMs } = await load.run({
		url,
		count,
		concurrency: CONCURRENCY,
		secret,
		headers,
		bodyBytes: BODY_BYTES,
		expectedStatus,
	});
	const cpuMs = (await settledCpuTimeMs(pid)) - before;
	return { cpuMs: cpuMs / count, perSecond: (count * 1000) / wallMs, latenciesMs };
}

async function measureEngine(
	n8n: N8n,
	engine: Engine,
	note: (text: string) => void,
): Promise<Samples> {
	const targets = await publish(n8n);
	note(`waiting ${STEADY_AFTER_SECONDS} s for the steady state of the trigger`);
	await delay(STEADY_AFTER_SECONDS * 1000);
	const load = startLoadGenerator();
	try {
		for (const target of targets) await measure(n8n.pid, load, target, WARM_UP);
		const samples = new Map(targets.map(({ variant }) => [variant, [] as Sample[]]));
		for (let round = 1; round <= engine.rounds; round++) {
			note(`round ${round} of ${engine.rounds}`);
			for (const target of shuffled(targets)) {
				const count = engine.requests[target.variant.kind];
				samples.get(target.variant)?.push(await measure(n8n.pid, load, target, count));
			}
		}
		return samples;
	} finally {
		load.stop();
	}
}

/** Receiving events in the real n8n, beside the built-in Webhook and a verification made by hand. */
export async function run({
	progress,
	cleanup,
	prepareN8n,
}: BenchContext): Promise<DetailedResult> {
	const { runtimes, packageFile } = await prepareN8n();
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
				return await measureEngine(n8n, engine, note);
			} finally {
				await n8n.remove();
			}
		});
		tables.push(toTable(engine, samples));
		result.targets.push(...targetsOf(engine, samples));
	}
	return { ...result, tables };
}
