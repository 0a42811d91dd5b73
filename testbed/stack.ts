import { startGateway, type Gateway, type GatewayOptions } from './gateway';
import { GATEWAY_TOKENS } from './gatewayConfig';
import type { JsonObject } from './json';
import { startAnyN8n } from './n8n/anyInstance';
import type { N8n } from './n8n/instance';
import type { Progress } from './progress';
import type { Runtimes } from './runtime';
import { startScriptedModel, type ScriptedModel } from './scriptedModel';
import type { UnmarkedReply } from './scriptedReply';
import type { Cleanup } from './cleanup';

/** A real n8n with our package and a real gateway with a scripted model, side by side. */
export interface Stack {
	readonly n8n: N8n;
	readonly gateway: Gateway;
	readonly model: ScriptedModel;
}

/**
 * Starts n8n and the gateway at the same time.
 *
 * @param cleanup gets what has to be undone
 */
export async function startStack(options: {
	readonly runtimes: Runtimes;
	readonly packageFile: string;
	readonly progress: Progress;
	readonly cleanup: Pick<Cleanup, 'defer'>;
	readonly n8nEnv?: Readonly<Record<string, string>>;
	/** Installs our plugin into the gateway. */
	readonly plugin?: NonNullable<GatewayOptions['plugin']>;
	/** Top-level keys of the gateway's configuration that replace the usual ones. */
	readonly gatewayConfig?: JsonObject;
	/** What the agents answer to messages without a marker. */
	readonly unmarkedReply?: UnmarkedReply;
}): Promise<Stack> {
	const { runtimes, packageFile, progress, cleanup, n8nEnv, plugin, gatewayConfig } = options;
	const model = await startScriptedModel(options.unmarkedReply);
	cleanup.defer(async () => model.stop());
	const starts = [
		progress.step('Starting a throwaway n8n with the packed package', async () => {
			const n8n = await startAnyN8n({
				runtimes,
				packageFile,
				...(n8nEnv === undefined ? {} : { env: n8nEnv }),
			});
			cleanup.defer(async () => n8n.remove());
			return n8n;
		}),
		progress.step('Starting an OpenClaw gateway with a scripted model', async () => {
			const gateway = await startGateway({
				runtimes,
				modelUrl: model.url,
				...(plugin === undefined ? {} : { plugin }),
				...(gatewayConfig === undefined ? {} : { config: gatewayConfig }),
			});
			cleanup.defer(async () => gateway.remove());
			return gateway;
		}),
	] as const;
	// Both have to be settled before anything is cleaned up, or one would be left behind.
	await Promise.allSettled(starts);
	return { n8n: await starts[0], gateway: await starts[1], model };
}

/**
 * Data of an `openClawApi` credential for a gateway.
 *
 * @param changes fields that differ, such as the `signingSecret`
 */
export function credentialData(gatewayUrl: string, changes: JsonObject = {}): JsonObject {
	return {
		gatewayUrl,
		accessToken: '',
		hookToken: GATEWAY_TOKENS.hooks,
		signingSecret: '',
		inboundPath: '/webhooks/inbound',
		hooksPath: '/hooks',
		ignoreSslIssues: false,
		...changes,
	};
}
