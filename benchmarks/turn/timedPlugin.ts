import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { buildPlugin } from '../../scripts/plugin/bundle';
import { childEnvironment } from '../../testbed/childEnvironment';
import { run } from '../../testbed/command';
import { listAt, textAt, tryParseJson } from '../../testbed/json';
import { REPOSITORY } from '../../testbed/packPackage';

/** Packs the plugin with the entry that measures its handlers. */
export async function packTimedPlugin(folder: string): Promise<string> {
	const source = join(REPOSITORY, 'openclaw-plugin');
	const own = join(folder, 'timed-plugin');
	await mkdir(own, { recursive: true });
	for (const file of ['package.json', 'openclaw.plugin.json']) {
		await copyFile(join(source, file), join(own, file));
	}
	buildPlugin({ entry: join(__dirname, 'timedEntry.ts'), folder: own });
	const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder];
	const output = await run({ command: 'npm', args, cwd: own, env: childEnvironment() });
	const answer = tryParseJson(output);
	return join(folder, textAt(listAt({ answer }, 'answer')[0], 'filename'));
}
