import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askAgent } from '../../testbed/askAgent';
import { Cleanup } from '../../testbed/cleanup';
import type { Gateway } from '../../testbed/gateway';
import { startHttpSink, type HttpSink } from '../../testbed/httpSink';
import { at, listAt, textAt, tryParseJson, type JsonObject } from '../../testbed/json';
import type { N8n } from '../../testbed/n8n/instance';
import { CREDENTIAL_TYPE, inboundNode, triggerNode } from '../../testbed/n8n/openclawNodes';
import { chain } from '../../testbed/n8n/workflow';
import { startScriptedModel, type ScriptedModel } from '../../testbed/scriptedModel';
import { callMarker } from '../../testbed/scriptedReply';
import { credentialData } from '../../testbed/stack';
import { waitFor } from '../../testbed/waitFor';
import { faultsOf } from '../../testbed/eventFaults';
import { startPluginGateway } from './support/pluginGateway';
import { startPackagedN8n } from './support/pluginN8n';
import { createToken } from './support/tokens';

const API = '/plugins/event-webhooks/api';
const OTHER_PLUGIN = join(__dirname, '../fixtures/otherPlugin');
const RULES = [
	{ name: 'listings', tools: ['ls'] },
	{ name: 'commands', tools: ['bash'], when: { 'params.command': { exists: true } } },
	{ name: 'payments', tools: ['demo_*'], when: { 'params.amount': { over: 100 } } },
	{ name: 'files', tools: ['write'], timeoutSeconds: 5 },
];

const cleanup = new Cleanup();
let model: ScriptedModel;
let sink: HttpSink;
let gateway: Gateway;
let n8n: N8n;
let token: string;

beforeAll(async () => {
	const started = await startScriptedModel();
	cleanup.defer(async () => started.stop());
	model = started;
	sink = await startHttpSink();
	cleanup.defer(async () => sink.stop());
	const startOwnN8n = async () => {
		n8n = await startPackagedN8n(cleanup);
	};
	const startOwnGateway = async () => {
		gateway = await startPluginGateway({
			modelUrl: model.url,
			webhooks: { approvals: RULES },
			config: {
				plugins: { load: { paths: [OTHER_PLUGIN] }, entries: { 'demo-pay': { enabled: true } } },
			},
		});
		cleanup.defer(async () => gateway.remove());
	};
	await Promise.all([startOwnGateway(), startOwnN8n()]);
	token = createToken(gateway);
});

afterAll(async () => {
	await cleanup.run();
});

async function ask(method: string, path: string, body?: JsonObject) {
	const response = await fetch(`${gateway.url}${API}${path}`, {
		method,
		headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
		...(body === undefined ? {} : { body: JSON.stringify(body) }),
	});
	return { status: response.status, json: tryParseJson(await response.text()) };
}

let turns = 0;

/** Has the agent call a tool; says what it got as the tool's result once its turn is over. */
async function callTool(name: string, args: JsonObject, signal?: AbortSignal): Promise<string> {
	turns += 1;
	const mark = `Turn ${String(turns)}`;
	const text = `${mark}: ${callMarker(name, args)}`;
	const { status } = await askAgent(gateway.url, {
		text,
		user: mark,
		...(signal === undefined ? {} : { signal }),
	});
	expect(status).toBe(200);
	const after = (await model.requests()).find(
		({ message, afterTool }) => afterTool && message.includes(`${mark}:`),
	);
	return after?.toolTexts.join('\n') ?? '';
}

/** The next event about an approval that the sink has not shown yet. */
const seen = new Set<number>();
async function nextEvent(
	type: string,
	fits: (approval: unknown) => boolean = () => true,
): Promise<JsonObject> {
	const { json, index } = await sink.waitForRequest(
		(request) =>
			textAt(request.json, 'type') === type &&
			!seen.has(request.index) &&
			fits(approvalOf(request.json)),
	);
	seen.add(index);
	expect(faultsOf(json)).toEqual([]);
	return json as JsonObject;
}

const approvalOf = (event: unknown) => at(event, 'data', 'approval');
const idOf = (event: unknown) => textAt(event, 'data', 'approval', 'id');

const paid = async () =>
	(await readFile(join(gateway.folder, 'state', 'demo-pay.jsonl'), 'utf8'))
		.trim()
		.split('\n')
		.map((line) => tryParseJson(line));

describe('a tool call that needs approval', () => {
	it('is denied while nobody can be asked, and the agent reads why', async () => {
		const result = await callTool('exec', { command: 'echo nobody' });
		expect(result).toContain("'exec' was not run: it needs an approval, and there is nobody");
		const { json } = await ask('GET', '/approvals?state=denied');
		expect(listAt(json, 'approvals')).toMatchObject([{ cause: 'nobody-asked', rule: 'commands' }]);
		const added = await ask('PUT', '/endpoints/sink', {
			url: sink.url,
			events: ['approval.requested', 'approval.resolved'],
			allowPrivateHosts: true,
		});
		expect(added.status).toBe(201);
	});

	it("runs once it is allowed: the gateway's own tool, with the parameters that were shown", async () => {
		const call = callTool('ls', { path: '.' });
		const requested = await nextEvent('approval.requested');
		expect(requested).toMatchObject({
			data: {
				agentId: 'main',
				approval: { rule: 'listings', tool: { name: 'ls', params: { path: '.' } } },
			},
		});
		expect(textAt(requested, 'data', 'runId')).not.toBe('');
		const id = idOf(requested);
		const path = `/approvals/${id}`;
		expect((await ask('POST', path, { decision: 'allow', by: 'Ada' })).status).toBe(200);
		expect(await call).toMatch(/^(?!.*was not run).+/s);
		expect(await ask('POST', path, { decision: 'deny', by: 'Bob' })).toMatchObject({
			status: 409,
			json: { approval: { state: 'allowed', by: 'Ada' }, error: { code: 'already-decided' } },
		});
		expect(approvalOf(await nextEvent('approval.resolved'))).toMatchObject({
			id,
			decision: 'allow',
			by: 'Ada',
		});
	});

	it('is refused with the reason of who has denied it, and the agent goes on', async () => {
		const call = callTool('exec', { command: 'echo denied > denied.txt' });
		const id = idOf(await nextEvent('approval.requested'));
		await ask('POST', `/approvals/${id}`, { decision: 'deny', by: 'Ada', reason: 'Not today' });
		expect(await call).toContain(`it was denied by Ada (${id}). Reason: Not today`);
		expect(approvalOf(await nextEvent('approval.resolved'))).toMatchObject({ decision: 'deny' });
	});

	// The gateway has tools of plugins in its catalog only.
	const pay = async (args: JsonObject) => await callTool('tool_call', { id: 'demo_pay', args });

	it('of another plugin runs as it was shown, whatever is made of it in between', async () => {
		expect(await pay({ amount: 5, to: 'Bob' })).toContain('Paid 5 to somebody else');
		const call = pay({ amount: 500, to: 'Bob' });
		const requested = await nextEvent('approval.requested');
		expect(requested).toMatchObject({
			data: { approval: { rule: 'payments', tool: { params: { amount: 500, to: 'Bob' } } } },
		});
		await ask('POST', `/approvals/${idOf(requested)}`, { decision: 'allow' });
		expect(await call).toContain('Paid 500 to Bob');
		expect(await paid()).toEqual([
			{ amount: 5, to: 'somebody else' },
			{ amount: 500, to: 'Bob' },
		]);
		await nextEvent('approval.resolved');
	});

	it('is denied when nobody decides in time', async () => {
		const result = await callTool('write', { path: 'late.txt', content: 'late' });
		expect(result).toContain("'write' was not run: nobody has allowed it within 5 seconds");
		const id = idOf(await nextEvent('approval.requested'));
		expect(approvalOf(await nextEvent('approval.resolved'))).toMatchObject({ cause: 'expired' });
		const late = await ask('POST', `/approvals/${id}`, { decision: 'allow' });
		expect([late.status, textAt(late.json, 'error', 'code')]).toEqual([410, 'approval-ended']);
	});

	it('is denied when its run is stopped', async () => {
		const stop = new AbortController();
		const call = callTool('exec', { command: 'echo stopped' }, stop.signal);
		const id = idOf(await nextEvent('approval.requested'));
		stop.abort();
		await expect(call).rejects.toThrow();
		expect(approvalOf(await nextEvent('approval.resolved'))).toMatchObject({
			id,
			decision: 'deny',
			cause: 'aborted',
		});
	});
});

it('a workflow of n8n decides', async () => {
	const data = credentialData(gateway.url, { accessToken: token });
	const credential = await n8n.client.createCredential(CREDENTIAL_TYPE, data);
	const workflow = await n8n.client.createWorkflow({
		name: 'Approvals',
		nodes: [
			triggerNode(credential, { events: ['approval.requested'], endpointSetup: 'connection' }),
			inboundNode(
				credential,
				{
					operation: 'decide',
					approvalId: '={{ $json.data.approval.id }}',
					decision: "={{ $json.data.approval.tool.params.path === '.' ? 'allow' : 'deny' }}",
					options: { by: 'the workflow', reason: 'Not out of the workspace' },
				},
				'Decide',
			),
		],
		connections: chain('OpenClaw Trigger', 'Decide'),
	});
	await n8n.client.publish(workflow);
	await waitFor('n8n to have registered', async () => {
		const { json } = await ask('GET', '/endpoints');
		return listAt(json, 'endpoints').some((one) => textAt(one, 'kind') === 'connection');
	});
	expect(await callTool('ls', { path: '.' })).not.toContain('was not run');
	expect(await callTool('ls', { path: '..' })).toMatch(
		/it was denied by the workflow \(apr_\w+\)\. Reason: Not out of the workspace/,
	);
	const [allowed] = await n8n.client.waitForExecutions(workflow, 2);
	expect(allowed?.json('Decide')).toEqual([
		expect.objectContaining({ ok: true, decision: 'allow', tool: 'ls', rule: 'listings' }),
	]);
	await n8n.client.unpublish(workflow);
});

it('what waits in a gateway that is killed is denied, and told when it starts again', async () => {
	const call = callTool('exec', { command: 'echo killed > killed.txt' });
	const broken = expect(call).rejects.toThrow();
	const isCommand = (approval: unknown) => textAt(approval, 'tool', 'name') === 'exec';
	const id = idOf(await nextEvent('approval.requested', isCommand));
	await gateway.kill();
	await broken;
	await gateway.start();
	expect(approvalOf(await nextEvent('approval.resolved', isCommand))).toMatchObject({
		id,
		decision: 'deny',
		cause: 'restarted',
	});
	const late = await ask('POST', `/approvals/${id}`, { decision: 'allow' });
	expect([late.status, textAt(late.json, 'error', 'code')]).toEqual([410, 'approval-ended']);
});
