import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

const root = join(__dirname, '..', '..');
const kit = join(root, 'conformance');
// The published library lacks it: this is the one of its repository.
const LICENCE = join(root, 'scripts', 'licences', 'cfworker-json-schema.md');

/**
 * Builds the conformance kit: one file with the library that it checks schemas with, so that `npx` fetches nothing else.
 *
 * @param folder of the package that gets `dist/index.js`
 */
export function buildConformance(folder = kit): void {
	const licence = readFileSync(LICENCE, 'utf8').trim();
	const file = join(folder, 'dist', 'index.js');
	rmSync(join(folder, 'dist'), { recursive: true, force: true });
	buildSync({
		entryPoints: [join(kit, 'src', 'main.ts')],
		outfile: file,
		bundle: true,
		format: 'cjs',
		platform: 'node',
		target: 'node20',
		banner: {
			js: `#!/usr/bin/env node\n/*! This file contains the @cfworker/json-schema library.\n\n${licence}\n*/`,
		},
	});
	chmodSync(file, 0o755);
	writeFileSync(
		join(folder, 'THIRD_PARTY_LICENSES.md'),
		`# Third-party licences\n\nParts of this package come from:\n\n## @cfworker/json-schema\n\n${licence}\n`,
	);
}
