import { tellByEvents } from './delivery/changes';
import { createDispatcher } from './delivery/dispatcher';
import type { GatewayApi, Logger, Service } from './gatewayApi';
import { GATEWAY_HOST_RULES, stopActiveRun } from './gatewaySdk';
import { createHttpClient } from './delivery/httpClient';
import type { EndpointRegistry } from './endpoints/registry';
import { startHealth } from './health/health';
import { createAgentRunner, createRunStop } from './inbound/agentRunner';
import { writeWaitingEvents } from './outbox/safeAppend';
import type { Parts } from './parts';
import { applyConfig, rememberOutbox, reportSettings } from './settings/appliedSettings';
import { errorText } from './logger';
import { storeFailureOf } from './store/storeError';

/** Milliseconds between two looks at who fetches. */
const AGEING_MS = 60_000;

export interface ServiceOptions {
	/** Keys of the gateway's configuration whose change starts the service again. */
	readonly reloadPrefixes: readonly string[] | undefined;
	/** Called when the settings have been applied, before anything works by them. */
	readonly onSettings: () => void;
}

/**
 * Makes deliveries and starts agents' runs for as long as the gateway runs. Each start applies the
 * configuration that the gateway gives, in all instances of the plugin.
 *
 * @example
 * api.registerService(createService(api, parts, { reloadPrefixes: ['agents.entries'], onSettings }));
 */
export function createService(
	api: Pick<GatewayApi, 'runtime'>,
	parts: Parts,
	{ reloadPrefixes, onSettings }: ServiceOptions,
): Service {
	const { folder, store, logger } = parts;
	let stop: (() => Promise<void>) | undefined;
	return {
		id: 'event-webhooks',
		...(reloadPrefixes === undefined ? {} : { reload: { configPrefixes: reloadPrefixes } }),
		async start({ config, serviceHealth }) {
			applyConfig(folder, config);
			const { settings, registry } = parts.current();
			reportSettings({ folder, settings, logger }, parts.gateway().agents);
			onSettings();
			const endHealth = startHealth(folder, { version: PLUGIN_VERSION, serviceHealth });
			const work = createWork(api, parts);
			stop = async () => {
				await work.stop();
				const waiting = writeWaitingEvents(folder);
				if (waiting > 0) {
					logger.error(
						`${String(waiting)} events wait in memory, and are lost if the gateway ends`,
					);
				}
				endHealth();
			};
			await work.start();
			try {
				rememberOutbox(store, settings.outbox);
				logger.info(describeEndpoints(registry));
			} catch (error) {
				// The work begins by itself when the database can be read.
				if (storeFailureOf(error) === undefined) throw error;
				logger.error(errorText(error));
			}
		},
		async stop() {
			await stop?.();
			stop = undefined;
		},
	};
}

/** Deliveries and runs by the settings as they are now. */
function createWork(api: Pick<GatewayApi, 'runtime'>, { folder, store, logger, current }: Parts) {
	const {
		outbox,
		registry,
		settings,
		emit,
		callbacks,
		connections,
		ownEvents,
		approvals,
		reviews,
	} = current();
	const client = createHttpClient(GATEWAY_HOST_RULES);
	const dispatcher = createDispatcher({
		...tellByEvents(ownEvents),
		store,
		outbox,
		registry,
		request: client.send,
		logger,
		version: PLUGIN_VERSION,
	});
	const runner = createAgentRunner({
		folder,
		database: store,
		runs: api.runtime.subagent,
		stopRun: createRunStop(folder, stopActiveRun),
		emit,
		onEnded: callbacks.send,
		logger,
		retentionDays: settings.outbox.retentionDays,
	});
	let ageing: NodeJS.Timeout | undefined;
	const tidy = () => {
		attempt(() => {
			approvals.closeOrphans();
			approvals.forget(settings.outbox.retentionDays);
			reviews.forget(settings.outbox.retentionDays);
		}, logger);
	};
	return {
		start: async () => {
			tidy();
			await dispatcher.start();
			runner.start();
			ageing = setInterval(() => {
				attempt(() => {
					connections.age(AGEING_MS);
				}, logger);
				tidy();
			}, AGEING_MS).unref();
		},
		stop: async () => {
			clearInterval(ageing);
			await Promise.all([dispatcher.stop(), runner.stop()]);
			client.close();
		},
	};
}

/** The store has reported what it cannot do. */
function attempt(work: () => void, logger: Pick<Logger, 'error'>): void {
	try {
		work();
	} catch (error) {
		if (storeFailureOf(error) === undefined) logger.error(errorText(error));
	}
}

function describeEndpoints(registry: EndpointRegistry): string {
	const names = registry
		.list()
		.filter(({ kind, lifecycle }) => kind !== 'callback' && lifecycle.state !== 'removed')
		.map(({ name, lifecycle: { state } }) => (state === 'active' ? name : `${name} (${state})`));
	return names.length === 0 ? 'no endpoints: no events are sent' : `endpoints: ${names.join(', ')}`;
}
