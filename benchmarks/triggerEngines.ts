import type { VariantKind } from './triggerVariants';

/** What has to be reached with one setting; factors against another variant of the same run. */
export interface EngineTargets {
	/** Accepted events, of the built-in Webhook's. */
	readonly acceptedOfWebhook: number;
	/** Accepted events, of the hand-built chain's. */
	readonly acceptedOfChain?: number;
	/** Forged requests answered, of the events that the built-in Webhook accepts. */
	readonly forgedOfWebhook?: number;
	/** Cheapness of a forged request, of the hand-built chain's. */
	readonly forgedOfChain?: number;
}

/** A setting of n8n's expression engine. */
export interface Engine {
	readonly title: string;
	readonly env: Readonly<Record<string, string>>;
	readonly rounds: number;
	/** Requests in each round. */
	readonly requests: Readonly<Record<VariantKind, number>>;
	readonly targets: EngineTargets;
}

/** n8n's default first. */
export const ENGINES: readonly Engine[] = [
	{
		title: 'the default engine (vm)',
		env: {},
		rounds: 7,
		requests: { light: 40, chain: 40 },
		targets: { acceptedOfWebhook: 0.65, forgedOfChain: 1.5 },
	},
	{
		title: '`N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE=true`',
		env: { N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true' },
		rounds: 11,
		requests: { light: 120, chain: 30 },
		targets: { acceptedOfWebhook: 0.95, acceptedOfChain: 3, forgedOfWebhook: 4 },
	},
	{
		title: '`N8N_EXPRESSION_ENGINE=legacy`',
		env: { N8N_EXPRESSION_ENGINE: 'legacy' },
		rounds: 11,
		requests: { light: 120, chain: 60 },
		targets: { acceptedOfWebhook: 0.95, acceptedOfChain: 1.2, forgedOfWebhook: 4 },
	},
];
