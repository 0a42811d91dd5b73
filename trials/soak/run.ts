import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runCommand, type CommandTools } from '../../scripts/runCommand';
import { runChecks } from './checks';
import { checkLine, figures, formatResults } from './report';
import { startSite } from './site';
import { soak } from './soak';

const MINUTES = 30;
const RESULTS_FILE = join(__dirname, 'RESULTS.md');

function readArguments(): { readonly minutes: number; readonly seed: string } {
	const { values, positionals } = parseArgs({
		options: { seed: { type: 'string', default: randomBytes(4).toString('hex') } },
		allowPositionals: true,
	});
	const minutes = Number(positionals[0] ?? MINUTES);
	if (!(minutes > 0)) throw new Error('Say for how many minutes: npm run soak -- 2');
	return { minutes, seed: values.seed };
}

/**
 * `npm run soak` lets everything run for 30 minutes while it is killed and restarted at random, and
 * balances the books; `npm run soak -- 2 --seed 1f` for two, with the chance of an earlier run.
 */
async function main({ progress, cleanup }: CommandTools): Promise<void> {
	const started = performance.now();
	const { minutes, seed } = readArguments();
	progress.line(`Seed: ${seed}`);
	const site = await startSite(progress, cleanup);
	const outcome = await soak(site, minutes * 60_000, seed, progress);
	const checks = runChecks(outcome);
	progress.line();
	for (const [label, value] of figures(outcome)) progress.line(`${label}: ${value}`);
	progress.line();
	for (const check of checks) progress.line(checkLine(check));
	if (minutes >= MINUTES) {
		const run = { runtimes: site.runtimes, seed, took: performance.now() - started };
		await writeFile(RESULTS_FILE, formatResults({ outcome, checks }, run));
	}
	const failed = checks.filter(({ faults }) => faults.length > 0).length;
	if (failed > 0) process.exitCode = 1;
	progress.line(`\n${String(checks.length - failed)} passed, ${String(failed)} failed`);
}

void runCommand(main);
