import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { launchChromium } from '../testbed/editor/browser';
import { Editor } from '../testbed/editor/editor';
import { EXAMPLES, fillInExample, readExample, type ExampleName } from '../testbed/exampleWorkflow';
import { startHttpSink } from '../testbed/httpSink';
import { textAt } from '../testbed/json';
import type { N8nClient, Workflow } from '../testbed/n8n/client';
import { startN8n } from '../testbed/n8n/instance';
import { CREDENTIAL_TYPE, withCredential } from '../testbed/n8n/openclawNodes';
import type { CredentialReference, WorkflowDefinition } from '../testbed/n8n/workflow';
import { obtainPackage, REPOSITORY } from '../testbed/packPackage';
import { ensureRuntimes } from '../testbed/runtime';
import { credentialData } from '../testbed/stack';
import { ensureChromium } from './chromium';
import { runCommand, type CommandTools } from './runCommand';

const IMAGES = join(REPOSITORY, 'docs', 'images');
const MAX_BYTES = 200 * 1024;
const HEADER_AUTH = 'httpHeaderAuth';
const READS_MAILS = 'n8n-nodes-base.emailReadImap';

/** The nodes whose panels each tutorial shows. */
const TUTORIALS: Readonly<Partial<Record<ExampleName, readonly string[]>>> = {
	'audit-log': ['On Message', 'Write Log Entry'],
	'slack-alert': ['On Error', 'Write the Alert'],
	'crm-record': ['On New Session', 'Create CRM Record'],
	'ticket-round-trip': ['On Support Session', 'Create Ticket', 'Tell the Agent'],
	'mail-triage': ['Ask the Agent', 'Wait for the Person', 'Make Draft'],
	'tool-approval': ['On Approval Request', 'Wait for a Person', 'Decide'],
};

/** The triggers that lead to a form when they are run by hand, on what is pinned to them. */
const FORMS: Readonly<Partial<Record<ExampleName, string>>> = {
	'mail-triage': 'For Each Mail',
	'tool-approval': 'On Approval Request',
};

/** Credentials as they are called in the tutorials. */
interface Credentials {
	readonly openClaw: CredentialReference;
	readonly header: CredentialReference;
	readonly imap: CredentialReference;
}

function withCredentials(name: ExampleName, credentials: Credentials): WorkflowDefinition {
	const definition = readExample(name);
	const nodes = definition.nodes.map((node) => {
		if (node.type === READS_MAILS) return { ...node, credentials: { imap: credentials.imap } };
		const { authentication, genericAuthType } = node.parameters;
		const wantsHeader = authentication === 'headerAuth' || genericAuthType === HEADER_AUTH;
		return wantsHeader ? { ...node, credentials: { [HEADER_AUTH]: credentials.header } } : node;
	});
	return withCredential({ ...definition, nodes }, credentials.openClaw);
}

async function save(folder: string, name: string, picture: Buffer): Promise<void> {
	if (picture.length > MAX_BYTES) throw new Error(`${name} has ${String(picture.length)} bytes`);
	await mkdir(join(IMAGES, folder), { recursive: true });
	await writeFile(join(IMAGES, folder, name), picture);
}

function fileName(tutorial: string, node: string): string {
	return `${tutorial}-${node.toLowerCase().replaceAll(' ', '-')}.png`;
}

async function showWhole(editor: Editor, workflow: Workflow): Promise<void> {
	await editor.openWorkflow(workflow.id);
	await editor.part('zoom-to-fit').click();
	await editor.settle();
}

/** The picture of the list of examples, and those of the tutorial where there is one. */
async function photograph(editor: Editor, client: N8nClient, name: ExampleName, by: Credentials) {
	const definition = withCredentials(name, by);
	const workflow = await client.createWorkflow(definition);
	const heights = definition.nodes.map(({ position: [, y] }) => y);
	const isHigh = Math.max(...heights) - Math.min(...heights) > 400;
	// As high as it has rows.
	await editor.page.setViewportSize({ width: 1400, height: isHigh ? 800 : 640 });
	await showWhole(editor, workflow);
	await save('examples', `${name}.png`, await editor.page.screenshot());
	const panels = TUTORIALS[name];
	if (panels === undefined) return;
	await editor.page.setViewportSize({ width: 1280, height: 1000 });
	await showWhole(editor, workflow);
	await save('tutorials', `${name}-workflow.png`, await editor.part('canvas').screenshot());
	for (const node of panels) {
		await showWhole(editor, workflow);
		await editor.openNode(node);
		// Whatever the pointer rests on would show its tooltip.
		await editor.page.mouse.move(0, 0);
		await editor.settle();
		await save('tutorials', fileName(name, node), await editor.part('ndv').screenshot());
	}
}

/** What a person sees who follows the link in the message to Slack. */
async function photographForm(
	editor: Editor,
	client: N8nClient,
	name: ExampleName,
	by: Credentials,
) {
	const trigger = FORMS[name];
	if (trigger === undefined) return;
	const slack = await startHttpSink();
	try {
		const { openClaw, header: headerAuth } = by;
		const setup = { openClaw, headerAuth, imap: by.imap, outsideUrl: slack.url };
		const workflow = await client.createWorkflow(fillInExample(readExample(name), setup));
		await client.runToEnd(workflow, trigger);
		const [asked] = slack.requests;
		const link = new URL(textAt(asked?.json, 'blocks', 1, 'elements', 0, 'url'));
		await editor.page.setViewportSize({ width: 1000, height: 800 });
		await editor.page.goto(client.url + link.pathname + link.search);
		await editor.settle();
		await save('tutorials', `${name}-form.png`, await editor.page.screenshot());
	} finally {
		await slack.stop();
	}
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
	const { client } = n8n;
	const credentials = {
		openClaw: await client.createCredential(
			CREDENTIAL_TYPE,
			credentialData('http://127.0.0.1:18789', { accessToken: 'only-for-pictures' }),
			'OpenClaw gateway',
		),
		header: await client.createCredential(
			HEADER_AUTH,
			{ name: 'X-API-Key', value: 'only-for-pictures' },
			'API key',
		),
		imap: await client.createCredential(
			'imap',
			{ user: 'support@example.com', password: 'only-for-pictures', host: 'imap.example.com' },
			'Mailbox',
		),
	};
	const browser = await launchChromium(program);
	cleanup.defer(async () => browser.close());
	const editor = await Editor.open(browser, client);
	const wanted = process.argv.slice(2);
	const isWanted = (name: string) => wanted.length === 0 || wanted.includes(name);
	for (const name of EXAMPLES.filter(isWanted)) {
		await progress.step(`Taking pictures of ${name}`, async () => {
			await photograph(editor, client, name, credentials);
			await photographForm(editor, client, name, credentials);
		});
	}
	await editor.close();
}

void runCommand(main);
