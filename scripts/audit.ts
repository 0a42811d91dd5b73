import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { childEnvironment } from '../testbed/childEnvironment';
import { CommandError, run } from '../testbed/command';
import { textAt, tryParseJson } from '../testbed/json';
import { REPOSITORY } from '../testbed/packPackage';
import { temporaryFolder, removeTemporaryFolder } from '../testbed/temporaryFolder';
import { listBundled, readAudit } from './packages/auditVerdict';
import { runCommand, type CommandTools } from './runCommand';

/** Where the packages name what they have taken in. */
const LICENCES = ['.', 'openclaw-plugin', 'conformance'].map((folder) =>
	join(REPOSITORY, folder, 'THIRD_PARTY_LICENSES.md'),
);

async function bundledVersions(): Promise<Record<string, string>> {
	const files = await Promise.all(
		LICENCES.map(async (file) =>
			readFile(file, 'utf8').catch((error: unknown) => {
				throw new Error(`Build the packages first: ${file} is missing`, { cause: error });
			}),
		),
	);
	const versions: Record<string, string> = {};
	for (const name of files.flatMap(listBundled)) {
		const manifest = join(REPOSITORY, 'node_modules', name, 'package.json');
		versions[name] = textAt(tryParseJson(await readFile(manifest, 'utf8')), 'version');
	}
	return versions;
}

async function npmAudit(folder: string): Promise<unknown> {
	const npm = async (...args: string[]) =>
		run({ command: 'npm', args, cwd: folder, env: childEnvironment() });
	await npm('install', '--package-lock-only', '--ignore-scripts', '--no-audit');
	try {
		return tryParseJson(await npm('audit', '--json'));
	} catch (error) {
		// It ends like that when it has found something, or could not ask.
		if (error instanceof CommandError) return tryParseJson(error.stdout);
		throw error;
	}
}

/**
 * Asks the registry what it knows against the libraries that the packages have taken in; they depend
 * on nothing else. With `--strict` a registry that gives no advice is a failure too.
 */
async function main({ progress, cleanup }: CommandTools): Promise<void> {
	const isStrict = process.argv.includes('--strict');
	const dependencies = await bundledVersions();
	const names = Object.entries(dependencies).map(([name, version]) => `${name}@${version}`);
	const folder = await temporaryFolder('audit');
	cleanup.defer(async () => removeTemporaryFolder(folder));
	await writeFile(
		join(folder, 'package.json'),
		JSON.stringify({ name: 'audit', version: '0.0.0', private: true, dependencies }),
	);
	const verdict = readAudit(await npmAudit(folder));
	switch (verdict.kind) {
		case 'clean':
			progress.line(`✔ Nothing is known against ${names.join(', ')}`);
			return;
		case 'vulnerable':
			process.exitCode = 1;
			for (const finding of verdict.findings) progress.line(`✖ ${finding}`);
			return;
		case 'unknown':
			if (isStrict) process.exitCode = 1;
			progress.line(`! Not audited (${names.join(', ')}): ${verdict.reason}`);
	}
}

void runCommand(main);
