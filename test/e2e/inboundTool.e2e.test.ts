import {
	startHttpSink,
	type Answer,
	type HttpSink,
	type ReceivedRequest,
} from '../../testbed/httpSink';
import { CREDENTIAL_TYPE, INBOUND_TYPE, mappedFields } from '../../testbed/n8n/openclawNodes';
import { chain, manualTrigger, node } from '../../testbed/n8n/workflow';
import { credentialData } from '../../testbed/stack';
import { callTool } from '../../testbed/toolCallingModel';
import { environment } from './support/environment';
import { toAgent } from './support/inboundWorkflow';

const { n8n } = environment();
const LANGCHAIN = '@n8n/n8n-nodes-langchain';

let outside: HttpSink;

beforeAll(async () => {
	outside = await startHttpSink();
});

afterAll(async () => {
	await outside.stop();
});

function chatCompletion(request: ReceivedRequest): Answer {
	return callTool(request, { title: 'Disk "sda" full', level: 'high' }, 'The tool said');
}

it.each([2, 3])(
	'sends what an AI agent of version %d fills in, and gives the outcome back to it',
	async (version) => {
		outside.clear();
		outside.answerBy((request) =>
			request.path === '/hooks/agent'
				? { body: { ok: true, runId: 'run-of-the-tool' } }
				: chatCompletion(request),
		);
		const openClaw = await n8n.createCredential(CREDENTIAL_TYPE, credentialData(outside.url));
		const openAi = await n8n.createCredential('openAiApi', {
			apiKey: 'none',
			url: `${outside.url}/v1`,
		});
		const tool = node(
			'Tell OpenClaw',
			`${INBOUND_TYPE}Tool`,
			1,
			{
				operation: 'send',
				...toAgent('alert-handler', 'Alert: {{body.title}} ({{body.level}}) of {{body.ticket}}'),
				fields: mappedFields({
					title: "={{ $fromAI('title', 'What happened', 'string') }}",
					level: "={{ $fromAI('level', 'How bad it is', 'string') }}",
					ticket: '={{ $json.ticket }}',
				}),
			},
			{ credentials: { [CREDENTIAL_TYPE]: openClaw } },
		);
		const workflow = await n8n.createWorkflow({
			name: 'Tool',
			// `$json` in a tool is the item of its agent.
			pinData: { Start: [{ json: { ticket: 'T-1' } }] },
			nodes: [
				manualTrigger(),
				node('Agent', `${LANGCHAIN}.agent`, version, {
					promptType: 'define',
					text: 'Report the disk',
				}),
				node(
					'Model',
					`${LANGCHAIN}.lmChatOpenAi`,
					1.2,
					{ model: { __rl: true, mode: 'id', value: 'scripted' } },
					{ credentials: { openAiApi: openAi } },
				),
				tool,
			],
			connections: {
				...chain('Start', 'Agent'),
				Model: { ai_languageModel: [[{ node: 'Agent', type: 'ai_languageModel', index: 0 }]] },
				'Tell OpenClaw': { ai_tool: [[{ node: 'Agent', type: 'ai_tool', index: 0 }]] },
			},
		});

		const execution = await n8n.runToEnd(workflow, 'Start');

		expect(execution.errorMessage).toBe('');
		const sent = outside.requests.filter(({ path }) => path === '/hooks/agent');
		expect(sent.map(({ json }) => json)).toEqual([
			{ message: 'Alert: Disk "sda" full (high) of T-1', agentId: 'alert-handler', name: 'n8n' },
		]);
		const [answer] = execution.json('Agent');
		expect(answer?.output).toContain('run-of-the-tool');
	},
);
