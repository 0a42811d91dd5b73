import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

const root = join(__dirname, '..', '..');
const plugin = join(root, 'openclaw-plugin');
const licence = readFileSync(join(root, 'node_modules', 'json5', 'LICENSE.md'), 'utf8').trim();

/** The dashboard's script runs in a browser, so it is a bundle of its own inside the page. */
function bundleDashboardScript(): string {
	const [file] = buildSync({
		entryPoints: [join(plugin, 'src', 'dashboard', 'client', 'main.ts')],
		bundle: true,
		write: false,
		format: 'iife',
		platform: 'browser',
		target: 'es2022',
		minify: true,
	}).outputFiles;
	if (file === undefined) throw new Error('esbuild made no file of the dashboard script');
	return file.text;
}

/** Where the bundle comes from and goes to, where that is not the plugin itself. */
export interface BundleOptions {
	/** File whose default export is the plugin's entry. */
	readonly entry?: string;
	/** Folder of the package that gets `dist/index.js`. */
	readonly folder?: string;
}

/** Builds the plugin: the gateway loads compiled ES modules, and installs plugins without fetching anything. */
export function buildPlugin(options: BundleOptions = {}): void {
	const folder = options.folder ?? plugin;
	const { version } = JSON.parse(readFileSync(join(plugin, 'package.json'), 'utf8')) as {
		version: string;
	};
	rmSync(join(folder, 'dist'), { recursive: true, force: true });
	buildSync({
		entryPoints: [options.entry ?? join(plugin, 'src', 'index.ts')],
		outfile: join(folder, 'dist', 'index.js'),
		bundle: true,
		format: 'esm',
		platform: 'node',
		target: 'node24',
		external: ['openclaw/*'],
		loader: { '.html': 'text', '.css': 'text' },
		define: {
			PLUGIN_VERSION: JSON.stringify(version),
			DASHBOARD_SCRIPT: JSON.stringify(bundleDashboardScript()),
		},
		banner: { js: `/*! This file contains the json5 library.\n\n${licence}\n*/` },
	});
	writeFileSync(
		join(folder, 'THIRD_PARTY_LICENSES.md'),
		`# Third-party licences\n\nParts of this package come from:\n\n## json5\n\n${licence}\n`,
	);
}
