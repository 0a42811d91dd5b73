import {
	startHttpSink,
	type Answer,
	type HttpSink,
	type ReceivedRequest,
} from '../../testbed/httpSink';
import { listAt, textAt } from '../../testbed/json';
import { CREDENTIAL_TYPE, INBOUND_TYPE, mappedFields } from '../../testbed/n8n/openclawNodes';
import { chain, manualTrigger, node } from '../../testbed/n8n/workflow';
import { credentialData } from '../../testbed/stack';
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

/** A language model that calls the one tool it was given, then repeats what the tool said. */
function chatCompletion({ json }: ReceivedRequest): Answer {
	const toolResult = listAt(json, 'messages').find((message) => textAt(message, 'role') === 'tool');
	const name = textAt(listAt(json, 'tools')[0], 'function', 'name');
	const call = { name, arguments: JSON.stringify({ title: 'Disk "sda" full', level: 'high' }) };
	const message =
		toolResult === undefined
			? {
					role: 'assistant',
					content: null,
					tool_calls: [{ id: 'call_1', type: 'function', function: call }],
				}
			: { role: 'assistant', content: `The tool said ${textAt(toolResult, 'content')}` };
	const finish_reason = toolResult === undefined ? 'tool_calls' : 'stop';
	return {
		body: {
			id: 'chatcmpl-1',
			object: 'chat.completion',
			created: 1,
			model: 'scripted',
			choices: [{ index: 0, message, finish_reason }],
			usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
		},
	};
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
