import { startGateway, type Gateway } from '../../../testbed/gateway';
import type { JsonObject } from '../../../testbed/json';
import { silentProgress } from '../../../testbed/progress';
import { ensureRuntimes } from '../../../testbed/runtime';
import { PLUGIN_FILE_VARIABLE } from './pluginFile';
import { keptEventFaults } from './receivedEvents';

const TEST_TIMEOUT_MS = 240_000;
jest.setTimeout(TEST_TIMEOUT_MS);

/** How a gateway with the plugin is started. */
export interface PluginGatewayOptions {
	/** The webhooks object: `endpoints`, `inbound` … */
	readonly webhooks: JsonObject;
	readonly modelUrl: string;
	/** Top-level configuration keys that replace the usual ones, such as `channels`. */
	readonly config?: JsonObject;
	readonly env?: Readonly<Record<string, string>>;
	/** Whether to install the plugin as the documentation says. */
	readonly isInstalled?: boolean;
	/** A free one by default. */
	readonly port?: number;
	/** Starts the gateway in place of the Node.js of the runtimes. */
	readonly node?: string;
}

/**
 * Starts a real gateway with the plugin from its packed tarball. `remove()` it in `afterAll`: that fails
 * when an event in its outbox, which whoever fetches gets as it is, does not fit its JSON Schema.
 *
 * @example
 * const gateway = await startPluginGateway({ modelUrl: model.url, webhooks: { endpoints: [] } });
 */
export async function startPluginGateway(options: PluginGatewayOptions): Promise<Gateway> {
	const { webhooks, isInstalled = false, node, ...others } = options;
	const packageFile = process.env[PLUGIN_FILE_VARIABLE] ?? '';
	if (packageFile === '') throw new Error('Run these tests with: npm run test:e2e');
	const runtimes = await ensureRuntimes(silentProgress, { n8n: false });
	const gateway = await startGateway({
		...others,
		runtimes: node === undefined ? runtimes : { ...runtimes, node },
		plugin: { packageFile, config: webhooks, isInstalled },
	});
	const remove = async () => {
		let faults: readonly string[] = [];
		try {
			faults = keptEventFaults(gateway.folder);
		} finally {
			await gateway.remove();
		}
		if (faults.length > 0) throw new Error(`Events in the outbox: ${faults.join('\n')}`);
	};
	// Its other members may change while it runs: they are asked of the gateway itself.
	return Object.create(gateway, { remove: { value: remove } }) as Gateway;
}
