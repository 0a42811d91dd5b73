import type { Cleanup } from '../../../testbed/cleanup';
import { startN8n, type N8n } from '../../../testbed/n8n/instance';
import { obtainPackage } from '../../../testbed/packPackage';
import { silentProgress } from '../../../testbed/progress';
import { ensureRuntimes } from '../../../testbed/runtime';

/** Starts an n8n with the package for tests of the plugin, which share none. It is removed with the cleanup. */
export async function startPackagedN8n(cleanup: Cleanup): Promise<N8n> {
	const runtimes = await ensureRuntimes(silentProgress);
	const packageFile = await obtainPackage(silentProgress, cleanup);
	const n8n = await startN8n({ runtimes, packageFile, installBy: 'npm' });
	cleanup.defer(async () => n8n.remove());
	return n8n;
}
