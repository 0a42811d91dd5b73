import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { childEnvironment } from './childEnvironment';
import type { Cleanup } from './cleanup';
import { run } from './command';
import { at, listAt, tryParseJson, type JsonObject } from './json';
import { packPackage, REPOSITORY } from './packPackage';
import type { Progress } from './progress';
import { removeTemporaryFolder, temporaryFolder } from './temporaryFolder';
import { unpack } from './unpack';

/** Id of the plugin in the gateway's configuration. */
export const PLUGIN_ID = 'event-webhooks';

/** What the gateway asks before it lets a plugin in; answered here, as nobody is at the terminal. */
const CONSENT = ['--force', '--accept-capabilities'];

/** Builds and packs the OpenClaw plugin, as `npm publish` would. */
export async function packPlugin(folder: string): Promise<string> {
	const env = childEnvironment();
	await run({ command: 'npm', args: ['run', 'build:plugin'], cwd: REPOSITORY, env });
	return await packPackage(folder, join(REPOSITORY, 'openclaw-plugin'));
}

/**
 * The plugin's tarball to try: the one that `OPENCLAW_WEBHOOKS_PLUGIN` names, or a fresh one.
 *
 * @param cleanup gets what has to be undone
 */
export async function obtainPlugin(
	progress: Progress,
	cleanup: Pick<Cleanup, 'defer'>,
): Promise<string> {
	const given = process.env.OPENCLAW_WEBHOOKS_PLUGIN ?? '';
	if (given !== '') return given;
	const folder = await temporaryFolder('plugin');
	cleanup.defer(async () => removeTemporaryFolder(folder));
	return await progress.step('Building and packing the OpenClaw plugin', async () =>
		packPlugin(folder),
	);
}

/** Installs a packed plugin as the documentation says: `openclaw plugins install npm-pack:…`. */
export async function installPlugin(
	packageFile: string,
	openclaw: (args: readonly string[]) => Promise<string>,
): Promise<void> {
	await openclaw(['plugins', 'install', `npm-pack:${packageFile}`, ...CONSENT]);
}

/**
 * Has a gateway load a packed plugin from a folder, with its settings. That takes none of the command line's
 * time; `installPlugin` shows that the documented way works.
 *
 * @param folder existing folder, for the plugin's files
 */
export async function linkPlugin(
	packageFile: string,
	folder: string,
	configFile: string,
): Promise<void> {
	const path = await unpack(packageFile, folder);
	await changePlugins(configFile, (plugins) => ({
		...plugins,
		load: { paths: [...listAt(plugins, 'load', 'paths'), path] },
	}));
}

/**
 * Writes the plugin's settings into a gateway's configuration file. A running gateway applies them.
 *
 * @param config the webhooks object: `endpoints`, `inbound` …
 */
export async function configurePlugin(configFile: string, config: JsonObject): Promise<void> {
	await changePlugins(configFile, (plugins) => {
		const entries = (at(plugins, 'entries') ?? {}) as JsonObject;
		const entry = { enabled: true, hooks: { allowConversationAccess: true }, config };
		return { ...plugins, entries: { ...entries, [PLUGIN_ID]: entry } };
	});
}

async function changePlugins(
	configFile: string,
	change: (plugins: JsonObject) => JsonObject,
): Promise<void> {
	const whole = tryParseJson(await readFile(configFile, 'utf8')) as JsonObject;
	const plugins = change((at(whole, 'plugins') ?? {}) as JsonObject);
	await writeFile(configFile, JSON.stringify({ ...whole, plugins }, null, '\t'));
}
