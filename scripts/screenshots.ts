import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { capturedEvent } from '../testbed/capturedEvents';
import { launchChromium } from '../testbed/editor/browser';
import { Editor } from '../testbed/editor/editor';
import type { N8nClient, Workflow } from '../testbed/n8n/client';
import { startN8n } from '../testbed/n8n/instance';
import { CREDENTIAL_TYPE, inboundNode, triggerNode } from '../testbed/n8n/openclawNodes';
import { manualTrigger, noOp, type WorkflowNode } from '../testbed/n8n/workflow';
import { obtainPackage, REPOSITORY } from '../testbed/packPackage';
import { ensureRuntimes } from '../testbed/runtime';
import { credentialData } from '../testbed/stack';
import { ensureChromium } from './chromium';
import { runCommand, type CommandTools } from './runCommand';

const FOLDER = join(REPOSITORY, 'docs', 'images');
const MAX_BYTES = 200 * 1024;
const TRIGGER = 'OpenClaw Trigger';
const INBOUND = 'OpenClaw Inbound';
const ASK = 'Ask the Agent';

const EVENTS = ['message.received', 'session.created', 'error.occurred'];
const TEMPLATE = 'New ticket from {{body.customer}}: {{body.title}} ({{body.severity}})';
const TICKET = { customer: 'Ada', title: 'Printer on fire', severity: 'high' };

function mapped(names: readonly string[]): Record<string, unknown> {
	return {
		mappingMode: 'defineBelow',
		value: Object.fromEntries(names.map((name) => [name, `={{ $json.${name} }}`])),
		schema: names.map((id) => ({
			id,
			displayName: id,
			required: false,
			defaultMatch: false,
			display: true,
		})),
	};
}

function at(node: WorkflowNode, x: number, y: number): WorkflowNode {
	return { ...node, position: [x, y] };
}

/** One workflow whose nodes look as in daily use. */
async function createExample(client: N8nClient): Promise<Workflow> {
	const credential = await client.createCredential(
		CREDENTIAL_TYPE,
		credentialData('http://127.0.0.1:18789', { signingSecret: 'whsec_only-for-pictures' }),
		'OpenClaw gateway',
	);
	const trigger = triggerNode(credential, {
		events: EVENTS,
		outputMode: 'perEvent',
		endpointSetup: 'connection',
		filters: { agentIds: 'support-bot, sales-*', channels: 'telegram' },
		options: { simplify: true },
	});
	const inbound = inboundNode(credential, {
		source: 'define',
		agent: { __rl: true, mode: 'list', value: 'support-bot', cachedResultName: 'support-bot' },
		template: TEMPLATE,
		fields: mapped(Object.keys(TICKET)),
		options: { maxAttempts: 5, timeout: 60 },
	});
	const ask = inboundNode(
		credential,
		{
			operation: 'sendAndWait',
			source: 'define',
			agent: { __rl: true, mode: 'list', value: 'support-bot', cachedResultName: 'support-bot' },
			template: 'What did we answer {{body.customer}} about {{body.title}}?',
			fields: mapped(['customer', 'title']),
			options: {
				limitWaitTime: {
					values: { limitType: 'afterTimeInterval', resumeAmount: 45, resumeUnit: 'minutes' },
				},
			},
		},
		ASK,
	);
	const steps = ['Append to Audit Log', 'Create CRM Record', 'Post to Slack'];
	const wire = (node: string) => [{ node, type: 'main', index: 0 }];
	return await client.createWorkflow({
		name: 'OpenClaw',
		nodes: [
			at(trigger, 0, 0),
			...steps.map((name, index) => at(noOp(name), 420, (index - 1) * 180)),
			at(manualTrigger('New Ticket'), 720, 0),
			at(inbound, 1000, 0),
			at(ask, 1280, 0),
		],
		connections: {
			[TRIGGER]: { main: steps.map(wire) },
			'New Ticket': { main: [wire(INBOUND)] },
			[INBOUND]: { main: [wire(ASK)] },
		},
		pinData: {
			[TRIGGER]: [{ json: { ...capturedEvent('message.received') } }],
			'New Ticket': [{ json: TICKET }],
		},
	});
}

async function save(name: string, picture: Buffer): Promise<void> {
	if (picture.length > MAX_BYTES) throw new Error(`${name} has ${String(picture.length)} bytes`);
	await writeFile(join(FOLDER, name), picture);
}

async function photograph(editor: Editor, workflow: Workflow, theme: string): Promise<void> {
	await editor.openWorkflow(workflow.id);
	await editor.part('zoom-to-fit').click();
	await editor.settle();
	const canvas = await editor.part('canvas').screenshot();
	await save(`canvas-${theme}.png`, canvas);

	const trigger = await editor.openNode(TRIGGER);
	await trigger.input('endpointSetup').waitFor();
	await editor.settle();
	await save(`trigger-${theme}.png`, await editor.part('ndv').screenshot());

	await editor.openWorkflow(workflow.id);
	const inbound = await editor.openNode(INBOUND);
	await inbound.input('severity').waitFor();
	await editor.settle();
	await save(`inbound-${theme}.png`, await editor.part('ndv').screenshot());

	await editor.openWorkflow(workflow.id);
	const ask = await editor.openNode(ASK);
	await ask.input('customer').waitFor();
	await editor.settle();
	await save(`waiting-${theme}.png`, await editor.part('ndv').screenshot());

	const form = await editor.newCredential();
	await form.fill('accessToken', 'only-for-pictures');
	await form.fill('signingSecret', 'only-for-pictures');
	await form.window.getByText('OpenClaw API').click();
	await editor.settle();
	await save(`credential-${theme}.png`, await form.window.screenshot());
}

async function main({ progress, cleanup }: CommandTools): Promise<void> {
	const runtimes = await ensureRuntimes(progress, { openclaw: false });
	const program = await ensureChromium(progress);
	if (program === undefined) throw new Error('There is no Chromium');
	const packageFile = await obtainPackage(progress, cleanup);
	// The pictures show an address as people have it.
	const env = { WEBHOOK_URL: 'https://n8n.example.com/' };
	const n8n = await startN8n({ runtimes, packageFile, env });
	cleanup.defer(async () => n8n.remove());
	const workflow = await createExample(n8n.client);
	const browser = await launchChromium(program);
	cleanup.defer(async () => browser.close());
	await mkdir(FOLDER, { recursive: true });
	for (const theme of ['light', 'dark'] as const) {
		await progress.step(`Taking pictures in the ${theme} theme`, async () => {
			const editor = await Editor.open(browser, n8n.client, { theme, width: 1280, height: 1000 });
			await photograph(editor, workflow, theme);
			await editor.close();
		});
	}
}

void runCommand(main);
