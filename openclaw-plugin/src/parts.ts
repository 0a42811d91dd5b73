import { createEndpointRegistry } from './endpoints/registry';
import type { EndpointRegistry } from './endpoints/registry';
import { createEmitter } from './outbox/emitter';
import type { EmitEvent } from './outbox/emitter';
import { createCallbacks } from './inbound/callback';
import type { Callbacks } from './inbound/callback';
import { createLogger } from './logger';
import { openOutbox } from './outbox/outbox';
import type { Outbox } from './outbox/outbox';
import type { GatewayApi, Logger } from './sdk';
import { readSettings } from './settings/settings';
import type { Settings } from './settings/settings';
import { dataFolder } from './store/database';
import { openStore } from './store/sharedStore';
import type { Store } from './store/store';

/** What the hooks, the routes and the services of one instance of the plugin work with. */
export interface Parts {
	readonly folder: string;
	readonly settings: Settings;
	readonly store: Store;
	readonly outbox: Outbox;
	readonly registry: EndpointRegistry;
	readonly emit: EmitEvent;
	readonly callbacks: Callbacks;
	readonly logger: Logger;
}

/** Puts an instance together. Nothing is opened or written before something happens. */
export function createParts(api: GatewayApi): Parts {
	const folder = dataFolder(api.runtime.state.resolveStateDir());
	const settings = readSettings(api.pluginConfig);
	const logger = createLogger(api.logger);
	const store = openStore(folder, { powerSafe: settings.outbox.powerSafe });
	api.lifecycle?.onDispose?.(() => {
		store.close();
	});
	const outbox = openOutbox(store, settings.outbox);
	const registry = createEndpointRegistry(settings.endpoints, store);
	const { instanceId } = settings;
	const emit = createEmitter({ store, outbox, registry, instanceId, logger });
	const callbacks = createCallbacks({ database: store, outbox, registry, instanceId });
	return { folder, settings, store, outbox, registry, emit, callbacks, logger };
}
