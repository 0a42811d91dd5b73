import type { VariantKind } from './triggerVariants';

/** What has to be reached with one setting; factors against another variant of the same run. */
export interface EngineTargets {
	/** CPU of an event that is fetched, of the built-in Webhook's. */
	readonly fetchedOfWebhook: number;
	/** Accepted events, of the built-in Webhook's. */
	readonly acceptedOfWebhook: number;
	/** Accepted events, of the hand-built chain's. */
	readonly acceptedOfChain?: number;
	/** Forged requests answered, of the events that the built-in Webhook accepts. */
	readonly forgedOfWebhook?: number;
}

/** A setting of n8n's expression engine. */
export interface Engine {
	readonly title: string;
	readonly env: Readonly<Record<string, string>>;
	readonly rounds: number;
	/** Events in each round. */
	readonly requests: Readonly<Record<VariantKind, number>>;
	readonly targets: EngineTargets;
}

/** n8n's default first. */
export const ENGINES: readonly Engine[] = [
	{
		title: 'the default engine (vm)',
		env: {},
		rounds: 7,
		requests: { light: 80, batched: 1000, chain: 40 },
		targets: { fetchedOfWebhook: 0.95, acceptedOfWebhook: 0.5 },
	},
	{
		title: '`N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE=true`',
		env: { N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true' },
		rounds: 11,
		requests: { light: 120, batched: 1000, chain: 30 },
		targets: {
			fetchedOfWebhook: 1,
			acceptedOfWebhook: 0.9,
			acceptedOfChain: 3,
			forgedOfWebhook: 4,
		},
	},
	{
		title: '`N8N_EXPRESSION_ENGINE=legacy`',
		env: { N8N_EXPRESSION_ENGINE: 'legacy' },
		rounds: 11,
		requests: { light: 120, batched: 1000, chain: 60 },
		targets: {
			fetchedOfWebhook: 1,
			acceptedOfWebhook: 0.8,
			acceptedOfChain: 1,
			forgedOfWebhook: 3.5,
		},
	},
];
