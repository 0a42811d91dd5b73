import { hostname } from 'node:os';
import { checkConfig, DEFAULT_INBOUND_PATH, DEFAULT_OUTBOX } from '../protocol';
import type { ConfigIssue, EndpointConfig, InboundConfig, OutboxConfig } from '../protocol';

/** What the gateway's configuration says about this plugin. */
export interface Settings {
	/** Which gateway events come from. */
	readonly instanceId: string;
	/** Endpoints of the configuration file; the ones made over the API are not among them. */
	readonly endpoints: readonly EndpointConfig[];
	readonly inbound: InboundConfig;
	readonly outbox: OutboxConfig;
	/** What was wrong; the endpoints are then the ones that could be read. */
	readonly issues: readonly ConfigIssue[];
}

/**
 * Reads `plugins.entries["event-webhooks"].config`, in which the gateway has filled in `${NAME}` and
 * secret references. Never throws: with a fault in it nothing is sent and nothing is let in, and the
 * issues say what to mend.
 */
export function readSettings(pluginConfig: unknown): Settings {
	const checked = checkConfig(pluginConfig ?? {});
	const config = checked.ok ? checked.config : undefined;
	return {
		instanceId: config?.instanceId ?? hostname(),
		endpoints: config?.endpoints ?? [],
		inbound: config?.inbound ?? {
			enabled: checked.ok,
			basePath: DEFAULT_INBOUND_PATH,
			endpoints: {},
			callbackOrigins: [],
		},
		outbox: config?.outbox ?? DEFAULT_OUTBOX,
		issues: checked.ok ? [] : checked.issues,
	};
}
