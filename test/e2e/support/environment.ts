import { N8nClient } from '../../../testbed/n8n/client';
import { startAnyN8n } from '../../../testbed/n8n/anyInstance';
import type { N8n } from '../../../testbed/n8n/instance';
import { startGateway, type Gateway } from '../../../testbed/gateway';
import { silentProgress } from '../../../testbed/progress';
import { ensureRuntimes } from '../../../testbed/runtime';
import { connectToScriptedModel, type ScriptedModel } from '../../../testbed/scriptedModel';
import { readShared } from './shared';

const TEST_TIMEOUT_MS = 180_000;
jest.setTimeout(TEST_TIMEOUT_MS);

/** What end-to-end tests work with. One n8n and one gateway serve all test files. */
export interface Environment {
	/** Client of the shared n8n, logged in as its owner. */
	readonly n8n: N8nClient;
	/** Address of the shared gateway. */
	readonly gatewayUrl: string;
	/** What the shared gateway's agents ask their model. */
	readonly model: ScriptedModel;
	/** Our packed package. */
	readonly packageFile: string;
}

/**
 * The shared environment, for the top of a test file.
 *
 * @example
 * const { n8n, gatewayUrl, model } = environment();
 */
export function environment(): Environment {
	const { n8nUrl, n8nLogin, gatewayUrl, modelUrl, packageFile } = readShared();
	return {
		n8n: new N8nClient(n8nUrl, n8nLogin),
		gatewayUrl,
		model: connectToScriptedModel(modelUrl),
		packageFile,
	};
}

/** Starts an n8n of the test's own: for restarts and other settings. `remove()` it in `afterAll`. */
export async function startOwnN8n(env: Readonly<Record<string, string>> = {}): Promise<N8n> {
	const runtimes = await ensureRuntimes(silentProgress);
	return await startAnyN8n({
		runtimes,
		packageFile: readShared().packageFile,
		installBy: 'npm',
		env,
	});
}

/** Starts a gateway of the test's own: for stopping it. `remove()` it in `afterAll`. */
export async function startOwnGateway(): Promise<Gateway> {
	const runtimes = await ensureRuntimes(silentProgress);
	return await startGateway({ runtimes, modelUrl: readShared().modelUrl });
}
