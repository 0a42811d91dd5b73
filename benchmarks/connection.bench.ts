import { startN8n } from '../testbed/n8n/instance';
import { CREDENTIAL_TYPE } from '../testbed/n8n/openclawNodes';
import { credentialData } from '../testbed/stack';
import type { BenchContext, BenchTable, DetailedResult } from './benchContext';
import { startFeedingGateway } from './connection/feed';
import { HOOK_ROUNDS, measureHookToNode, type HookToNode } from './connection/hookToNode';
import {
	IDLE_SECONDS,
	IDLE_TRIGGERS,
	measureIdle,
	type Idle,
	type IdlePrograms,
} from './connection/idle';
import { runTamperedFrames, type TamperedFrames } from './connection/tamperedFrames';
import type { BenchTarget } from './result';
import { percentile } from './statistics';

/** Resident memory goes up and down by some MiB while nothing happens. */
const FLAT_MIB = 8;

const METHOD = `A real gateway with the plugin and a real n8n with the packed tarball and n8n's default expression engine. *Hook to first node*: ${HOOK_ROUNDS} times, one after the other while n8n does nothing else, an agent calls a tool; from the gateway's hook, whose time the event carries, to the start of the node behind the trigger by n8n's own record. *Ours* is the part of it before the trigger has verified the event, and the trigger's own execution; the rest is n8n's start of an execution. The agent works in the same process as the plugin meanwhile, and holds it up. *Frames*: n8n fetches through a proxy that adds forged frames to each genuine one, and replays it at once and after its end, as it was, as another attempt and as another delivery. *Idle*: CPU of all processes of a program and resident memory of its main one over ${IDLE_SECONDS} s, before any trigger is there and with ${IDLE_TRIGGERS} connected ones; what counts is the difference, and for memory the first third against the last.`;

function hookTable(values: readonly HookToNode[]): BenchTable {
	const row = (title: string, of: (value: HookToNode) => number) => {
		const all = values.map(of);
		return [title, ...[0.5, 0.99, 1].map((share) => percentile(all, share).toFixed(0))];
	};
	return {
		title: 'Hook to first node',
		columns: ['', 'p50 ms', 'p99 ms', 'max ms'],
		rows: [
			row('in all', ({ totalMs }) => totalMs),
			row('… ours', ({ oursMs }) => oursMs),
			row('… n8n', ({ totalMs, oursMs }) => totalMs - oursMs),
		],
	};
}

function framesTable(frames: TamperedFrames): BenchTable {
	const { genuine, genuineRuns, forged, replayed, otherRuns } = frames;
	return {
		title: 'Frames',
		columns: ['', 'fetched', 'ran'],
		rows: [
			['genuine', String(genuine), String(genuineRuns)],
			['forged or replayed', String(forged + replayed), String(otherRuns)],
		],
	};
}

function idleTable(alone: IdlePrograms, connected: IdlePrograms): BenchTable {
	const row = (title: string, { cpuShare, memoryBefore, memoryAfter }: Idle) => [
		title,
		(cpuShare * 100).toFixed(2),
		memoryBefore.toFixed(0),
		memoryAfter.toFixed(0),
	];
	const with20 = `${String(IDLE_TRIGGERS)} triggers connected`;
	return {
		title: 'Idle',
		columns: ['', '% of a core', 'MiB, first third', 'MiB, last third'],
		rows: [
			row('n8n, no trigger', alone.n8n),
			row(`n8n, ${with20}`, connected.n8n),
			row('gateway, no trigger', alone.gateway),
			row(`gateway, ${with20}`, connected.gateway),
		],
	};
}

function below(label: string, unit: string, most: number, actual: number): BenchTarget {
	return { label, target: `< ${String(most)} ${unit}`, actual, met: actual < most };
}

function idleTargets(alone: IdlePrograms, connected: IdlePrograms): BenchTarget[] {
	return (['n8n', 'gateway'] as const).flatMap((name) => {
		const share = 100 * Math.max(0, connected[name].cpuShare - alone[name].cpuShare);
		const { memoryBefore, memoryAfter } = connected[name];
		return [
			below(`idle, ${name}: of a core for the connections`, '%', 1, share),
			below(`idle, ${name}: growth of memory`, 'MiB', FLAT_MIB, memoryAfter - memoryBefore),
		];
	});
}

/** The connection apart from what an event costs: how long events take, what is refused, what waiting costs. */
export async function run(context: BenchContext): Promise<DetailedResult> {
	const { progress, cleanup } = context;
	const { runtimes, packageFile } = await context.prepareN8n();
	const feeding = await startFeedingGateway(context);
	const { gateway, accessToken } = feeding;
	const n8n = await progress.step('Starting n8n', async () =>
		startN8n({ runtimes, packageFile, installBy: 'npm' }),
	);
	cleanup.defer(async () => n8n.remove());
	const data = credentialData(gateway.url, { accessToken });
	const credential = await n8n.client.createCredential(CREDENTIAL_TYPE, data);
	const hooks = await progress.step('From the hook to the first node', async (note) =>
		measureHookToNode(n8n, feeding, credential, note),
	);
	const frames = await progress.step('Forged and replayed frames', async () =>
		runTamperedFrames(n8n, feeding),
	);
	const { alone, connected } = await progress.step('Doing nothing', async (note) =>
		measureIdle(n8n, gateway, credential, note),
	);
	await n8n.remove();
	const total = hooks.map(({ totalMs }) => totalMs);
	const ours = hooks.map(({ oursMs }) => oursMs);
	return {
		name: 'The connection',
		method: METHOD,
		rows: [],
		tables: [hookTable(hooks), framesTable(frames), idleTable(alone, connected)],
		targets: [
			below('hook to first node, p50', 'ms', 100, percentile(total, 0.5)),
			below('… ours, p50', 'ms', 15, percentile(ours, 0.5)),
			below('hook to first node, p99', 'ms', 200, percentile(total, 0.99)),
			{
				label: 'forged or replayed frames that ran',
				target: '0',
				actual: frames.otherRuns,
				met: frames.otherRuns === 0 && frames.genuineRuns === frames.genuine,
			},
			...idleTargets(alone, connected),
		],
	};
}
