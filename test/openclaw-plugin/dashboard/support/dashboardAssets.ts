import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import type { DashboardAssets } from '../../../../openclaw-plugin/src/dashboard/page';

const FOLDER = join(__dirname, '../../../../openclaw-plugin/src/dashboard');

/** The page's parts from their sources, as the build puts them into the plugin. */
export function dashboardAssets(): DashboardAssets {
	const [script] = buildSync({
		entryPoints: [join(FOLDER, 'client', 'main.ts')],
		bundle: true,
		write: false,
		format: 'iife',
		platform: 'browser',
		target: 'es2022',
		minify: true,
	}).outputFiles;
	return {
		html: readFileSync(join(FOLDER, 'page.html'), 'utf8'),
		css: readFileSync(join(FOLDER, 'page.css'), 'utf8'),
		script: script?.text ?? '',
	};
}
