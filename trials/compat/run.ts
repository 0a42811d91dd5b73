import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY } from '../../testbed/packPackage';
import { createProgress } from '../../testbed/progress';
import { keyOf, readOutcomes, replaceTable, type Outcomes } from './matrix';
import { measure, removeVersion } from './measure';
import { chooseVersions } from './versions';

/** The page whose table is kept; the others repeat it. */
const SOURCE = join(REPOSITORY, 'docs', 'compatibility.md');
const COPIES = [join(REPOSITORY, 'README.md')];

async function writeTables(outcomes: Outcomes): Promise<void> {
	for (const file of [SOURCE, ...COPIES]) {
		await writeFile(file, replaceTable(await readFile(file, 'utf8'), outcomes));
	}
}

/**
 * Runs the core of the end-to-end tests against several versions of n8n and OpenClaw, and writes what
 * came of it into the compatibility tables; rows of other versions stay as they are.
 * `npm run compat -- n8n@2.0.0 openclaw@2026.9.1` tries these two, and `--remove` deletes what was
 * installed for it.
 */
async function main(): Promise<void> {
	const progress = createProgress();
	const given = process.argv.slice(2);
	const removes = given.includes('--remove');
	const lines: string[] = [];
	for (const one of chooseVersions(given.filter((name) => name !== '--remove'))) {
		progress.line(`\n${keyOf(one)} (${one.which})`);
		const outcome = await measure(one, progress);
		if (removes) await removeVersion(one);
		lines.push(`${keyOf(one)}: ${outcome.result}`);
		// After each version: a run over all of them takes long, and may be interrupted.
		const kept = readOutcomes(await readFile(SOURCE, 'utf8'));
		await writeTables(new Map([...kept, [keyOf(one), outcome]]));
	}
	progress.line(`\n${lines.join('\n')}`);
}

main().catch((error: unknown) => {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
});
