import { Cleanup } from '../../../testbed/cleanup';
import { beginEvidence } from '../../../testbed/evidence/evidence';
import { obtainPlugin } from '../../../testbed/plugin';
import { createProgress } from '../../../testbed/progress';
import { ensureRuntimes } from '../../../testbed/runtime';
import { keepCleanup } from './keptCleanup';
import { PLUGIN_FILE_VARIABLE } from './pluginFile';

/** Packs the plugin once for all test files that install it into a gateway of their own. */
export default async function pluginSetup(): Promise<void> {
	const progress = createProgress();
	const cleanup = new Cleanup();
	keepCleanup('plugin', cleanup);
	progress.line();
	try {
		await beginEvidence(cleanup);
		await ensureRuntimes(progress, { n8n: false });
		process.env[PLUGIN_FILE_VARIABLE] = await obtainPlugin(progress, cleanup);
	} catch (error) {
		await cleanup.run();
		throw error;
	}
}
