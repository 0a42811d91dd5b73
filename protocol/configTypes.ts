import type { EventType } from './event';
import type { EventFilter } from './eventFilter';

/** A reference to a secret that the gateway keeps elsewhere. */
export interface SecretReference {
	readonly source: string;
	readonly provider?: string;
	readonly id: string;
}

export interface RetryConfig {
	/** Tries in all, the first included: 1 to 20. */
	readonly maxAttempts: number;
	/** Milliseconds before the second try; doubled for each further one. 0 to 3,600,000. */
	readonly backoffMs: number;
}

/** One receiver of events. Values may hold `${NAME}`, which the gateway fills in from its environment. */
export interface EndpointConfig {
	readonly name: string;
	readonly url: string;
	/** What the events are signed with; unsigned when absent. */
	readonly secret?: string | SecretReference;
	readonly events: readonly (EventType | '*')[];
	readonly retry?: RetryConfig;
	readonly filter?: EventFilter;
	/** Replaces the body; its texts are templates over the event. */
	readonly transform?: Readonly<Record<string, unknown>>;
	readonly headers?: Readonly<Record<string, string>>;
	/** On unless false. */
	readonly enabled?: boolean;
	/** Milliseconds until a try without an answer counts as missed: 1 to 600,000. */
	readonly timeoutMs?: number;
	/** Requests at once: 1 to 100. */
	readonly concurrency?: number;
	/** Whether the URL may lead into a private network. */
	readonly allowPrivateHosts?: boolean;
}

/** What a POST to `{basePath}/{name}` tells which agent. */
export interface InboundEndpointConfig {
	readonly agentId: string;
	readonly template: string;
}

export interface InboundConfig {
	readonly enabled: boolean;
	/** Starts with a slash and doesn't end with one. */
	readonly basePath: string;
	readonly endpoints: Readonly<Record<string, InboundEndpointConfig>>;
	/** Where `callbackUrl` of a message may lead: origins such as `https://n8n.example`. */
	readonly callbackOrigins: readonly string[];
}

/** How the gateway keeps events that wait, and what it keeps of the ones that don't. */
export interface OutboxConfig {
	/** Days that deliveries and their attempts stay in the log: 1 to 365. */
	readonly retentionDays: number;
	/** Megabytes that the outbox may take on disk: 1 to 1,000,000. */
	readonly maxMegabytes: number;
	/** Whether each event is on the disk itself before the agent goes on, so that a power cut loses none. */
	readonly powerSafe: boolean;
}

export interface WebhooksConfig {
	readonly endpoints: readonly EndpointConfig[];
	readonly inbound: InboundConfig | undefined;
	/** What the events name as their gateway; the host's name unless given. */
	readonly instanceId: string | undefined;
	readonly outbox: OutboxConfig | undefined;
	/** Every agent the file names, each once. */
	readonly agentIds: readonly string[];
	/** Names of `${NAME}` in the values, each once. They are never resolved here. */
	readonly environmentNames: readonly string[];
}

export interface ConfigIssue {
	/** The key as one would write it, e.g. `webhooks.endpoints[0].retry.maxAttempts`; empty for the file. */
	readonly path: string;
	/** What is wrong, the key included. */
	readonly message: string;
	/** From 1; absent where the place could not be found. */
	readonly line?: number;
	/** From 1, in UTF-16 code units. */
	readonly column?: number;
}

export type ParsedConfig =
	| { ok: true; config: WebhooksConfig }
	| { ok: false; issues: readonly [ConfigIssue, ...ConfigIssue[]] };
