import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { launchChromium } from '../testbed/editor/browser';
import { Editor } from '../testbed/editor/editor';
import type { N8nClient } from '../testbed/n8n/client';
import { startN8n } from '../testbed/n8n/instance';
import { CREDENTIAL_TYPE, withCredential } from '../testbed/n8n/openclawNodes';
import type { CredentialReference, WorkflowDefinition } from '../testbed/n8n/workflow';
import { obtainPackage, REPOSITORY } from '../testbed/packPackage';
import { ensureRuntimes } from '../testbed/runtime';
import { credentialData } from '../testbed/stack';
import { ensureChromium } from './chromium';
import { runCommand, type CommandTools } from './runCommand';

const FOLDER = join(REPOSITORY, 'docs', 'images', 'tutorials');
const MAX_BYTES = 200 * 1024;
const HEADER_AUTH = 'httpHeaderAuth';

/** The nodes whose panels each tutorial shows. */
const TUTORIALS: Readonly<Record<string, readonly string[]>> = {
	'audit-log': ['On Message', 'Write Log Entry'],
	'slack-alert': ['On Error', 'Write the Alert'],
	'crm-record': ['On New Session', 'Create CRM Record'],
	'ticket-round-trip': ['On Support Session', 'Create Ticket', 'Tell the Agent'],
};

/** Credentials as they are called in the tutorials. */
interface Credentials {
	readonly openClaw: CredentialReference;
	readonly header: CredentialReference;
}

async function readExample(name: string, credentials: Credentials): Promise<WorkflowDefinition> {
	const file = join(REPOSITORY, 'examples', `${name}.workflow.json`);
	const definition = JSON.parse(await readFile(file, 'utf8')) as WorkflowDefinition;
	const nodes = definition.nodes.map((node) => {
		const { authentication, genericAuthType } = node.parameters;
		const wantsHeader = authentication === 'headerAuth' || genericAuthType === HEADER_AUTH;
		return wantsHeader ? { ...node, credentials: { [HEADER_AUTH]: credentials.header } } : node;
	});
	return withCredential({ ...definition, nodes }, credentials.openClaw);
}

async function save(name: string, picture: Buffer): Promise<void> {
	if (picture.length > MAX_BYTES) throw new Error(`${name} has ${String(picture.length)} bytes`);
	await writeFile(join(FOLDER, name), picture);
}

function fileName(tutorial: string, node: string): string {
	return `${tutorial}-${node.toLowerCase().replaceAll(' ', '-')}.png`;
}

async function photograph(editor: Editor, client: N8nClient, tutorial: string, by: Credentials) {
	const workflow = await client.createWorkflow(await readExample(tutorial, by));
	await editor.openWorkflow(workflow.id);
	await editor.part('zoom-to-fit').click();
	await editor.settle();
	await save(`${tutorial}-workflow.png`, await editor.part('canvas').screenshot());
	for (const node of TUTORIALS[tutorial] ?? []) {
		await editor.openWorkflow(workflow.id);
		await editor.part('zoom-to-fit').click();
		await editor.settle();
		await editor.openNode(node);
		// Whatever the pointer rests on would show its tooltip.
		await editor.page.mouse.move(0, 0);
		await editor.settle();
		await save(fileName(tutorial, node), await editor.part('ndv').screenshot());
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
	};
	const browser = await launchChromium(program);
	cleanup.defer(async () => browser.close());
	await mkdir(FOLDER, { recursive: true });
	const editor = await Editor.open(browser, client, { width: 1280, height: 1000 });
	for (const tutorial of Object.keys(TUTORIALS)) {
		await progress.step(`Taking pictures for ${tutorial}`, async () =>
			photograph(editor, client, tutorial, credentials),
		);
	}
	await editor.close();
}

void runCommand(main);
