import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { buildSync } from 'esbuild';

const root = join(__dirname, '..');

/** Runs n8n's own build: type check, compile, copy icons. */
function compile(): void {
	const built = spawnSync('npx', ['--no-install', 'n8n-node', 'build'], {
		cwd: root,
		stdio: 'inherit',
		shell: process.platform === 'win32',
	});
	if (built.status !== 0) process.exit(built.status ?? 1);
}

/** A library that becomes part of the one file that imports it. */
interface Bundled {
	readonly name: string;
	/** The importing file, without its ending. */
	readonly file: string;
	readonly licence: string;
	/** Fields of its `package.json` that name its entry, where it has no `exports`. */
	readonly mainFields: string[];
}

/** n8n installs community packages without their dependencies. */
const BUNDLED: readonly Bundled[] = [
	{
		name: 'json5',
		file: 'protocol/json5',
		licence: 'node_modules/json5/LICENSE.md',
		// Its ES module has a default export only.
		mainFields: ['main'],
	},
	{
		name: '@cfworker/json-schema',
		file: 'nodes/shared/jsonSchema',
		// The published package lacks it: this is the one of its repository.
		licence: 'scripts/licences/cfworker-json-schema.md',
		mainFields: [],
	},
];

function licenceOf({ licence }: Bundled): string {
	return readFileSync(join(root, licence), 'utf8').trim();
}

function bundle(library: Bundled): void {
	const { name, file, mainFields } = library;
	buildSync({
		entryPoints: [join(root, `${file}.ts`)],
		outfile: join(root, 'dist', `${file}.js`),
		bundle: true,
		format: 'cjs',
		platform: 'neutral',
		mainFields,
		target: 'es2022',
		// json5 warns about U+2028 in texts; n8n's scanner allows no console.
		drop: ['console'],
		banner: { js: `/*! This file contains the ${name} library.\n\n${licenceOf(library)}\n*/` },
	});
}

/** n8n's build copies every picture of the repository; only the icons belong to the package. */
function dropStrays(): void {
	for (const stray of ['docs', 'examples', 'test', 'testbed', 'benchmarks']) {
		rmSync(join(root, 'dist', stray), { recursive: true, force: true });
	}
}

/** tsc copies the codex files only for imported JSON; n8n reads them beside the nodes. */
function copyCodex(): void {
	for (const node of ['OpenClawTrigger', 'OpenClawInbound']) {
		const file = join('nodes', node, `${node}.node.json`);
		cpSync(join(root, file), join(root, 'dist', file));
	}
}

/** The licences of the bundled libraries travel with the package. */
function writeLicences(): void {
	const parts = BUNDLED.map((library) => `## ${library.name}\n\n${licenceOf(library)}\n`);
	writeFileSync(
		join(root, 'THIRD_PARTY_LICENSES.md'),
		`# Third-party licences\n\nParts of this package come from:\n\n${parts.join('\n')}`,
	);
}

compile();
BUNDLED.forEach(bundle);
dropStrays();
copyCodex();
writeLicences();
