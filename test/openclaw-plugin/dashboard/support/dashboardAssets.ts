import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { buildSync, type BuildOptions } from 'esbuild';
import type { DashboardAssets } from '../../../../openclaw-plugin/src/dashboard/page';

const FOLDER = join(__dirname, '../../../../openclaw-plugin/src/dashboard');

function bundle(options: BuildOptions): string {
	const [file] = buildSync({ ...options, bundle: true, write: false as const }).outputFiles;
	if (file === undefined) throw new Error('esbuild made no file');
	return file.text;
}

/** The page's parts from their sources, as the build puts them into the plugin. */
export function dashboardAssets(): DashboardAssets {
	const script = bundle({
		entryPoints: [join(FOLDER, 'client', 'main.ts')],
		format: 'iife',
		platform: 'browser',
		target: 'es2022',
		minify: true,
	});
	const module = bundle({
		entryPoints: [join(FOLDER, 'assets.ts')],
		format: 'cjs',
		loader: { '.html': 'text', '.css': 'text' },
		define: { DASHBOARD_SCRIPT: JSON.stringify(script) },
	});
	const holder: { exports: { readonly DASHBOARD_ASSETS?: DashboardAssets } } = { exports: {} };
	runInNewContext(module, { module: holder });
	const { DASHBOARD_ASSETS } = holder.exports;
	if (DASHBOARD_ASSETS === undefined) throw new Error('The bundle exports no assets');
	return DASHBOARD_ASSETS;
}
