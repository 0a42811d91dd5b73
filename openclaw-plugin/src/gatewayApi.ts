import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServiceHealth } from './health/health';

/**
 * The part of OpenClaw's plugin API that this plugin uses, with payloads as `unknown`: what comes from
 * the gateway is parsed where it enters. The end-to-end tests check this against the real types.
 *
 * @see https://docs.openclaw.ai/plugins/sdk-overview
 */
export interface GatewayApi {
	readonly registrationMode: string;
	/** The gateway's whole configuration, `${NAME}` and secret references resolved. */
	readonly config: unknown;
	/** `plugins.entries["event-webhooks"].config`. */
	readonly pluginConfig?: Readonly<Record<string, unknown>>;
	readonly logger: Logger;
	readonly runtime: {
		/** Of OpenClaw, such as `2026.9.6`. */
		readonly version?: string;
		/** The gateway's configuration as it is now; an older gateway may not have it. */
		readonly config?: { current?(): unknown };
		readonly state: { resolveStateDir(): string };
		readonly subagent: AgentRuns;
		/** Older gateways may not have it. */
		readonly agent?: {
			readonly session?: { getSessionEntry?(params: { sessionKey: string }): unknown };
		};
	};
	readonly agent: {
		readonly events: {
			registerAgentEventSubscription(subscription: {
				id: string;
				streams: AgentEventStream[];
				handle(event: unknown): void;
			}): void;
		};
	};
	readonly session: {
		readonly controls: { registerControlUiDescriptor(tab: ControlUiTab): void };
	};
	readonly lifecycle?: {
		onDispose?(cleanup: () => void): unknown;
		/** All that OpenClaw 2026.9.1 has here. It also tells of resets, so it is no end of the plugin. */
		readonly registerRuntimeLifecycle?: unknown;
	};
	on(
		hook: HookName,
		handler: (event: unknown, context: unknown) => void,
		options?: { readonly priority?: number },
	): void;
	/** The agent waits for the answer. */
	on(
		hook: 'before_tool_call',
		handler: (event: unknown, context: unknown) => ToolCallAnswer | Promise<ToolCallAnswer>,
		options?: { readonly priority?: number; readonly timeoutMs?: number },
	): void;
	registerHttpRoute(route: HttpRoute): void;
	/** A command that people write in a chat; no agent reads it. */
	registerCommand?(command: {
		name: string;
		description: string;
		acceptsArgs: boolean;
		/** Only for those whom the gateway lets command its bot. */
		requireAuth: boolean;
		handler(context: unknown): { text: string };
	}): void;
	/** Says which changes of the configuration need no replacement of the plugin. */
	registerReload?(rules: { hotPrefixes: string[] }): void;
	registerService(service: Service): void;
	registerCli(
		registrar: (context: { program: unknown; config: unknown; logger: Logger }) => void,
		options: {
			descriptors: { name: string; description: string; hasSubcommands: boolean }[];
		},
	): void;
}

export type AgentEventStream = 'lifecycle' | 'tool';

export interface Logger {
	debug?(message: string): void;
	info(message: string): void;
	warn(message: string): void;
	error(message: string): void;
}

/**
 * What becomes of a tool call: it is refused with a reason that the agent reads, or made with these parameters
 * whatever other plugins have made of them. Undefined leaves it alone.
 */
export type ToolCallAnswer =
	| { readonly block: true; readonly blockReason: string }
	| { readonly params: Record<string, unknown> }
	| undefined;

/** Hooks whose payloads become events. */
export type HookName =
	| 'message_received'
	| 'message_sent'
	| 'session_start'
	| 'session_end'
	| 'subagent_spawned'
	| 'subagent_ended'
	| 'before_tool_call'
	| 'after_tool_call'
	| 'llm_input'
	| 'llm_output'
	| 'model_call_ended'
	| 'cron_changed'
	| 'gateway_stop';

/** `auth: 'plugin'` lets everybody in: the handler checks the token itself. */
export interface HttpRoute {
	readonly path: string;
	readonly auth: 'plugin' | 'gateway';
	readonly match: 'exact' | 'prefix';
	/** Says whether it has answered. */
	handler(request: IncomingMessage, response: ServerResponse): boolean | Promise<boolean>;
}

export interface Service {
	readonly id: string;
	/** The gateway starts it again, with the new configuration, when one of these changes. */
	readonly reload?: { readonly configPrefixes: readonly string[] };
	start(context: {
		readonly stateDir: string;
		readonly config: unknown;
		/** Older gateways have none. */
		readonly serviceHealth?: ServiceHealth;
	}): void | Promise<void>;
	stop(): void | Promise<void>;
}

/** Starts turns of agents. Works only from code that a service has started. */
export interface AgentRuns {
	run(input: {
		sessionKey: string;
		message: string;
		deliver?: boolean;
		model?: string;
		extraSystemPrompt?: string;
		/** Becomes the run's id. */
		idempotencyKey?: string;
	}): Promise<{ runId: string }>;
	waitForRun(input: { runId: string; timeoutMs?: number }): Promise<unknown>;
}

/** A tab of the gateway's control UI. */
export interface ControlUiTab {
	readonly id: string;
	readonly surface: 'tab';
	readonly label: string;
	readonly description: string;
	readonly icon: string;
	readonly group: 'control';
	readonly path: string;
	readonly slug: string;
	requiredScopes: ('operator.read' | 'operator.write')[];
}
