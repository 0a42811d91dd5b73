import { createDispatcher } from '../../../../openclaw-plugin/src/delivery/dispatcher';
import { createHttpClient } from '../../../../openclaw-plugin/src/delivery/httpClient';
import { createEndpointRegistry } from '../../../../openclaw-plugin/src/endpoints/registry';
import { startHealth } from '../../../../openclaw-plugin/src/health/health';
import { openOutbox } from '../../../../openclaw-plugin/src/outbox/outbox';
import { readSettings } from '../../../../openclaw-plugin/src/settings/settings';
import { openStore } from '../../../../openclaw-plugin/src/store/sharedStore';

/** The part of a running gateway that delivers. */
export interface Sender {
	stop(): Promise<void>;
}

/**
 * Starts to deliver what is in a folder's outbox, as the gateway's service does.
 *
 * @param pluginConfig `plugins.entries["event-webhooks"].config`
 */
export async function startSender(
	folder: string,
	pluginConfig: Record<string, unknown>,
): Promise<Sender> {
	const silent = () => undefined;
	const store = openStore(folder);
	const settings = readSettings(pluginConfig);
	const registry = createEndpointRegistry({
		folder,
		database: store,
		configured: settings.endpoints,
		isComplete: settings.hasAllEndpoints,
		instanceId: settings.instanceId,
	});
	const dispatcher = createDispatcher({
		store,
		outbox: openOutbox(store, { folder, ...settings.outbox }),
		registry,
		request: createHttpClient({ isBlockedHost: () => false, isPrivateAddress: () => false }).send,
		logger: { info: silent, warn: silent, error: silent },
		version: '0.0.0-test',
	});
	const endHealth = startHealth(folder, { version: '0.0.0-test' });
	await dispatcher.start();
	return {
		stop: async () => {
			await dispatcher.stop();
			endHealth();
			store.close();
		},
	};
}
