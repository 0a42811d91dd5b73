/**
 * What is used of the gateway's modules. The gateway itself is no dependency (it weighs 800 MB): the
 * end-to-end tests compile the plugin against the real types instead of these.
 */
declare module 'openclaw/plugin-sdk/plugin-entry' {
	export function definePluginEntry(entry: {
		id: string;
		name: string;
		description: string;
		register(api: import('./gatewayApi').GatewayApi): void;
	}): unknown;
}

declare module 'openclaw/plugin-sdk/ssrf-runtime' {
	/** Names such as `localhost` and `*.internal`, and addresses that are not public. */
	export function isBlockedHostnameOrIp(hostname: string): boolean;
	export function isPrivateIpAddress(address: string): boolean;
}

declare module 'openclaw/plugin-sdk/agent-harness' {
	/** The session of an agent in which a run is at work. */
	export function resolveActiveEmbeddedRunSessionId(sessionKey: string): string | undefined;
	/** Ends it; false where there is none, or it cannot be ended now. */
	export function abortAgentHarnessRun(sessionId: string): boolean;
}

declare module 'openclaw/plugin-sdk/security-runtime' {
	/** Marks text as coming from outside, with the warning that agents are trained to heed. */
	export function wrapExternalContent(content: string, options: { source: 'webhook' }): string;
}

declare module 'openclaw/plugin-sdk/webhook-ingress' {
	/** Registers a route while the gateway runs. Returns what takes it away again. */
	export function registerPluginHttpRoute(
		route: import('./gatewayApi').HttpRoute & {
			readonly pluginId: string;
			/** Which of the plugin's routes may take each other's place. */
			readonly source: string;
			readonly replaceExisting: boolean;
			readonly throwOnFailure: boolean;
		},
	): () => void;
}

declare module 'openclaw/plugin-sdk/config-mutation' {
	/** Reads the configuration file; `parsed` is what is written in it. */
	export function readConfigFileSnapshotForWrite(): Promise<{
		readonly snapshot: { readonly parsed: unknown };
	}>;
	/** Changes the configuration file under a lock; a running gateway applies it. */
	export function mutateConfigFile(params: {
		afterWrite?: { mode: 'auto' };
		mutate(draft: object): void;
	}): Promise<unknown>;
}

declare module 'openclaw/plugin-sdk/channel-outbound' {
	/** Sends to a chat; what the channel cannot take now is tried again from its own queue. */
	export function sendDurableMessageBatch(params: {
		/** The gateway's configuration. */
		cfg: never;
		channel: string;
		to: string;
		accountId?: string;
		threadId?: string;
		payloads: {
			text: string;
			presentation: {
				blocks: {
					type: 'buttons';
					buttons: {
						label: string;
						style: 'success' | 'danger';
						action?: { type: 'command'; command: string };
						value?: string;
					}[];
				}[];
			};
		}[];
	}): Promise<{ readonly status: 'sent' | 'suppressed' | 'partial_failed' | 'failed' }>;
}
