import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Cleanup } from '../testbed/cleanup';
import { createProgress, formatDuration, type Progress } from '../testbed/progress';
import { obtainPackage } from '../testbed/packPackage';
import { ensureRuntimes } from '../testbed/runtime';
import { NODE_VERSION } from '../testbed/runtimeParts';
import type { BenchContext, DetailedResult } from './benchContext';
import { describeMachine } from './machine';
import { formatPlain, formatResults, type Finished } from './report';
import type { BenchResult } from './result';

type Run = (context: BenchContext) => Promise<BenchResult | DetailedResult>;

/** Benchmarks whose figures belong together, in the order in which they run; each is in a file of its own. */
interface Group {
	readonly names: readonly string[];
	/** Rewritten when all of them ran. */
	readonly file: string;
}

const GROUPS: Readonly<Record<string, Group>> = {
	n8n: { names: ['verify', 'template', 'trigger', 'connection', 'inbound'], file: 'RESULTS.md' },
	plugin: {
		names: ['outbox', 'backlog', 'delivery', 'sender', 'turn', 'refusals'],
		file: 'RESULTS-PLUGIN.md',
	},
	flow: { names: ['latency', 'roundTrip'], file: 'RESULTS-FLOW.md' },
	streaming: { names: ['streaming'], file: 'RESULTS-STREAMING.md' },
	scaling: { names: ['scaling'], file: 'RESULTS-SCALING.md' },
};
const BENCHMARKS = Object.values(GROUPS).flatMap(({ names }) => names);
const NEED_N8N = new Set(['trigger', 'connection', 'inbound', 'roundTrip', 'scaling']);

async function load(name: string): Promise<Run> {
	const module = (await import(join(__dirname, `${name}.bench.ts`))) as { run: Run };
	return module.run;
}

function chosenNames(given: readonly string[]): string[] {
	const asked = given.flatMap((name) => GROUPS[name]?.names ?? [name]);
	const unknown = asked.filter((name) => !BENCHMARKS.includes(name));
	if (unknown.length > 0) {
		const choices = [...Object.keys(GROUPS), ...BENCHMARKS].join(', ');
		throw new Error(`There is no benchmark '${unknown.join("', '")}'. Choose from: ${choices}`);
	}
	return asked.length === 0 ? BENCHMARKS : BENCHMARKS.filter((name) => asked.includes(name));
}

function createContext(progress: Progress, cleanup: Cleanup): BenchContext {
	let prepared: ReturnType<BenchContext['prepareN8n']> | undefined;
	const prepare = async () => ({
		runtimes: await ensureRuntimes(progress, { openclaw: false }),
		packageFile: await obtainPackage(progress, cleanup),
	});
	return { progress, cleanup, prepareN8n: async () => await (prepared ??= prepare()) };
}

async function runAll(names: readonly string[], context: BenchContext): Promise<Finished[]> {
	const finished: Finished[] = [];
	for (const name of names) {
		const run = await load(name);
		const result = await run(context);
		finished.push({ name, result });
		context.progress.line(`\n${formatPlain({ name, result })}\n`);
	}
	return finished;
}

function printSummary(progress: Progress, finished: readonly Finished[]): void {
	const targets = finished.flatMap(({ result }) => result.targets);
	const missed = targets.filter(({ met }) => !met);
	for (const { label, target, actual } of missed) {
		progress.line(`missed: ${label}: ${actual.toFixed(2)} instead of ${target}`);
	}
	progress.line(`${targets.length - missed.length} of ${targets.length} targets met`);
}

/** Starts this program again on the Node.js that n8n runs on: with another one, figures differ. */
async function runOnNodeOfN8n(progress: Progress): Promise<void> {
	const { node } = await ensureRuntimes(progress, { n8n: false, openclaw: false });
	const args = [...process.execArgv, __filename, ...process.argv.slice(2)];
	const child = spawn(node, args, { stdio: 'inherit' });
	// Ctrl-C reaches the other process too, which cleans up: this one waits for it.
	process.on('SIGINT', () => undefined);
	process.on('SIGTERM', (signal) => child.kill(signal));
	process.exitCode = await new Promise<number>((resolve, reject) => {
		child.once('error', reject);
		child.once('exit', (code) => {
			resolve(code ?? 1);
		});
	});
}

async function writeResults(
	[name, group]: readonly [string, Group],
	finished: readonly Finished[],
	machine: ReadonlyArray<readonly [string, string]>,
): Promise<string> {
	const results = finished.filter((each) => group.names.includes(each.name));
	const facts = [
		['Date', new Date().toISOString().slice(0, 10)],
		['Command', `\`npm run bench -- ${name}\``],
		...machine,
	] as const;
	const file = join(__dirname, group.file);
	await writeFile(file, formatResults(results, facts));
	return file;
}

/**
 * Runs the benchmarks, or those or the group that are named: `npm run bench -- trigger inbound`,
 * `npm run bench -- plugin`. A run of all of a group rewrites its file of results.
 */
async function main(progress: Progress, cleanup: Cleanup): Promise<void> {
	const started = Date.now();
	const names = chosenNames(process.argv.slice(2));
	const context = createContext(progress, cleanup);
	const usesN8n = names.some((name) => NEED_N8N.has(name));
	const machine = describeMachine(usesN8n ? (await context.prepareN8n()).runtimes : undefined);
	const finished = await runAll(names, context);
	printSummary(progress, finished);
	for (const group of Object.entries(GROUPS)) {
		if (!group[1].names.every((name) => names.includes(name))) continue;
		progress.line(`Written to ${await writeResults(group, finished, machine)}`);
	}
	progress.line(`Took ${formatDuration(Date.now() - started)}`);
}

async function start(): Promise<void> {
	const progress = createProgress();
	if (process.version !== `v${NODE_VERSION}`) {
		await runOnNodeOfN8n(progress);
		return;
	}
	const cleanup = new Cleanup();
	await main(progress, cleanup).finally(async () => cleanup.run());
}

start().catch((error: unknown) => {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
});
