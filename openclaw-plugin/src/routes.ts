import { ADMIN_PATH, createAdminRoute } from './admin/adminRoute';
import { DASHBOARD_ASSETS } from './dashboard/assets';
import { registerDashboard } from './dashboard/registerDashboard';
import { GATEWAY_HOST_RULES } from './delivery/guard';
import { markExternal } from './gatewaySdk';
import { listAgents, listAllowedAgents, listChannels } from './inbound/agents';
import { createInboundRoute } from './inbound/inboundRoute';
import type { Parts } from './parts';
import type { GatewayApi } from './sdk';
import { createAuthorizer } from './tokens/authorizer';
import { createFailureLimit } from './tokens/failureLimit';
import { createTokenCheck } from './tokens/tokenCheck';

/** Registers what the plugin answers over HTTP. */
export function registerRoutes(api: GatewayApi, parts: Parts): void {
	const { store, settings, logger } = parts;
	const check = createTokenCheck({ database: store, hooksToken: hooksToken(api.config) });
	const authorize = createAuthorizer(check, createFailureLimit());
	api.registerHttpRoute({
		path: settings.inbound.basePath,
		auth: 'plugin',
		match: 'prefix',
		handler: createInboundRoute({
			inbound: settings.inbound,
			agents: listAgents(api.config),
			channels: listChannels(api.config),
			allowedAgentIds: listAllowedAgents(api.config),
			database: store,
			authorize,
			wrapExternalContent: markExternal,
			findSigner: parts.callbacks.findSigner,
			findReceiver: parts.callbacks.findReceiver,
			logger,
		}),
	});
	api.registerHttpRoute({
		path: ADMIN_PATH,
		auth: 'plugin',
		match: 'prefix',
		handler: createAdminRoute({
			...parts,
			database: store,
			authorize,
			hostRules: GATEWAY_HOST_RULES,
			instanceId: settings.instanceId,
		}),
	});
	registerDashboard(api, {
		...parts,
		database: store,
		assets: DASHBOARD_ASSETS,
		version: PLUGIN_VERSION,
	});
}

/** `hooks.token` of the gateway's configuration. */
function hooksToken(config: unknown): unknown {
	const hooks = typeof config === 'object' && config !== null && 'hooks' in config && config.hooks;
	return typeof hooks === 'object' && hooks !== null && 'token' in hooks ? hooks.token : undefined;
}
