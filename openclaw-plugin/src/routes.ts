import { ADMIN_PATH, createAdminRoute } from './admin/adminRoute';
import { mediaFoldersOf } from './admin/keptFile';
import { DASHBOARD_ASSETS } from './dashboard/assets';
import { registerDashboard } from './dashboard/registerDashboard';
import { createSessionLookup } from './events/knownSessions';
import { createHttpClient } from './delivery/httpClient';
import type { SendRequest } from './delivery/httpClient';
import type { GatewayApi, HttpRoute } from './gatewayApi';
import { addRoute, GATEWAY_HOST_RULES, markExternal } from './gatewaySdk';
import { reportFault } from './health/faults';
import { createInboundRoute } from './inbound/inboundRoute';
import { createRefusalStore } from './inbound/refusalStore';
import { perSettings } from './parts';
import type { Parts } from './parts';
import { errorText } from './logger';
import { createAuthorizer, createFailureLimit, createTokenGate } from './tokens/authorizer';
import { createTokenCheck } from './tokens/tokens';

/** For what is asked too seldom to keep a connection. */
const sendOnce: SendRequest = async (request) => {
	const client = createHttpClient(GATEWAY_HOST_RULES);
	try {
		return await client.send(request);
	} finally {
		client.close();
	}
};

/**
 * Registers what the plugin answers over HTTP, each time by the settings as they are then.
 *
 * @returns to be called whenever settings have been applied: `inbound.basePath` may be another one
 */
export function registerRoutes(api: GatewayApi, parts: Parts): () => void {
	const { store, folder, logger, current, gateway } = parts;
	const failures = createFailureLimit();
	const check = createTokenCheck({ database: store, hookToken: () => gateway().hooks });
	const authorize = createAuthorizer(check, failures);
	const refusals = createRefusalStore(store);
	api.lifecycle?.onDispose?.(() => {
		refusals.close();
	});
	const findSession = createSessionLookup(api.runtime);
	const isSessionThere = (sessionKey: string) => {
		// The gateway makes no difference between upper and lower case; whether its store does is not said.
		const found = [sessionKey, sessionKey.toLowerCase()].map(findSession);
		return found.includes(undefined)
			? undefined
			: found.some((one) => one?.sessionId !== undefined);
	};
	const inbound = perSettings(parts, ({ settings, callbacks }) =>
		createInboundRoute({
			folder,
			database: store,
			inbound: settings.inbound,
			gateway,
			gate: createTokenGate(check, failures),
			refusals,
			wrapExternalContent: markExternal,
			isSessionThere,
			findSigner: callbacks.findSigner,
			findReceiver: callbacks.findReceiver,
			logger,
		}),
	);
	const mediaFolders = mediaFoldersOf(api.runtime.state.resolveStateDir(), process.env);
	const admin = perSettings(parts, (made) => {
		const { settings, outbox, manager, registry, connections, approvals, reviews } = made;
		const { findSigner, findReceiver } = made.callbacks;
		const origins = settings.inbound.callbackOrigins;
		return createAdminRoute({
			folder,
			mediaFolders,
			database: store,
			outbox,
			manager,
			registry,
			connections,
			approvals,
			reviewParts: { reviews, callbacks: { origins, findSigner, findReceiver } },
			logger,
			authorize,
			request: sendOnce,
			instanceId: settings.instanceId,
			version: PLUGIN_VERSION,
		});
	});
	const inboundRoute = (): HttpRoute => ({
		path: current().settings.inbound.basePath,
		auth: 'plugin',
		match: 'prefix',
		// Answers under the path of the settings alone, wherever it was registered before.
		handler: async (request, response) => await inbound()(request, response),
	});
	const first = inboundRoute();
	api.registerHttpRoute(first);
	let removeMoved = () => {};
	api.lifecycle?.onDispose?.(() => {
		removeMoved();
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
		manager: () => current().manager,
		approvals: () => current().approvals,
		settings: () => current().settings,
		logger,
		assets: DASHBOARD_ASSETS,
		version: PLUGIN_VERSION,
	});
	return () => {
		const route = inboundRoute();
		removeMoved();
		removeMoved = () => {};
		if (route.path === first.path) return;
		try {
			removeMoved = addRoute(route);
		} catch (error) {
			const message = `'inbound.basePath' cannot be '${route.path}': ${errorText(error)}. No calls are taken until it is another one`;
			logger.error(message);
			reportFault(folder, {
				code: 'config',
				subject: 'inbound.basePath',
				severity: 'fault',
				message,
			});
		}
	};
}
