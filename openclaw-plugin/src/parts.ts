import { createEndpointRegistry } from './endpoints/registry';
import type { EndpointRegistry } from './endpoints/registry';
import { createCallbacks } from './inbound/callback';
import type { Callbacks } from './inbound/callback';
import { createLogger } from './logger';
import { createEmitter } from './outbox/emitter';
import type { EmitEvent } from './outbox/emitter';
import { openOutbox } from './outbox/outbox';
import type { Outbox } from './outbox/outbox';
import type { GatewayApi, Logger } from './sdk';
import { followConfig } from './settings/appliedConfig';
import { readSettings } from './settings/settings';
import type { Settings } from './settings/settings';
import { dataFolder } from './store/database';
import { openStore } from './store/sharedStore';
import type { Store } from './store/store';

/** What the hooks, the routes and the services of one instance of the plugin work with. */
export interface Parts {
	readonly folder: string;
	readonly store: Store;
	readonly logger: Logger;
	/** What depends on the settings: other objects once those have changed. */
	readonly current: () => SettledParts;
}

/** The parts that work by one state of the settings. */
export interface SettledParts {
	/** The gateway's whole configuration. */
	readonly gatewayConfig: unknown;
	readonly settings: Settings;
	readonly outbox: Outbox;
	readonly registry: EndpointRegistry;
	readonly emit: EmitEvent;
	readonly callbacks: Callbacks;
}

/** Puts an instance together. Nothing is opened or written before something happens. */
export function createParts(api: GatewayApi): Parts {
	const folder = dataFolder(api.runtime.state.resolveStateDir());
	const logger = createLogger(api.logger);
	const store = openStore(folder);
	api.lifecycle?.onDispose?.(() => {
		store.close();
	});
	const own = { whole: api.config, plugin: api.pluginConfig };
	const current = followConfig(folder, own, ({ whole, plugin }) => ({
		gatewayConfig: whole,
		...settle(readSettings(plugin), store, logger),
	}));
	return { folder, store, logger, current };
}

function settle(settings: Settings, store: Store, logger: Logger) {
	store.setSynchronous(settings.outbox.powerSafe ? 'full' : 'normal');
	const outbox = openOutbox(store, settings.outbox);
	const registry = createEndpointRegistry(settings.endpoints, store);
	const { instanceId } = settings;
	const emit = createEmitter({ store, outbox, registry, instanceId, logger });
	const callbacks = createCallbacks({ database: store, outbox, registry, instanceId });
	return { settings, outbox, registry, emit, callbacks };
}

/**
 * Keeps something that is made of the parts, and makes it anew when the settings have changed.
 *
 * @example
 * const handler = perSettings(parts, ({ settings }) => createInboundRoute(settings.inbound));
 * handler()(request, response);
 */
export function perSettings<Value>(
	{ current }: Pick<Parts, 'current'>,
	make: (settled: SettledParts) => Value,
): () => Value {
	let made: { readonly of: SettledParts; readonly value: Value } | undefined;
	return () => {
		const settled = current();
		if (made?.of !== settled) made = { of: settled, value: make(settled) };
		return made.value;
	};
}
