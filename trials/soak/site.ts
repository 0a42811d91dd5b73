import { createSecret } from '../../protocol';
import type { Cleanup } from '../../testbed/cleanup';
import { startGateway, type Gateway } from '../../testbed/gateway';
import type { JsonObject } from '../../testbed/json';
import { startN8n, type N8n } from '../../testbed/n8n/instance';
import { obtainPackage } from '../../testbed/packPackage';
import { obtainPlugin } from '../../testbed/plugin';
import { freePorts } from '../../testbed/ports';
import type { Progress } from '../../testbed/progress';
import { ensureRuntimes, type Runtimes } from '../../testbed/runtime';
import { startScriptedModel, type ScriptedModel } from '../../testbed/scriptedModel';
import { startTelegramStandIn, type TelegramStandIn } from '../../testbed/telegramStandIn';
import {
	AGENTS_FOR_N8N,
	CHAT_AGENT,
	ENDPOINTS,
	INBOUND_ENDPOINT,
	TOLD,
	TOLD_AGENT,
	toldMessage,
} from './names';
import { startReceiver, type Receiver } from './receiver';
import { publishWorkflow } from './workflow';

/** Everything that takes part. */
export interface Site {
	readonly runtimes: Runtimes;
	readonly n8n: N8n;
	readonly gateway: Gateway;
	readonly model: ScriptedModel;
	readonly telegram: TelegramStandIn;
	readonly receiver: Receiver;
	/** Numbered messages of which an agent was told, and has asked its model. */
	readonly heard: ReadonlySet<string>;
	/** What both receivers' events are signed with. */
	readonly secret: string;
	/** The trigger's address. */
	readonly webhookUrl: string;
}

const N8N_SETTINGS = {
	N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true',
	// The books need each execution.
	EXECUTIONS_DATA_PRUNE: 'false',
	// In MiB, so that a body that is too large costs little. The plugin's events are no larger.
	N8N_PAYLOAD_SIZE_MAX: '1',
} as const;

/** Short waits: what the test waits for is that everything arrives, not when. */
const RETRY = { maxAttempts: 20, backoffMs: 250 } as const;

function pluginSettings(n8nUrl: string, receiverUrl: string, secret: string): JsonObject {
	const common = { secret, events: ['*'], retry: RETRY, allowPrivateHosts: true, concurrency: 4 };
	return {
		endpoints: [
			{ ...common, name: ENDPOINTS.n8n, url: n8nUrl, filter: { agentIds: AGENTS_FOR_N8N } },
			{ ...common, name: ENDPOINTS.receiver, url: receiverUrl },
		],
		inbound: {
			endpoints: {
				[INBOUND_ENDPOINT]: { agentId: TOLD_AGENT, template: `${TOLD}{{body.text}}` },
			},
		},
	};
}

/**
 * Starts n8n with the packed package and a published workflow, a gateway with the packed plugin, and
 * what they talk to.
 *
 * @param cleanup gets what has to be undone
 */
export async function startSite(progress: Progress, cleanup: Cleanup): Promise<Site> {
	const runtimes = await ensureRuntimes(progress);
	const packageFile = await obtainPackage(progress, cleanup);
	const pluginFile = await obtainPlugin(progress, cleanup);
	const secret = createSecret();
	const heard = new Set<string>();
	const model = await startScriptedModel((message) => {
		const told = toldMessage(message);
		if (told !== undefined) heard.add(told);
		return 'Understood, I am on it.';
	});
	cleanup.defer(async () => model.stop());
	const telegram = await startTelegramStandIn();
	cleanup.defer(async () => telegram.stop());
	const receiver = await startReceiver(secret);
	cleanup.defer(async () => receiver.stop());
	const [port = 0] = await freePorts(1);

	const n8n = await progress.step('Starting n8n with the packed package', async () =>
		startN8n({ runtimes, packageFile, env: N8N_SETTINGS }),
	);
	cleanup.defer(async () => n8n.remove());
	const webhookUrl = await publishWorkflow(n8n.client, `http://127.0.0.1:${port}`, secret);
	const gateway = await progress.step('Starting a gateway with the packed plugin', async () =>
		startGateway({
			runtimes,
			port,
			modelUrl: model.url,
			config: { ...telegram.config(CHAT_AGENT), session: { dmScope: 'per-channel-peer' } },
			plugin: {
				packageFile: pluginFile,
				config: pluginSettings(webhookUrl, receiver.url, secret),
			},
		}),
	);
	cleanup.defer(async () => gateway.remove());
	return { runtimes, n8n, gateway, model, telegram, receiver, heard, secret, webhookUrl };
}
