import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isInstalled, run } from './command';
import { runtimeEnvironment } from './runtimeEnvironment';
import type { InstallPlace } from './runtimeParts';

/** What the program of `loadNativeParts` prints when they work. */
export const NATIVE_PARTS_ANSWER = 'native parts answer 42';

/** n8n 2.0 has no isolated-vm. */
function nativeParts({ folder }: InstallPlace): string[] {
	const hasIsolates = existsSync(join(folder, 'node_modules', 'isolated-vm'));
	return ['sqlite3', ...(hasIsolates ? ['isolated-vm'] : [])];
}

/** A program for `node -e` that uses n8n's native parts. */
export function loadNativeParts(place: InstallPlace): string {
	const tryIsolate = `new (require('isolated-vm').Isolate)().dispose();`;
	return `
const { Database } = require('sqlite3');
new Database(':memory:').get('select 6 * 7 as answer', (error, row) => {
	if (error) throw error;
	${nativeParts(place).includes('isolated-vm') ? tryIsolate : ''}
	console.log('native parts answer ' + row.answer);
});
`;
}

/** Programs that node-gyp needs to build n8n's native parts. */
async function hasBuildTools(): Promise<boolean> {
	const found = await Promise.all(['python3', 'make', 'c++'].map(isInstalled));
	return found.every(Boolean);
}

/** Builds n8n's native parts for the Node.js of the cache, or fetches them where that isn't possible. */
export async function buildNativeParts(place: InstallPlace): Promise<void> {
	const buildHere = await hasBuildTools();
	const names = nativeParts(place);
	const listed = names.join(' and ');
	place.note(`${buildHere ? 'building' : 'fetching'} ${listed}`);
	try {
		await run({
			command: 'npm',
			args: ['rebuild', ...names, '--ignore-scripts=false', '--foreground-scripts'],
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
				if (compiled !== undefined) place.note(`building ${listed}: ${compiled}`);
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
