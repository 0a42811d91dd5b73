import { createDispatcher } from './delivery/dispatcher';
import { GATEWAY_HOST_RULES } from './delivery/guard';
import { createHttpClient } from './delivery/http';
import { startHealth } from './health/health';
import { createAgentRunner } from './inbound/agentRunner';
import { listAgents } from './inbound/agents';
import type { Parts } from './parts';
import type { GatewayApi, Service } from './sdk';
import { reportSettings } from './settings/reportSettings';

const DAY_MS = 86_400_000;

/** Makes deliveries and starts agents' runs for as long as the gateway runs. */
export function createService(api: GatewayApi, parts: Parts): Service {
	const { store, outbox, registry, settings, logger } = parts;
	const client = createHttpClient(GATEWAY_HOST_RULES);
	const dispatcher = createDispatcher({
		store,
		outbox,
		registry,
		request: client.send,
		logger,
		version: PLUGIN_VERSION,
	});
	const runner = createAgentRunner({
		database: store,
		runs: api.runtime.subagent,
		emit: parts.emit,
		onSettled: parts.callbacks.send,
		logger,
		retentionMs: settings.outbox.retentionDays * DAY_MS,
	});
	let endHealth: (() => void) | undefined;
	return {
		id: 'event-webhooks',
		async start() {
			reportSettings(parts, listAgents(api.config));
			endHealth = startHealth(parts.folder, { version: PLUGIN_VERSION });
			await dispatcher.start();
			runner.start();
			const names = registry
				.list()
				.filter(({ origin }) => origin !== 'callback')
				.map(({ name }) => name);
			logger.info(
				names.length === 0
					? 'no endpoints: no events are sent'
					: `events go to ${names.join(', ')}`,
			);
		},
		async stop() {
			await Promise.all([dispatcher.stop(), runner.stop()]);
			client.close();
			endHealth?.();
		},
	};
}
