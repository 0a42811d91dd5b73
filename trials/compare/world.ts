import { randomBytes } from 'node:crypto';
import { createSecret } from '../../protocol';
import type { Cleanup } from '../../testbed/cleanup';
import { startGateway, type Gateway } from '../../testbed/gateway';
import { startHttpSink, type HttpSink } from '../../testbed/httpSink';
import { startN8n, type N8n } from '../../testbed/n8n/instance';
import { obtainPackage } from '../../testbed/packPackage';
import { obtainPlugin } from '../../testbed/plugin';
import { issueToken } from '../../testbed/pluginToken';
import type { Progress } from '../../testbed/progress';
import { ensureRuntimes, type Runtimes } from '../../testbed/runtime';
import { startScriptedModel } from '../../testbed/scriptedModel';
import type { FetchedReceiver, SentReceiver } from './candidate';
import { publishConnection, publishWebhooks, type Secrets } from './candidates';

/** What the gateway tries again, so that n8n may be away for some minutes. */
export const RETRY = { maxAttempts: 12, backoffMs: 1000 } as const;

/** One n8n with all candidates, the gateway that feeds them, and the sink behind them. */
export interface World {
	readonly runtimes: Runtimes;
	readonly n8n: N8n;
	readonly gateway: Gateway;
	/** A token of the gateway's plugin. */
	readonly accessToken: string;
	readonly sink: HttpSink;
	readonly connection: FetchedReceiver;
	readonly webhooks: readonly SentReceiver[];
	readonly secrets: Secrets;
}

/**
 * Starts everything that the comparison needs.
 *
 * @param cleanup gets what has to be undone
 */
export async function startWorld(
	progress: Progress,
	cleanup: Pick<Cleanup, 'defer'>,
): Promise<World> {
	const runtimes = await ensureRuntimes(progress);
	const packageFile = await obtainPackage(progress, cleanup);
	const pluginFile = await obtainPlugin(progress, cleanup);
	const secrets: Secrets = {
		signing: createSecret(),
		token: randomBytes(32).toString('base64url'),
	};
	const sink = await startHttpSink();
	cleanup.defer(async () => sink.stop());
	const model = await startScriptedModel();
	cleanup.defer(async () => model.stop());
	const n8n = await progress.step('Starting n8n with the packed package', async () =>
		startN8n({
			runtimes,
			packageFile,
			installBy: 'npm',
			env: { N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true' },
		}),
	);
	cleanup.defer(async () => n8n.remove());
	const parts = { n8n, sinkUrl: sink.url, secrets };
	const webhooks = await publishWebhooks(parts);
	const gateway = await progress.step('Starting a gateway with the plugin', async () =>
		startGateway({
			runtimes,
			modelUrl: model.url,
			plugin: {
				packageFile: pluginFile,
				config: {
					endpoints: webhooks.map(({ key, url, endpoint }) => ({
						name: key,
						url,
						events: ['*'],
						retry: RETRY,
						allowPrivateHosts: true,
						...endpoint,
					})),
				},
			},
		}),
	);
	cleanup.defer(async () => gateway.remove());
	const accessToken = await issueToken(gateway);
	const connection = await publishConnection(parts, { gateway, accessToken });
	return { runtimes, n8n, gateway, accessToken, sink, connection, webhooks, secrets };
}
