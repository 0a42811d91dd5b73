import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describeMachine, openclawVersion } from '../../benchmarks/machine';
import type { Cleanup } from '../../testbed/cleanup';
import { REPOSITORY } from '../../testbed/packPackage';
import { formatDuration, type Progress } from '../../testbed/progress';
import { faultsOf, type Comparison } from './comparison';
import { crashOften } from './crashes';
import { sendOddEvents } from './genuine';
import { formatComparison, formatSummary } from './report';
import { measureThroughput, type LoadSize } from './throughput';
import { attackAll } from './verification';
import { startWorld } from './world';
import { runCommand, type CommandTools } from '../../scripts/runCommand';

const RESULTS_FILE = join(REPOSITORY, 'docs', 'comparison.md');

/** How much a run does. */
interface Size {
	readonly load: LoadSize;
	readonly kills: number;
}

const FULL: Size = { load: { rounds: 9, events: 40 }, kills: 5 };
/** To try changes of the comparison itself. */
const QUICK: Size = { load: { rounds: 2, events: 10 }, kills: 1 };

async function compare(size: Size, progress: Progress, cleanup: Cleanup): Promise<Comparison> {
	const machine = describeMachine();
	const world = await startWorld(progress, cleanup);
	const verification = await progress.step('Attacking all candidates', async (note) =>
		attackAll(world, note),
	);
	const genuine = await progress.step('Sending odd but genuine events', async (note) =>
		sendOddEvents(world, note),
	);
	const throughput = await progress.step('Measuring throughput', async (note) =>
		measureThroughput(world, size.load, note),
	);
	const crashes = await progress.step('Killing n8n while agents work', async (note) =>
		crashOften(world, size.kills, note),
	);
	const versions = describeMachine(world.runtimes).filter(([label]) => label.includes('n8n'));
	return {
		candidates: [world.connection, ...world.webhooks],
		verification,
		genuine,
		loadSize: size.load,
		throughput,
		crashes,
		facts: [
			['Date', new Date().toISOString().slice(0, 10)],
			['Command', '`npm run compare`'],
			...machine,
			...versions,
			['OpenClaw', openclawVersion(world.runtimes)],
		],
	};
}

/** `npm run compare` writes docs/comparison.md; `npm run compare -- quick` does less and writes nothing. */
async function main({ progress, cleanup }: CommandTools): Promise<void> {
	const started = performance.now();
	const isQuick = process.argv[2] === 'quick';
	const comparison = await compare(isQuick ? QUICK : FULL, progress, cleanup);
	progress.line(`\n${formatSummary(comparison)}`);
	if (!isQuick) await writeFile(RESULTS_FILE, formatComparison(comparison));
	const faults = faultsOf(comparison);
	if (faults.length > 0) process.exitCode = 1;
	progress.line(`\nTook ${formatDuration(performance.now() - started)}`);
}

void runCommand(main);
