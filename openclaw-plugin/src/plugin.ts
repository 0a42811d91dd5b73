import { registerApprovals } from './approvals/registerApprovals';
import { registerCommands } from './cli/registerCommands';
import { registerEventHooks } from './events/registerEventHooks';
import { createSessionRegistry } from './events/sessionRegistry';
import type { GatewayApi } from './gatewayApi';
import { GATEWAY_HOST_RULES, gatewayConfigFile } from './gatewaySdk';
import { createHookRecorder } from './health/hooksSeen';
import type { EmitEvent } from './outbox/emitter';
import { createParts } from './parts';
import { registerReviews } from './reviews/registerReviews';
import { registerRoutes } from './routes';
import { createService } from './service';
import { reloadRules } from './settings/gatewayConfig';

const COMMAND = {
	name: 'event-webhooks',
	description: 'Deliveries, endpoints and tokens of the event webhooks',
	hasSubcommands: true,
};

/** Registrations in which the gateway only wants to know what there is. */
const WITHOUT_RUNTIME = new Set(['cli-metadata', 'setup-only']);

/**
 * Registers everything. The gateway does so several times in one process: hooks work in every
 * registration, as it calls most of them in one that it names `discovery`; services and routes belong to
 * the `full` one.
 */
export function registerPlugin(api: GatewayApi): void {
	api.registerCli(
		({ program }) => {
			registerCommands(program, {
				stateDir: () => api.runtime.state.resolveStateDir(),
				pluginConfig: api.pluginConfig,
				configFile: gatewayConfigFile,
				version: PLUGIN_VERSION,
				hostRules: GATEWAY_HOST_RULES,
				gatewayVersion: api.runtime.version,
			});
		},
		{ descriptors: [COMMAND] },
	);
	if (WITHOUT_RUNTIME.has(api.registrationMode)) return;
	const parts = createParts(api);
	const { store, logger, folder } = parts;
	const emit: EmitEvent = (...event) => {
		parts.current().emit(...event);
	};
	const sessions = createSessionRegistry({ database: store, scope: folder });
	const seen = createHookRecorder({
		database: store,
		folder,
		gatewayVersion: api.runtime.version,
	});
	const finish = registerEventHooks({ api, emit, sessions, logger, scope: folder, seen });
	api.lifecycle?.onDispose?.(finish);
	registerApprovals(api, parts);
	registerReviews(api, { reviews: () => parts.current().reviews, logger });
	if (api.registrationMode !== 'full') return;
	const moveRoutes = registerRoutes(api, parts);
	const rules = reloadRules(api.runtime.version);
	if (rules !== undefined) api.registerReload?.({ hotPrefixes: [...rules.hotPrefixes] });
	api.registerService(
		createService(api, parts, { reloadPrefixes: rules?.servicePrefixes, onSettings: moveRoutes }),
	);
}
