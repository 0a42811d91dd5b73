import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { childEnvironment } from './childEnvironment';
import { isInstalled, run } from './command';

/** Node.js that n8n 2.41 and OpenClaw 2026.9 need. */
export const NODE_VERSION = '24.21.0';
/** npm package that carries that Node.js for this machine, headers included. */
export const NODE_PACKAGE = `node-${platform()}-${arch()}`;

/** One thing to install: a folder with a package.json and what must hold afterwards. */
export interface RuntimePart {
	readonly name: 'node' | 'n8n' | 'openclaw';
	readonly title: string;
	/** Folder of the repository that holds package.json and package-lock.json, if it isn't generated. */
	readonly manifestFolder?: string;
	/** Work after `npm install`. */
	readonly afterInstall?: (place: InstallPlace) => Promise<void>;
	/** Throws when the installed thing doesn't work. */
	readonly verify: (place: InstallPlace) => Promise<void>;
}

/** Where a part is being installed. */
export interface InstallPlace {
	readonly folder: string;
	/** Folder of the Node.js package. */
	readonly nodeFolder: string;
	readonly logFile: string;
	readonly note: (text: string) => void;
}

/** The `node` program inside the folder of the Node.js package. */
export function nodeProgram(nodeFolder: string): string {
	return join(nodeFolder, 'bin', 'node');
}

/** Environment in which `npm`, n8n and OpenClaw run on the Node.js of the cache. */
export function runtimeEnvironment(
	nodeFolder: string,
	extra: Readonly<Record<string, string>> = {},
	pathFirst: readonly string[] = [],
): Record<string, string> {
	return childEnvironment(extra, [...pathFirst, join(nodeFolder, 'bin')]);
}

async function expectOutput(place: InstallPlace, args: readonly string[], expected: string) {
	const output = await run({
		command: nodeProgram(place.nodeFolder),
		args,
		cwd: place.folder,
		env: runtimeEnvironment(place.nodeFolder),
	});
	if (!output.includes(expected)) {
		throw new Error(
			`'node ${args.join(' ')}' answered '${output.trim()}' instead of '${expected}'`,
		);
	}
}

/** Programs that node-gyp needs to build n8n's native parts. */
async function hasBuildTools(): Promise<boolean> {
	const found = await Promise.all(['python3', 'make', 'c++'].map(isInstalled));
	return found.every(Boolean);
}

async function buildNativeParts(place: InstallPlace): Promise<void> {
	const buildHere = await hasBuildTools();
	place.note(buildHere ? 'building sqlite3 and isolated-vm' : 'fetching sqlite3 and isolated-vm');
	try {
		await run({
			command: 'npm',
			args: ['rebuild', 'sqlite3', 'isolated-vm', '--ignore-scripts=false', '--foreground-scripts'],
			cwd: place.folder,
			// Read by node-gyp and by the scripts that would otherwise look for ready-made files first.
			env: runtimeEnvironment(place.nodeFolder, {
				npm_config_nodedir: place.nodeFolder,
				npm_config_jobs: 'max',
				...(buildHere ? { npm_config_build_from_source: 'true' } : {}),
			}),
			logFile: place.logFile,
			onLine: (line) => {
				const compiled = /^\s*(?:CC|CXX)\(target\) .*?([^/]+)\.o$/.exec(line)?.[1];
				if (compiled !== undefined) place.note(`building sqlite3 and isolated-vm: ${compiled}`);
			},
		});
	} catch (error) {
		if (buildHere) throw error;
		const hint = "n8n's native parts need Python 3, make and a C++ compiler to be built here";
		throw new Error(`${hint} (Debian, Ubuntu: apt-get install -y python3 make g++)`, {
			cause: error,
		});
	}
}

const LOAD_NATIVE_PARTS = `
const { Database } = require('sqlite3');
new Database(':memory:').get('select 6 * 7 as answer', (error, row) => {
	if (error) throw error;
	const isolate = new (require('isolated-vm').Isolate)();
	console.log('native parts answer ' + row.answer);
	isolate.dispose();
});
`;

/** The parts in the order in which they have to be installed. */
export const RUNTIME_PARTS: readonly RuntimePart[] = [
	{
		name: 'node',
		title: `Node.js ${NODE_VERSION}`,
		verify: async (place) => {
			await expectOutput(place, ['--version'], `v${NODE_VERSION}`);
		},
	},
	{
		name: 'n8n',
		title: 'n8n 2.41.1',
		manifestFolder: 'n8n',
		afterInstall: buildNativeParts,
		verify: async (place) => {
			await expectOutput(place, ['-e', LOAD_NATIVE_PARTS], 'native parts answer 42');
			await expectOutput(place, [join('node_modules', 'n8n', 'bin', 'n8n'), '--version'], '2.41.1');
		},
	},
	{
		name: 'openclaw',
		title: 'OpenClaw 2026.9.6',
		manifestFolder: 'openclaw',
		verify: async (place) => {
			await expectOutput(
				place,
				[join('node_modules', 'openclaw', 'openclaw.mjs'), '--version'],
				'2026.9.6',
			);
		},
	},
];
