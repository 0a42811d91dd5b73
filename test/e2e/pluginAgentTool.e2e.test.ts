import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import JSON5 from 'json5';
import { askAgent } from '../../testbed/askAgent';
import { Cleanup } from '../../testbed/cleanup';
import { fillInExample, readExample } from '../../testbed/exampleWorkflow';
import type { Gateway } from '../../testbed/gateway';
import { startHttpSink, type HttpSink } from '../../testbed/httpSink';
import { at, listAt, textAt, tryParseJson, type JsonObject } from '../../testbed/json';
import type { Workflow } from '../../testbed/n8n/client';
import { dataTableRows } from '../../testbed/n8n/dataTable';
import type { N8n } from '../../testbed/n8n/instance';
import { CREDENTIAL_TYPE, inboundNode, triggerNode } from '../../testbed/n8n/openclawNodes';
import { chain, type CredentialReference } from '../../testbed/n8n/workflow';
import { REPOSITORY } from '../../testbed/packPackage';
import { startScriptedModel, type ScriptedModel } from '../../testbed/scriptedModel';
import { callMarker } from '../../testbed/scriptedReply';
import { credentialData } from '../../testbed/stack';
import { waitFor } from '../../testbed/waitFor';
import { startPluginGateway } from './support/pluginGateway';
import { startPackagedN8n } from './support/pluginN8n';
import { createToken } from './support/tokens';

/*
 * Follows docs/agent-tools.md: what stands in its blocks is what runs here, with this n8n's address in place of
 * the one in the page.
 */
const page = readFileSync(join(REPOSITORY, 'docs', 'agent-tools.md'), 'utf8');
const N8N_OF_THE_PAGE = 'https://n8n.example.com';
const AGENT_TOKEN = { name: 'X-Agent-Token', value: randomUUID() };

/** The block of the page that has a text in it. */
function blockWith(text: string): JsonObject {
	const blocks = Array.from(page.matchAll(/```json5\n(.*?)```/gs), ([, block = '']) => block);
	const [found, ...others] = blocks.filter((block) => block.includes(text));
	if (found === undefined || others.length > 0) throw new Error(`The page has not one '${text}'`);
	return JSON5.parse(found.replaceAll(N8N_OF_THE_PAGE, n8n.url));
}

const cleanup = new Cleanup();
let model: ScriptedModel;
let tickets: HttpSink;
let n8n: N8n;
let gateway: Gateway;
let credential: CredentialReference;
let example: Workflow;

beforeAll(async () => {
	const started = await startScriptedModel();
	cleanup.defer(async () => started.stop());
	model = started;
	tickets = await startHttpSink();
	cleanup.defer(async () => tickets.stop());
	tickets.answerBy(() => ({ body: { number: 'T-1042' } }));
	n8n = await startPackagedN8n(cleanup);
	gateway = await startPluginGateway({
		modelUrl: model.url,
		webhooks: {},
		config: blockWith('mcp:'),
		env: { N8N_AGENT_TOKEN: AGENT_TOKEN.value },
	});
	cleanup.defer(async () => gateway.remove());
	credential = await n8n.client.createCredential(
		CREDENTIAL_TYPE,
		credentialData(gateway.url, { accessToken: createToken(gateway) }),
	);
	const definition = fillInExample(readExample('agent-tool'), {
		openClaw: credential,
		headerAuth: await n8n.client.createCredential('httpHeaderAuth', AGENT_TOKEN),
		outsideUrl: tickets.url,
	});
	example = await n8n.client.createWorkflow(definition);
	await n8n.client.publish(example);
	await waitForConnections(1);
});

afterAll(async () => {
	await cleanup.run();
});

async function waitForConnections(count: number): Promise<void> {
	const token = createToken(gateway, { scopes: ['endpoints'] });
	await waitFor('n8n to have registered', async () => {
		const response = await fetch(`${gateway.url}/plugins/event-webhooks/api/endpoints`, {
			headers: { authorization: `Bearer ${token}` },
		});
		const endpoints = listAt(tryParseJson(await response.text()), 'endpoints');
		return endpoints.filter((one) => textAt(one, 'kind') === 'connection').length === count;
	});
}

/** Has the agent open a ticket; gives its reply. */
async function openTicket(title: string): Promise<string> {
	const call = {
		id: 'n8n__create_ticket',
		args: { title, description: 'Smoke since this morning' },
	};
	const text = `${callMarker('tool_call', call)} [[tell]]`;
	const { status, json } = await askAgent(gateway.url, { text, user: title });
	expect(status).toBe(200);
	return textAt(listAt(json, 'choices')[0], 'message', 'content');
}

it('the gateway gets into the server, as its own command says', async () => {
	expect(await gateway.openclaw(['mcp', 'doctor', 'n8n', '--probe'])).toMatch(/n8n.*ok/is);
});

it("an agent runs a workflow's tool in its turn, and its reply has the result", async () => {
	const reply = await openTicket('Printer on fire');
	expect(reply).toContain('The tool said: ');
	expect(reply).toContain('T-1042');
	expect(tickets.requests.map(({ path, json }) => ({ path, json }))).toEqual([
		{
			path: '/api/tickets',
			json: { title: 'Printer on fire', description: 'Smoke since this morning' },
		},
	]);
});

it('the call is written down, once', async () => {
	const row = await waitFor('the row of the call', async () => {
		const executions = await n8n.client.waitForExecutions(example, 1);
		const table = executions.flatMap((run) => run.json('Open the Call Table'))[0];
		if (table === undefined) return false;
		const [found, ...others] = await dataTableRows(n8n.client, table);
		expect(others).toEqual([]);
		return found ?? false;
	});
	expect(row).toMatchObject({ tool: 'n8n__create_ticket', agent: 'main' });
	expect(tryParseJson(textAt(row, 'params'))).toMatchObject({ title: 'Printer on fire' });
});

it('a call that needs approval reaches n8n when somebody has allowed it, and not when denied', async () => {
	await gateway.configurePlugin(blockWith('approvals:'));
	const workflow = await n8n.client.createWorkflow({
		name: 'Approvals',
		nodes: [
			triggerNode(credential, { events: ['approval.requested'], endpointSetup: 'connection' }),
			inboundNode(
				credential,
				{
					operation: 'decide',
					approvalId: '={{ $json.data.approval.id }}',
					decision:
						"={{ $json.data.approval.tool.params.title === 'Printer is back' ? 'allow' : 'deny' }}",
					options: { by: 'Ada', reason: 'Not today' },
				},
				'Decide',
			),
		],
		connections: chain('OpenClaw Trigger', 'Decide'),
	});
	await n8n.client.publish(workflow);
	await waitForConnections(2);
	const before = tickets.requests.length;
	expect(await openTicket('Delete everything')).toMatch(/was denied by Ada .*Reason: Not today/s);
	expect(await openTicket('Printer is back')).toContain('T-1042');
	const opened = tickets.requests.slice(before).map(({ json }) => at(json, 'title'));
	expect(opened).toEqual(['Printer is back']);
});
