import { Cleanup } from '../../../testbed/cleanup';
import { beginEvidence } from '../../../testbed/evidence/evidence';
import { obtainPackage } from '../../../testbed/packPackage';
import { obtainPlugin } from '../../../testbed/plugin';
import { createProgress } from '../../../testbed/progress';
import { ensureRuntimes } from '../../../testbed/runtime';
import { startStack } from '../../../testbed/stack';
import { keepCleanup } from './keptCleanup';
import { PLUGIN_FILE_VARIABLE } from './pluginFile';
import { writeShared } from './shared';

/** Starts the one n8n and the one gateway that all end-to-end test files share. */
export default async function globalSetup(): Promise<void> {
	const progress = createProgress();
	const cleanup = new Cleanup();
	keepCleanup('stack', cleanup);
	progress.line();
	try {
		await beginEvidence(cleanup);
		const runtimes = await ensureRuntimes(progress);
		const packageFile = await obtainPackage(progress, cleanup);
		process.env[PLUGIN_FILE_VARIABLE] = await obtainPlugin(progress, cleanup);
		const { n8n, gateway, model } = await startStack({ runtimes, packageFile, progress, cleanup });
		writeShared({
			packageFile,
			n8nUrl: n8n.url,
			n8nFolder: n8n.folder,
			n8nLogin: n8n.client.login,
			gatewayUrl: gateway.url,
			gatewayFolder: gateway.folder,
			modelUrl: model.url,
		});
	} catch (error) {
		await cleanup.run();
		throw error;
	}
}
