import type { JsonObject } from './json';

/** Secrets of the throwaway gateway. */
export const GATEWAY_TOKENS = {
	/** Bearer token of `/hooks/*`: what the n8n credential's *Access Token* holds. */
	hooks: 'hooks-token-of-the-throwaway-gateway',
	/** Token of the gateway itself (operator). */
	operator: 'operator-token-of-the-throwaway-gateway',
} as const;

/** Agents of the throwaway gateway. */
export const GATEWAY_AGENTS = ['main', 'alert-handler', 'support-bot'] as const;

/** What a gateway configuration is built from. */
export interface GatewayConfigOptions {
	readonly port: number;
	/** Base URL of the model provider. */
	readonly modelUrl: string;
	/** State folder of the gateway. */
	readonly folder: string;
	/** Top-level keys that replace the ones below, such as `plugins` or `channels`. */
	readonly more?: JsonObject;
}

/**
 * Builds the configuration of a gateway that works offline: three agents, one scripted model, hooks
 * on, and the mapping `alert` (`/hooks/alert`).
 */
export function gatewayConfig({ port, modelUrl, folder, more }: GatewayConfigOptions): JsonObject {
	const model = {
		id: 'scripted-1',
		name: 'Scripted',
		reasoning: false,
		input: ['text'],
		cost: { input: 1, output: 2, cacheRead: 0, cacheWrite: 0 },
		contextWindow: 128_000,
		maxTokens: 4096,
	};
	const provider = {
		baseUrl: modelUrl,
		apiKey: 'none',
		api: 'openai-completions',
		models: [model],
	};
	return {
		gateway: {
			mode: 'local',
			port,
			bind: 'loopback',
			auth: { mode: 'token', token: GATEWAY_TOKENS.operator },
			http: { endpoints: { chatCompletions: { enabled: true } } },
		},
		models: { mode: 'merge', providers: { scripted: provider } },
		agents: {
			// Mandatory with more than one agent.
			ownership: 'explicit',
			defaults: {
				model: { primary: 'scripted/scripted-1' },
				workspace: `${folder}/workspaces/main`,
				skipBootstrap: true,
				systemAgent: { agentId: 'main' },
				heartbeat: { every: '0m', agentId: 'main' },
			},
			entries: Object.fromEntries(
				GATEWAY_AGENTS.map((id) => [id, { workspace: `${folder}/workspaces/${id}` }]),
			),
		},
		hooks: {
			enabled: true,
			token: GATEWAY_TOKENS.hooks,
			path: '/hooks',
			mappings: [
				{
					id: 'alert',
					match: { path: 'alert' },
					action: 'agent',
					agentId: 'alert-handler',
					name: 'Alert',
					messageTemplate: 'Alert: {{title}} ({{severity}})',
					deliver: false,
				},
			],
		},
		logging: { file: `${folder}/gateway-details.log`, level: 'info' },
		...more,
	};
}
