import { createApprovals } from './approvals/approvals';
import type { Approvals } from './approvals/approvals';
import { createEndpointManager } from './endpoints/manage';
import type { EndpointManager } from './endpoints/manage';
import { createEndpointRegistry } from './endpoints/registry';
import type { EndpointRegistry } from './endpoints/registry';
import { createConnections } from './delivery/connections';
import type { Connections } from './delivery/connections';
import type { GatewayApi, Logger } from './gatewayApi';
import { GATEWAY_HOST_RULES, sendToChat } from './gatewaySdk';
import { createCallbacks } from './inbound/callback';
import type { Callbacks } from './inbound/callback';
import { tellRunOrigin } from './inbound/runOrigin';
import { createLogger } from './logger';
import { createEmitter, createOwnEvents } from './outbox/emitter';
import type { EmitEvent, OwnEvents } from './outbox/emitter';
import { openOutbox } from './outbox/outbox';
import type { Outbox } from './outbox/outbox';
import { createReviews } from './reviews/reviews';
import type { ReviewParts, Reviews } from './reviews/reviews';
import { followConfig, readLastingSettings } from './settings/appliedSettings';
import { followGatewaySettings } from './settings/gatewayConfig';
import type { GatewaySettings } from './settings/gatewayConfig';
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
	readonly current: () => CurrentParts;
	/** What is used of the gateway's own settings, as of its last reload. */
	readonly gateway: () => GatewaySettings;
}

/** The parts that work by one state of the settings. */
export interface CurrentParts {
	readonly settings: Settings;
	readonly outbox: Outbox;
	readonly registry: EndpointRegistry;
	readonly manager: EndpointManager;
	readonly ownEvents: OwnEvents;
	readonly connections: Connections;
	readonly emit: EmitEvent;
	readonly callbacks: Callbacks;
	readonly approvals: Approvals;
	readonly reviews: Reviews;
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
	const applied = followConfig(folder, own, ({ whole }) => whole);
	const gatewayConfig = () => api.runtime.config?.current?.() ?? applied();
	const chats: ChatParts = {
		findSession: (sessionKey) => api.runtime.agent?.session?.getSessionEntry?.({ sessionKey }),
		sendToChat: async (place, question) => sendToChat(gatewayConfig(), place, question),
	};
	const current = followConfig(folder, own, ({ plugin }) =>
		assemble(readLastingSettings(plugin, store), store, logger, chats),
	);
	const gateway = followGatewaySettings(gatewayConfig);
	return { folder, store, logger, current, gateway };
}

type ChatParts = Pick<ReviewParts, 'findSession' | 'sendToChat'>;

function assemble(settings: Settings, store: Store, logger: Logger, chats: ChatParts) {
	store.setSynchronous(settings.outbox.powerSafe ? 'full' : 'normal');
	const { folder } = store;
	const { instanceId } = settings;
	const outbox = openOutbox(store, { folder, logger, ...settings.outbox });
	const registry = createEndpointRegistry({
		folder,
		database: store,
		configured: settings.endpoints,
		isComplete: settings.hasAllEndpoints,
		instanceId,
	});
	const ownEvents = createOwnEvents({ database: store, outbox, instanceId, logger });
	const manager = createEndpointManager({
		folder,
		database: store,
		outbox,
		ownEvents,
		hostRules: GATEWAY_HOST_RULES,
		instanceId,
	});
	const connections = createConnections({
		folder,
		database: store,
		outbox,
		registry,
		onExpired: ({ id, name }, reason) => {
			logger.warn(`Endpoint '${name}' has expired. ${reason}`);
			ownEvents.tell('endpoint.disabled', { endpoint: { name, reason } }, id);
		},
	});
	const emit = tellRunOrigin(createEmitter({ store, outbox, registry, instanceId, logger }), store);
	const callbacks = createCallbacks({ folder, database: store, outbox, registry, instanceId });
	const approvals = createApprovals({
		folder,
		database: store,
		outbox,
		instanceId,
		logger,
		isGateway: true,
	});
	const reviews = createReviews({ database: store, callbacks, logger, ...chats });
	return {
		settings,
		outbox,
		registry,
		manager,
		ownEvents,
		connections,
		emit,
		callbacks,
		approvals,
		reviews,
	};
}

/**
 * Keeps something that is made of the parts, and makes it anew when the settings have changed, the plugin's
 * or those of the gateway.
 *
 * @example
 * const handler = perSettings(parts, ({ settings }) => createInboundRoute(settings.inbound));
 * handler()(request, response);
 */
export function perSettings<Value>(
	{ current, gateway }: Pick<Parts, 'current' | 'gateway'>,
	make: (current: CurrentParts, gateway: GatewaySettings) => Value,
): () => Value {
	let made:
		| { readonly of: CurrentParts; readonly at: GatewaySettings; readonly value: Value }
		| undefined;
	return () => {
		const [of, at] = [current(), gateway()];
		if (made?.of !== of || made.at !== at) made = { of, at, value: make(of, at) };
		return made.value;
	};
}
