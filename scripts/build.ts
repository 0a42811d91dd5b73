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

/**
 * n8n installs community packages without their dependencies, so the one library the package uses
 * becomes part of the one file that imports it.
 */
function bundleJson5(): void {
	const file = join(root, 'dist', 'protocol', 'json5.js');
	const licence = readFileSync(join(root, 'node_modules', 'json5', 'LICENSE.md'), 'utf8');
	buildSync({
		entryPoints: [join(root, 'protocol', 'json5.ts')],
		outfile: file,
		bundle: true,
		format: 'cjs',
		platform: 'neutral',
		// Its ES module has a default export only.
		mainFields: ['main'],
		target: 'es2022',
		// It warns about U+2028 in texts; n8n's scanner allows no console.
		drop: ['console'],
		banner: { js: `/*! This file contains the json5 library.\n\n${licence.trim()}\n*/` },
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

/** The bundled library's licence travels with the package. */
function writeLicences(): void {
	const licence = readFileSync(join(root, 'node_modules', 'json5', 'LICENSE.md'), 'utf8');
	writeFileSync(
		join(root, 'THIRD_PARTY_LICENSES.md'),
		`# Third-party licences\n\nParts of this package come from:\n\n## json5\n\n${licence.trim()}\n`,
	);
}

compile();
bundleJson5();
dropStrays();
copyCodex();
writeLicences();
