import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { arch, homedir, platform } from 'node:os';
import { join } from 'node:path';
import { childEnvironment } from './childEnvironment';
import { run } from './command';
import { withInstallLock } from './installLock';
import type { Progress } from './progress';
import { nodeProgram, runtimeEnvironment } from './runtimeEnvironment';
import {
	NODE_PACKAGE,
	NODE_VERSION,
	runtimeParts,
	type InstallPlace,
	type RuntimePart,
} from './runtimeParts';
import { chosenVersions, type RuntimeVersions } from './runtimeVersions';

/** The installed programs that the demo, the end-to-end tests and the benchmarks run. */
export interface Runtimes {
	/** The `node` program of Node.js 24. */
	readonly node: string;
	/** Folder of the Node.js package (`bin/`, `include/`). */
	readonly nodeFolder: string;
	/** JavaScript file that starts n8n. */
	readonly n8n: string;
	/** JavaScript file that starts OpenClaw. */
	readonly openclaw: string;
}

/** Folder that keeps the installed programs between runs, outside the repository. */
export function cacheFolder(): string {
	const own = process.env.OPENCLAW_WEBHOOKS_CACHE;
	if (own !== undefined && own !== '') return own;
	const base = process.env.XDG_CACHE_HOME;
	const shared = base === undefined || base === '' ? join(homedir(), '.cache') : base;
	return join(shared, 'n8n-nodes-openclaw-webhooks');
}

async function writeManifest(part: RuntimePart, folder: string): Promise<void> {
	await mkdir(folder, { recursive: true });
	if (!('lockedIn' in part.manifest)) {
		const { package: name, version, overrides } = part.manifest;
		const manifest = { private: true, dependencies: { [name]: version }, overrides };
		await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
		return;
	}
	const source = join(__dirname, 'runtime', part.manifest.lockedIn);
	await copyFile(join(source, 'package.json'), join(folder, 'package.json'));
	await copyFile(join(source, 'package-lock.json'), join(folder, 'package-lock.json'));
}

async function fingerprint(part: RuntimePart): Promise<string> {
	const hash = createHash('sha256').update(`${NODE_VERSION} ${platform()} ${arch()}`);
	// Without a lock file the folder's name tells the version.
	if ('lockedIn' in part.manifest) {
		for (const file of ['package.json', 'package-lock.json']) {
			const text = await readFile(join(__dirname, 'runtime', part.manifest.lockedIn, file), 'utf8');
			// The content counts, not how it is indented.
			hash.update(JSON.stringify(JSON.parse(text)));
		}
	}
	return hash.digest('hex');
}

async function works(part: RuntimePart, place: InstallPlace): Promise<boolean> {
	try {
		await part.verify(place);
		return true;
	} catch {
		return false;
	}
}

async function npmInstall(part: RuntimePart, place: InstallPlace): Promise<void> {
	let files = 0;
	await run({
		command: 'npm',
		// Not `npm ci`: a registry may lack the optional parts of other platforms.
		args: 'install --ignore-scripts --no-audit --no-fund --loglevel=http'.split(' '),
		cwd: place.folder,
		env: part.name === 'node' ? childEnvironment() : runtimeEnvironment(place.nodeFolder),
		logFile: place.logFile,
		onLine: (line) => {
			if (/npm http (fetch|cache)/.test(line)) {
				place.note(`npm has looked at ${String(++files)} packages`);
			}
		},
	});
}

async function installPart(part: RuntimePart, place: InstallPlace): Promise<void> {
	await rm(place.logFile, { force: true });
	// npm takes what an installation that was cut off has left for whole.
	await rm(join(place.folder, 'node_modules'), { recursive: true, force: true });
	await writeManifest(part, place.folder);
	place.note('npm is looking at the package list');
	await npmInstall(part, place);
	await part.afterInstall?.(place);
	place.note('checking that it runs');
	await part.verify(place);
}

async function ensurePart(part: RuntimePart, cache: string, progress: Progress): Promise<void> {
	const folder = join(cache, part.folder);
	const nodeFolder = join(cache, 'node', 'node_modules', NODE_PACKAGE);
	// Written last, so that an installation that was cut off is done again.
	const stampFile = join(folder, '.installed');
	const stamp = await fingerprint(part);
	const isStamped = async () =>
		existsSync(stampFile) && (await readFile(stampFile, 'utf8')) === stamp;
	if (await isStamped()) return;

	await progress.step(`Installing ${part.title} into ${folder} (once)`, async (note) => {
		const place = { folder, nodeFolder, note, logFile: join(cache, `${part.folder}-install.log`) };
		await withInstallLock(
			join(cache, `${part.folder}.lock`),
			() => {
				note('waiting for another installation of the same to end');
			},
			async () => {
				if (await isStamped()) return;
				// npm writes this file last: with it and a working program, a folder that was
				// installed by hand is as good as ours.
				const isWhole = existsSync(join(folder, 'node_modules', '.package-lock.json'));
				const isOtherVersion = existsSync(stampFile);
				await rm(stampFile, { force: true });
				if (isOtherVersion || !isWhole || !(await works(part, place))) {
					await installPart(part, place);
				}
				await writeFile(stampFile, stamp);
			},
		);
	});
}

/**
 * Installs Node.js 24, n8n and OpenClaw where they aren't yet, and says where they are. The
 * environment chooses their versions.
 *
 * @param wanted leaves out what the caller doesn't run
 * @throws Error with npm's last lines when an installation fails
 */
export async function ensureRuntimes(
	progress: Progress,
	wanted: { readonly n8n?: boolean; readonly openclaw?: boolean } = {},
	versions: RuntimeVersions = chosenVersions(),
): Promise<Runtimes> {
	const cache = cacheFolder();
	const isWanted = { node: true, n8n: wanted.n8n ?? true, openclaw: wanted.openclaw ?? true };
	const [node, n8n, openclaw] = runtimeParts(versions);
	for (const part of [node, n8n, openclaw]) {
		if (isWanted[part.name]) await ensurePart(part, cache, progress);
	}
	const nodeFolder = join(cache, 'node', 'node_modules', NODE_PACKAGE);
	return {
		node: nodeProgram(nodeFolder),
		nodeFolder,
		n8n: join(cache, n8n.folder, 'node_modules', 'n8n', 'bin', 'n8n'),
		openclaw: join(cache, openclaw.folder, 'node_modules', 'openclaw', 'openclaw.mjs'),
	};
}
