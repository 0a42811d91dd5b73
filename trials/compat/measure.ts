import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { tryParseJson } from '../../testbed/json';
import type { Progress } from '../../testbed/progress';
import { cacheFolder, ensureRuntimes, type Runtimes } from '../../testbed/runtime';
import { runOnRuntimeNode } from '../../testbed/runtimeNode';
import { NODE_VERSION, runtimeParts } from '../../testbed/runtimeParts';
import { PINNED_VERSIONS, VERSION_VARIABLES } from '../../testbed/runtimeVersions';
import { removeTemporaryFolder, temporaryFolder } from '../../testbed/temporaryFolder';
import { coreOf } from './core';
import type { Outcome } from './matrix';
import { installFault, testVerdict, type TestVerdict } from './verdict';
import type { ProgramVersion } from './versions';

/** How programs end that were told to. */
const INTERRUPTED: ReadonlySet<number> = new Set([130, 143]);

const asVersions = ({ program, version }: ProgramVersion) => ({
	...PINNED_VERSIONS,
	[program]: version,
});

async function runCore(one: ProgramVersion, runtimes: Runtimes): Promise<TestVerdict> {
	const folder = await temporaryFolder('compat');
	try {
		const report = join(folder, 'report.json');
		const code = await runOnRuntimeNode(
			runtimes,
			[
				...['--import', 'tsx', 'scripts/e2e.ts'],
				...['--json', `--outputFile=${report}`],
				...coreOf(one.program),
			],
			// The editor's pages are n8n's, and change from version to version.
			{ [VERSION_VARIABLES[one.program]]: one.version, OPENCLAW_WEBHOOKS_CHROMIUM: '' },
		);
		if (INTERRUPTED.has(code)) throw new Error('Interrupted; the row stays as it was');
		return testVerdict(tryParseJson(await readFile(report, 'utf8').catch(() => '')));
	} finally {
		await removeTemporaryFolder(folder);
	}
}

/** Installs a version where it isn't yet, and runs the core of the end-to-end tests against it. */
export async function measure(one: ProgramVersion, progress: Progress): Promise<Outcome> {
	const outcome = { node: NODE_VERSION, date: new Date().toISOString().slice(0, 10) };
	let runtimes: Runtimes;
	try {
		runtimes = await ensureRuntimes(progress, {}, asVersions(one));
	} catch (error) {
		const message = error instanceof Error ? error.message : String(error);
		progress.line(message);
		return { ...outcome, result: `cannot be installed here: ${installFault(message)}` };
	}
	const { result, failed } = await runCore(one, runtimes);
	for (const name of failed) progress.line(`failed: ${name}`);
	return { ...outcome, result };
}

/** Deletes an installed version, unless everything else needs it. */
export async function removeVersion(one: ProgramVersion): Promise<void> {
	if (one.version === PINNED_VERSIONS[one.program]) return;
	const part = runtimeParts(asVersions(one)).find(({ name }) => name === one.program);
	if (part !== undefined)
		await rm(join(cacheFolder(), part.folder), { recursive: true, force: true });
}
