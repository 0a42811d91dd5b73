import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { run } from './command';
import { buildNativeParts, loadNativeParts, NATIVE_PARTS_ANSWER } from './nativeParts';
import { nodeProgram, runtimeEnvironment } from './runtimeEnvironment';
import { PINNED_VERSIONS, type RuntimeVersions } from './runtimeVersions';

/** Node.js that n8n 2.41 and OpenClaw 2026.9 need. */
export const NODE_VERSION = '24.21.0';
/** npm package that carries that Node.js for this machine, headers included. */
export const NODE_PACKAGE = `node-${platform()}-${arch()}`;

/** One thing to install: a folder with a package.json and what must hold afterwards. */
export interface RuntimePart {
	readonly name: 'node' | 'n8n' | 'openclaw';
	readonly title: string;
	/** Its folder in the cache. */
	readonly folder: string;
	/** Folder of `runtime/` with package.json and package-lock.json, or the package to ask for. */
	readonly manifest: { readonly lockedIn: string } | WantedPackage;
	/** Work after `npm install`. */
	readonly afterInstall?: (place: InstallPlace) => Promise<void>;
	/** Throws when the installed thing doesn't work. */
	readonly verify: (place: InstallPlace) => Promise<void>;
}

/** A package to install without a lock file. */
export interface WantedPackage {
	readonly package: string;
	readonly version: string;
	/** What npm takes in place of a package that this one asks for. */
	readonly overrides?: Readonly<Record<string, string>>;
}

/** Where a part is being installed. */
export interface InstallPlace {
	readonly folder: string;
	/** Folder of the Node.js package. */
	readonly nodeFolder: string;
	readonly logFile: string;
	readonly note: (text: string) => void;
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

type Program = keyof RuntimeVersions;

// An older n8n asks for the build of SheetJS on its maker's server; a newer one for this copy in the registry.
const REGISTRY_SHEETJS = { xlsx: 'npm:@e965/xlsx@0.20.3' };

/** The pinned version has a lock file and a folder by the program's name; others stand beside it. */
function whereabouts(
	program: Program,
	version: string,
	overrides: WantedPackage['overrides'] = {},
): Pick<RuntimePart, 'folder' | 'manifest'> {
	return version === PINNED_VERSIONS[program]
		? { folder: program, manifest: { lockedIn: program } }
		: { folder: `${program}-${version}`, manifest: { package: program, version, overrides } };
}

const NODE: RuntimePart = {
	name: 'node',
	title: `Node.js ${NODE_VERSION}`,
	folder: 'node',
	manifest: { package: NODE_PACKAGE, version: NODE_VERSION },
	verify: async (place) => {
		await expectOutput(place, ['--version'], `v${NODE_VERSION}`);
	},
};

function n8nPart(version: string): RuntimePart {
	return {
		name: 'n8n',
		title: `n8n ${version}`,
		...whereabouts('n8n', version, REGISTRY_SHEETJS),
		afterInstall: buildNativeParts,
		verify: async (place) => {
			await expectOutput(place, ['-e', loadNativeParts(place)], NATIVE_PARTS_ANSWER);
			await expectOutput(place, [join('node_modules', 'n8n', 'bin', 'n8n'), '--version'], version);
		},
	};
}

function openclawPart(version: string): RuntimePart {
	const program = join('node_modules', 'openclaw', 'openclaw.mjs');
	return {
		name: 'openclaw',
		title: `OpenClaw ${version}`,
		...whereabouts('openclaw', version),
		verify: async (place) => {
			await expectOutput(place, [program, '--version'], version);
		},
	};
}

/** The parts in the order in which they have to be installed. */
export function runtimeParts(
	versions: RuntimeVersions,
): readonly [node: RuntimePart, n8n: RuntimePart, openclaw: RuntimePart] {
	return [NODE, n8nPart(versions.n8n), openclawPart(versions.openclaw)];
}
