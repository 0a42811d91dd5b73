import { Cleanup } from '../../testbed/cleanup';
import type { Gateway } from '../../testbed/gateway';
import {
	startHttpSink,
	type Answer,
	type HttpSink,
	type ReceivedRequest,
} from '../../testbed/httpSink';
import { listAt, textAt, tryParseJson, type JsonObject } from '../../testbed/json';
import type { Workflow } from '../../testbed/n8n/client';
import type { Execution } from '../../testbed/n8n/execution';
import { CREDENTIAL_TYPE, INBOUND_TYPE } from '../../testbed/n8n/openclawNodes';
import { chain, manualTrigger, node } from '../../testbed/n8n/workflow';
import { credentialData } from '../../testbed/stack';
import { startTelegramStandIn, type TelegramStandIn } from '../../testbed/telegramStandIn';
import { callTool } from '../../testbed/toolCallingModel';
import { waitFor } from '../../testbed/waitFor';
import { environment } from './support/environment';
import { startPluginGateway } from './support/pluginGateway';
import { createToken } from './support/tokens';

const { n8n, model } = environment();
const LANGCHAIN = '@n8n/n8n-nodes-langchain';
const ADA = 777;

const cleanup = new Cleanup();
let outside: HttpSink;
let telegram: TelegramStandIn;
let gateway: Gateway;
let workflow: Workflow | undefined;

beforeAll(async () => {
	outside = await startHttpSink();
	cleanup.defer(async () => outside.stop());
	telegram = await startTelegramStandIn();
	cleanup.defer(async () => telegram.stop());
	gateway = await startPluginGateway({
		modelUrl: model.url,
		webhooks: {},
		config: telegram.config('support-bot'),
	});
	cleanup.defer(async () => gateway.remove());
});

beforeEach(() => {
	outside.clear();
	outside.answerBy((request) =>
		request.path === '/pay' ? { body: { receipt: 'R-77' } } : chatCompletion(request),
	);
});

afterEach(async () => {
	if (workflow !== undefined) await n8n.deleteWorkflow(workflow);
	workflow = undefined;
});

afterAll(async () => {
	await cleanup.run();
});

function chatCompletion(request: ReceivedRequest): Answer {
	return callTool(
		request,
		{ toolParameters: { amount: '500' }, hitlParameters: {} },
		'I was told:',
	);
}

/** Starts an agent with a tool that is reviewed by a person; gives the execution's id. */
async function startAgent(parameters: JsonObject = {}): Promise<string> {
	const openClaw = await n8n.createCredential(
		CREDENTIAL_TYPE,
		credentialData(gateway.url, { accessToken: createToken(gateway) }),
	);
	const openAi = await n8n.createCredential('openAiApi', {
		apiKey: 'none',
		url: `${outside.url}/v1`,
	});
	const toAgent = (type: string) => ({ [type]: [[{ node: 'Agent', type, index: 0 }]] });
	workflow = await n8n.createWorkflow({
		name: 'Reviewed agent',
		pinData: { Start: [{ json: {} }] },
		nodes: [
			manualTrigger(),
			node('Agent', `${LANGCHAIN}.agent`, 3, { promptType: 'define', text: 'Pay the invoice' }),
			node(
				'Model',
				`${LANGCHAIN}.lmChatOpenAi`,
				1.2,
				{ model: { __rl: true, mode: 'id', value: 'scripted' } },
				{ credentials: { openAiApi: openAi } },
			),
			node('pay', 'n8n-nodes-base.httpRequestTool', 4.2, {
				toolDescription: 'Pays an invoice',
				method: 'POST',
				url: `${outside.url}/pay`,
				sendBody: true,
				specifyBody: 'keypair',
				bodyParameters: {
					parameters: [
						{ name: 'amount', value: "={{ $fromAI('amount', 'How much, in EUR', 'string') }}" },
					],
				},
				options: {},
			}),
			node(
				'Ask Ada',
				`${INBOUND_TYPE}HitlTool`,
				1,
				{ askIn: 'chat', askChannel: 'telegram', askTo: String(ADA), ...parameters },
				{ credentials: { [CREDENTIAL_TYPE]: openClaw } },
			),
		],
		connections: {
			...chain('Start', 'Agent'),
			Model: toAgent('ai_languageModel'),
			pay: { ai_tool: [[{ node: 'Ask Ada', type: 'ai_tool', index: 0 }]] },
			'Ask Ada': toAgent('ai_tool'),
		},
	});
	const id = await n8n.runManually(workflow, 'Start');
	if (id === undefined) throw new Error('The workflow was not started');
	return id;
}

/** The question as the chat has it. */
async function question() {
	const seen = telegram.sent.length;
	return await telegram.waitForSent(
		(call) => telegram.sent.indexOf(call) >= seen && call.buttons.length > 0,
		{ timeoutMs: 60_000 },
	);
}

async function ended(id: string): Promise<Execution> {
	return await waitFor(
		`the end of execution ${id}`,
		async () => {
			const execution = await n8n.execution(id);
			return ['success', 'error', 'crashed'].includes(execution.status) && execution;
		},
		{ timeoutMs: 150_000 },
	);
}

const payments = () =>
	outside.requests.filter(({ path }) => path === '/pay').map(({ json }) => json);
const reply = (execution: Execution) => textAt(execution.json('Agent')[0], 'output');

it('is offered for the tools of an agent, with who is asked and without an agent of OpenClaw', async () => {
	const response = await fetch(`${n8n.url}/types/nodes.json`, {
		headers: { cookie: n8n.login.cookie },
	});
	const types = listAt({ types: tryParseJson(await response.text()) }, 'types');
	const found = types.find((type) => textAt(type, 'name') === `${INBOUND_TYPE}HitlTool`);
	expect(textAt(found, 'displayName')).toBe('OpenClaw Inbound');
	const names = listAt(found, 'properties').map((property) => textAt(property, 'name'));
	expect(names).toEqual(expect.arrayContaining(['message', 'askIn', 'approvers']));
});

it('a person approves by a button: the tool runs, and the agent goes on with its result', async () => {
	const asked = question();
	const id = await startAgent();
	const call = await asked;
	expect(call.text).toContain('pay');
	expect(call.text).toContain('500');
	expect((await n8n.waitForExecution(id)).status).toBe('waiting');
	expect(payments()).toEqual([]);
	telegram.press(call, 'Approve');
	const execution = await ended(id);
	expect(execution.errorMessage).toBe('');
	expect(payments()).toEqual([{ amount: '500' }]);
	expect(reply(execution)).toContain('R-77');
	expect(await n8n.execution(id)).toMatchObject({ status: 'success' });
});

it('a person denies by a word: the tool does not run, and the agent reads why', async () => {
	const asked = question();
	const id = await startAgent({ approvers: String(ADA) });
	const code = /\/n8n deny (\w+)/.exec((await asked).text)?.[1] ?? '';
	await n8n.waitForExecution(id);
	telegram.write(`/n8n deny ${code} Too much`);
	const execution = await ended(id);
	expect(payments()).toEqual([]);
	expect(reply(execution)).toContain('Too much');
});

it('nobody answers in time: the tool does not run', async () => {
	const asked = question();
	const values = { limitType: 'afterTimeInterval', resumeAmount: 0.1, resumeUnit: 'minutes' };
	const id = await startAgent({ options: { limitWaitTime: { values } } });
	const call = await asked;
	const execution = await ended(id);
	expect(payments()).toEqual([]);
	expect(reply(execution)).toContain('User rejected the tool call');
	const seen = telegram.sent.length;
	telegram.press(call, 'Approve');
	const late = await telegram.waitForSent((one) => telegram.sent.indexOf(one) >= seen);
	expect(late.text).toContain('The time for that is over');
});

it('nobody can be asked: the tool does not run', async () => {
	const id = await startAgent({ askChannel: 'nowhere' });
	const execution = await ended(id);
	expect(payments()).toEqual([]);
	expect(reply(execution)).toContain('User rejected the tool call');
});
