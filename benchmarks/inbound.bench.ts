import { GiveUp, waitFor } from '../testbed/waitFor';
import { at } from '../testbed/json';
import { CREDENTIAL_TYPE } from '../testbed/n8n/openclawNodes';
import { startN8n, type N8n } from '../testbed/n8n/instance';
import type { Workflow } from '../testbed/n8n/client';
import { isSettled } from '../testbed/n8n/execution';
import { credentialData } from '../testbed/stack';
import type { BenchContext, DetailedResult } from './benchContext';
import { cpuTimeMs, settledCpuTimeMs } from './cpuTime';
import { INBOUND_ENGINES, targetsOf, toTable, type InboundSample } from './inboundFigures';
import { inboundVariants, ITEMS, START, type InboundVariant } from './inboundVariants';
import { startGatewayStandIn, type GatewayStandIn } from './load/gatewayStandIn';
import { shuffled } from './statistics';

const ROUNDS = 5;

const METHOD = `${ITEMS} items, each to a message of some 330 characters, sent by one execution to the same local HTTP server, which runs in a process of its own and answers at once. In each round every variant runs once, in random order; the first round only warms up. Items/s come from the time that n8n itself notes for the node, CPU is the time of the whole execution (making and saving the items included). Figures are medians of the rounds, ratios medians of the ratios within a round.`;

interface Candidate {
	readonly variant: InboundVariant;
	readonly workflow: Workflow;
}

/** Runs a workflow once. Its end is looked for in the list, which costs n8n less than the execution. */
async function runOnce(n8n: N8n, standIn: GatewayStandIn, candidate: Candidate) {
	const { variant, workflow } = candidate;
	await standIn.takeCount();
	const before = cpuTimeMs(n8n.pid);
	const id = await n8n.client.runManually(workflow, START);
	await waitFor(
		`'${variant.title}' to end`,
		async () => {
			const row = (await n8n.client.executions(workflow)).find((each) => each.id === id);
			return row !== undefined && isSettled(row);
		},
		{ timeoutMs: 120_000, everyMs: 250 },
	);
	const cpuMs = (await settledCpuTimeMs(n8n.pid)) - before;
	const count = await standIn.takeCount();
	const execution = await n8n.client.execution(id ?? '');
	if (count.requests !== ITEMS || count.differentMessages !== ITEMS) {
		const reason = `${execution.status} ${execution.errorMessage}`;
		throw new GiveUp(`'${variant.title}' sent ${count.requests} messages: ${reason}`);
	}
	const nodeMs = at(execution.resultData, 'runData', variant.sender, 0, 'executionTime');
	return { nodeMs: Number(nodeMs), cpuMs } satisfies InboundSample;
}

async function measureEngine(n8n: N8n, standIn: GatewayStandIn, note: (text: string) => void) {
	const data = credentialData(standIn.url);
	const credential = await n8n.client.createCredential(CREDENTIAL_TYPE, data);
	const candidates: Candidate[] = [];
	for (const variant of inboundVariants(credential, standIn.url)) {
		candidates.push({ variant, workflow: await n8n.client.createWorkflow(variant.workflow) });
	}
	const samples = new Map(candidates.map(({ variant }) => [variant, [] as InboundSample[]]));
	for (let round = 0; round <= ROUNDS; round++) {
		note(`round ${round} of ${ROUNDS}`);
		for (const candidate of shuffled(candidates)) {
			const sample = await runOnce(n8n, standIn, candidate);
			if (round > 0) samples.get(candidate.variant)?.push(sample);
		}
	}
	return samples;
}

/** Sending many items, beside n8n's own HTTP Request node. */
export async function run({
	progress,
	cleanup,
	prepareN8n,
}: BenchContext): Promise<DetailedResult> {
	const { runtimes, packageFile } = await prepareN8n();
	const standIn = await startGatewayStandIn();
	const tables = [];
	const targets = [];
	try {
		for (const engine of INBOUND_ENGINES) {
			const samples = await progress.step(`Sending with ${engine.title}`, async (note) => {
				note('starting n8n');
				const n8n = await startN8n({ runtimes, packageFile, installBy: 'npm', env: engine.env });
				cleanup.defer(async () => n8n.remove());
				try {
					return await measureEngine(n8n, standIn, note);
				} finally {
					await n8n.remove();
				}
			});
			tables.push(toTable(engine, samples));
			targets.push(...targetsOf(engine, samples));
		}
	} finally {
		standIn.stop();
	}
	return { name: 'Sending items from n8n', method: METHOD, rows: [], tables, targets };
}
