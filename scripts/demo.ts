import { join } from 'node:path';
import { Cleanup } from '../testbed/cleanup';
import { OWNER, readWorkflowFile, type N8nClient } from '../testbed/n8n/client';
import {
	byId,
	CREDENTIAL_TYPE,
	INBOUND_TYPE,
	TRIGGER_TYPE,
	withCredential,
} from '../testbed/n8n/openclawNodes';
import type { WorkflowDefinition } from '../testbed/n8n/workflow';
import { obtainPackage, REPOSITORY } from '../testbed/packPackage';
import { obtainPlugin } from '../testbed/plugin';
import { issueToken } from '../testbed/pluginToken';
import { createProgress, formatDuration, numberSteps, type Progress } from '../testbed/progress';
import { ensureRuntimes } from '../testbed/runtime';
import { credentialData, startStack } from '../testbed/stack';
import { startTelegramStandIn } from '../testbed/telegramStandIn';
import { showConversation } from './demo/conversation';
import { showMessage } from './demo/message';

const EXAMPLE = 'examples/quick-start.workflow.json';
const MANUAL_TRIGGER_TYPE = 'n8n-nodes-base.manualTrigger';
const INBOUND = {
	endpoints: {
		alert: {
			agentId: 'alert-handler',
			template: '收到告警:{{body.title}} - 严重级别:{{body.severity}}',
		},
	},
};

function nodeName(definition: WorkflowDefinition, type: string): string {
	const found = definition.nodes.find((node) => node.type === type);
	if (found === undefined) throw new Error(`${EXAMPLE} has no node of type ${type}`);
	return found.name;
}

/** Sends the message to an endpoint of the gateway instead of straight to an agent. */
function sendingToEndpoint(definition: WorkflowDefinition, endpoint: string): WorkflowDefinition {
	return {
		...definition,
		nodes: definition.nodes.map((node) =>
			node.type === INBOUND_TYPE
				? {
						...node,
						parameters: { ...node.parameters, source: 'endpoint', endpoint: byId(endpoint) },
					}
				: node,
		),
	};
}

async function publishExample(client: N8nClient, gatewayUrl: string, accessToken: string) {
	const credential = await client.createCredential(
		CREDENTIAL_TYPE,
		credentialData(gatewayUrl, { accessToken }),
		'OpenClaw (demo)',
	);
	const example = sendingToEndpoint(await readWorkflowFile(join(REPOSITORY, EXAMPLE)), 'alert');
	const workflow = await client.createWorkflow(withCredential(example, credential));
	await client.publish(workflow);
	return { example, workflow };
}

async function demonstrate(progress: Progress, cleanup: Cleanup): Promise<string> {
	const runtimes = await ensureRuntimes(progress);
	const packageFile = await obtainPackage(progress, cleanup);
	const pluginFile = await obtainPlugin(progress, cleanup);
	const telegram = await startTelegramStandIn();
	cleanup.defer(async () => telegram.stop());
	const { n8n, gateway, model } = await startStack({
		runtimes,
		packageFile,
		progress,
		cleanup,
		gatewayConfig: telegram.config('support-bot'),
		plugin: { packageFile: pluginFile, config: { inbound: INBOUND } },
	});
	const { client } = n8n;

	const token = await progress.step('Making an access token for n8n', async () =>
		issueToken(gateway),
	);
	const { example, workflow } = await progress.step(
		`Publishing ${EXAMPLE}, which registers itself at the gateway`,
		async () => publishExample(client, gateway.url, token),
	);
	const triggerName = nodeName(example, TRIGGER_TYPE);
	progress.line();
	await showConversation({ telegram, client, workflow, triggerName }, progress);
	progress.line();
	await showMessage(
		{
			client,
			workflow,
			startName: nodeName(example, MANUAL_TRIGGER_TYPE),
			inboundName: nodeName(example, INBOUND_TYPE),
			model,
		},
		progress,
	);
	return `${n8n.url}/workflow/${workflow.id}`;
}

/** Shows both halves at work: `npm run demo` stays open, `npm run demo -- --once` ends by itself. */
async function main(): Promise<void> {
	const once = process.argv.includes('--once');
	const started = performance.now();
	const display = createProgress();
	const cleanup = new Cleanup();
	try {
		display.line('OpenClaw and n8n, both real, both throwaway\n');
		const editor = await demonstrate(numberSteps(display), cleanup);
		display.line(`\nAll of it worked (${formatDuration(performance.now() - started)}).\n`);
		display.line(`Editor    ${editor}`);
		display.line(`Login     ${OWNER.email}  ${OWNER.password}`);
		if (once) {
			display.line('\nBoth end now; without --once they stay open.');
		} else {
			display.line('\nPress Ctrl-C to stop and to delete everything that was started.');
			// The programs that run are children with their own lives: only this keeps the demo open.
			const open = setInterval(() => undefined, 60_000);
			await new Promise<void>((resolve) => {
				cleanup.defer(async () => {
					clearInterval(open);
					resolve();
					return Promise.resolve();
				});
			});
		}
	} catch (error) {
		display.line(`\nThe demo stopped: ${error instanceof Error ? error.message : String(error)}`);
		process.exitCode = 1;
	} finally {
		await cleanup.run();
	}
}

void main();
