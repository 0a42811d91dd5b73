import type { Cleanup } from '../../testbed/cleanup';
import type { ExampleSetup } from '../../testbed/exampleWorkflow';
import type { N8n } from '../../testbed/n8n/instance';
import { byId, CREDENTIAL_TYPE, INBOUND_TYPE } from '../../testbed/n8n/openclawNodes';
import type { WorkflowDefinition } from '../../testbed/n8n/workflow';
import { obtainPackage } from '../../testbed/packPackage';
import { obtainPlugin } from '../../testbed/plugin';
import { issueToken } from '../../testbed/pluginToken';
import type { Progress } from '../../testbed/progress';
import { ensureRuntimes } from '../../testbed/runtime';
import type { ScriptedModel } from '../../testbed/scriptedModel';
import { credentialData, startStack } from '../../testbed/stack';
import { startTelegramStandIn } from '../../testbed/telegramStandIn';
import { startTicketSystem, ticketWebhook, type TicketSystem } from '../../testbed/ticketSystem';
import { replyTo } from './agentScript';
import { Chats } from './chats';

const AGENT = 'support-bot';
const ENDPOINT = 'alert';
const INBOUND = {
	endpoints: {
		[ENDPOINT]: {
			agentId: 'alert-handler',
			template: '收到告警:{{body.title}} - 严重级别:{{body.severity}}',
		},
	},
};

/** The real n8n, the real gateway's agents, and the stand-ins for what is outside. */
export interface World {
	readonly n8n: N8n;
	readonly model: ScriptedModel;
	readonly chats: Chats;
	readonly ticketSystem: TicketSystem;
	/** Where n8n listens for changes of tickets. */
	readonly webhook: string;
	/** What examples are published with. */
	readonly setup: ExampleSetup;
}

/** Has a workflow send to an endpoint of the gateway instead of straight to an agent. */
export function sendingToEndpoint(definition: WorkflowDefinition): WorkflowDefinition {
	return {
		...definition,
		nodes: definition.nodes.map((node) =>
			node.type === INBOUND_TYPE
				? {
						...node,
						parameters: { ...node.parameters, source: 'endpoint', endpoint: byId(ENDPOINT) },
					}
				: node,
		),
	};
}

/** What the notes of the examples ask for: the same as a user does by hand. */
async function createCredentials(
	{ client }: N8n,
	gatewayUrl: string,
	accessToken: string,
	{ url, key }: TicketSystem,
): Promise<ExampleSetup> {
	const data = credentialData(gatewayUrl, { accessToken });
	return {
		openClaw: await client.createCredential(CREDENTIAL_TYPE, data, 'OpenClaw (demo)'),
		headerAuth: await client.createCredential('httpHeaderAuth', { ...key }, 'Ticket system (demo)'),
		outsideUrl: url,
	};
}

/**
 * Starts everything the demo needs.
 *
 * @param cleanup gets what has to be undone
 */
export async function startWorld(progress: Progress, cleanup: Cleanup): Promise<World> {
	const runtimes = await ensureRuntimes(progress);
	const packageFile = await obtainPackage(progress, cleanup);
	const pluginFile = await obtainPlugin(progress, cleanup);
	const telegram = await startTelegramStandIn();
	cleanup.defer(async () => telegram.stop());
	const ticketSystem = await startTicketSystem();
	cleanup.defer(async () => ticketSystem.stop());
	const { n8n, gateway, model } = await startStack({
		runtimes,
		packageFile,
		progress,
		cleanup,
		// Each person has a session of their own: only then replies find their way back.
		gatewayConfig: { ...telegram.config(AGENT), session: { dmScope: 'per-channel-peer' } },
		plugin: { packageFile: pluginFile, config: { inbound: INBOUND }, isInstalled: true },
		unmarkedReply: replyTo,
	});
	const token = await progress.step('Making an access token for n8n', async () =>
		issueToken(gateway),
	);
	return {
		n8n,
		model,
		chats: new Chats(telegram),
		ticketSystem,
		webhook: ticketWebhook(n8n.url),
		setup: await createCredentials(n8n, gateway.url, token, ticketSystem),
	};
}
