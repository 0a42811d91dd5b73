import { createDispatcher } from './delivery/dispatcher';
import { GATEWAY_HOST_RULES } from './delivery/guard';
import { createHttpClient } from './delivery/http';
import { clearFault, listFaults, reportFault } from './health/faults';
import { startHealth } from './health/health';
import { createAgentRunner } from './inbound/agentRunner';
import type { Parts } from './parts';
import type { GatewayApi, Service } from './sdk';

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
			reportSettings(parts);
			endHealth = startHealth(parts.folder, { version: PLUGIN_VERSION });
			await dispatcher.start();
			runner.start();
			const names = registry.list().map(({ name }) => name);
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

/** Makes known what is wrong with the settings, and forgets what was. */
function reportSettings({ folder, settings, logger }: Parts): void {
	for (const { code, subject } of listFaults(folder)) {
		if (code === 'config') clearFault(folder, code, subject);
	}
	for (const { path, message } of settings.issues) {
		reportFault(folder, { code: 'config', subject: path, severity: 'fault', message });
		logger.error(`${message}. Nothing is sent or let in until it is mended`);
	}
}
