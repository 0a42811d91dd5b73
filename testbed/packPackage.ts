import { join } from 'node:path';
import { childEnvironment } from './childEnvironment';
import type { Cleanup } from './cleanup';
import { run } from './command';
import { listAt, textAt, tryParseJson } from './json';
import type { Progress } from './progress';
import { removeTemporaryFolder, temporaryFolder } from './temporaryFolder';

/** The repository. */
export const REPOSITORY = join(__dirname, '..');

/** Builds the n8n package of this repository. */
export async function buildPackage(note: (text: string) => void = () => undefined): Promise<void> {
	const env = childEnvironment();
	await run({ command: 'npm', args: ['run', 'build'], cwd: REPOSITORY, env, onLine: note });
}

/**
 * Packs a built package, as `npm publish` would.
 *
 * @param folder existing folder for the tarball
 * @param source folder of the package; the n8n package unless given
 * @returns the tarball's path
 */
export async function packPackage(folder: string, source = REPOSITORY): Promise<string> {
	const output = await run({
		command: 'npm',
		args: ['pack', '--ignore-scripts', '--json', '--pack-destination', folder],
		cwd: source,
		env: childEnvironment(),
	});
	const answer = tryParseJson(output);
	const name = textAt(listAt({ answer }, 'answer')[0], 'filename');
	if (name === '') throw new Error(`npm pack named no file: ${output.slice(0, 300)}`);
	return join(folder, name);
}

/**
 * The tarball to try: the one that `OPENCLAW_WEBHOOKS_PACKAGE` names, or a fresh one.
 *
 * @param cleanup gets what has to be undone
 */
export async function obtainPackage(
	progress: Progress,
	cleanup: Pick<Cleanup, 'defer'>,
): Promise<string> {
	const given = process.env.OPENCLAW_WEBHOOKS_PACKAGE ?? '';
	if (given !== '') return given;
	const folder = await temporaryFolder('package');
	cleanup.defer(async () => removeTemporaryFolder(folder));
	return await progress.step('Building and packing the n8n package', async (note) => {
		await buildPackage(note);
		return await packPackage(folder);
	});
}
