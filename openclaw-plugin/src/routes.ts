import { ADMIN_PATH, createAdminRoute } from './admin/adminRoute';
import { DASHBOARD_ASSETS } from './dashboard/assets';
import { registerDashboard } from './dashboard/registerDashboard';
import { GATEWAY_HOST_RULES } from './delivery/guard';
import { markExternal } from './gatewaySdk';
import { listAgents, listAllowedAgents, listChannels } from './inbound/agents';
import { createInboundRoute } from './inbound/inboundRoute';
import { perSettings } from './parts';
import type { Parts } from './parts';
import type { GatewayApi } from './sdk';
import { createAuthorizer } from './tokens/authorizer';
import { createFailureLimit } from './tokens/failureLimit';
import { createTokenCheck } from './tokens/tokenCheck';

/** Registers what the plugin answers over HTTP, each time by the settings as they are then. */
export function registerRoutes(api: GatewayApi, parts: Parts): void {
	const { store, folder, logger, current } = parts;
	const failures = createFailureLimit();
	const authorizer = perSettings(parts, ({ gatewayConfig }) => {
		const check = createTokenCheck({ database: store, hooksToken: hooksToken(gatewayConfig) });
		return createAuthorizer(check, failures);
	});
	const inbound = perSettings(parts, ({ settings, gatewayConfig, callbacks }) =>
		createInboundRoute({
			inbound: settings.inbound,
			agents: listAgents(gatewayConfig),
			channels: listChannels(gatewayConfig),
			allowedAgentIds: listAllowedAgents(gatewayConfig),
			database: store,
			authorize: authorizer(),
			wrapExternalContent: markExternal,
			findSigner: callbacks.findSigner,
			findReceiver: callbacks.findReceiver,
			logger,
		}),
	);
	const admin = perSettings(parts, ({ settings, outbox, registry }) =>
		createAdminRoute({
			database: store,
			outbox,
			registry,
			logger,
			authorize: authorizer(),
			hostRules: GATEWAY_HOST_RULES,
			instanceId: settings.instanceId,
		}),
	);
	api.registerHttpRoute({
		path: current().settings.inbound.basePath,
		auth: 'plugin',
		match: 'prefix',
		handler: async (request, response) => await inbound()(request, response),
	});
	api.registerHttpRoute({
		path: ADMIN_PATH,
		auth: 'plugin',
		match: 'prefix',
		handler: async (request, response) => await admin()(request, response),
	});
	registerDashboard(api, {
		folder,
		database: store,
		registry: {
			list: () => current().registry.list(),
			find: (name) => current().registry.find(name),
		},
		outbox: { replay: (selection) => current().outbox.replay(selection) },
		logger,
		assets: DASHBOARD_ASSETS,
		version: PLUGIN_VERSION,
	});
}

/** `hooks.token` of the gateway's configuration. */
function hooksToken(config: unknown): unknown {
	const hooks = typeof config === 'object' && config !== null && 'hooks' in config && config.hooks;
	return typeof hooks === 'object' && hooks !== null && 'token' in hooks ? hooks.token : undefined;
}
