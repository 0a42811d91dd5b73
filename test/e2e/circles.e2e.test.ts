import { askAgent } from '../../testbed/askAgent';
import type { Gateway } from '../../testbed/gateway';
import { GATEWAY_TOKENS } from '../../testbed/gatewayConfig';
import { at, listAt, textAt, tryParseJson, type JsonObject } from '../../testbed/json';
import type { Workflow } from '../../testbed/n8n/client';
import {
	byId,
	CREDENTIAL_TYPE,
	inboundNode,
	mappedFields,
	triggerNode,
} from '../../testbed/n8n/openclawNodes';
import { chain, type WorkflowNode } from '../../testbed/n8n/workflow';
import { startScriptedModel, type ScriptedModel } from '../../testbed/scriptedModel';
import { credentialData } from '../../testbed/stack';
import { waitFor } from '../../testbed/waitFor';
import { askDashboard } from './support/dashboard';
import { environment } from './support/environment';
import { startPluginGateway } from './support/pluginGateway';
import { createToken } from './support/tokens';
import { TRIGGER } from './support/triggerWorkflow';

const { n8n } = environment();
/** Runs of agents that may lead from one to the next. */
const MAX_HOPS = 8;
const CIRCLE_MS = 120_000;

let model: ScriptedModel & { stop(): Promise<void> };
let gateway: Gateway;
let token: string;

beforeAll(async () => {
	model = await startScriptedModel();
	gateway = await startPluginGateway({
		modelUrl: model.url,
		webhooks: {},
		config: {
			agents: {
				ownership: 'explicit',
				defaults: {
					model: { primary: 'scripted/scripted-1' },
					skipBootstrap: true,
					systemAgent: { agentId: 'main' },
					// A run that somebody has woken calls a tool, and so is told of.
					heartbeat: { every: '0m', agentId: 'main', prompt: 'Look around [[tool]]' },
				},
				entries: { main: {} },
			},
		},
	});
	token = createToken(gateway);
});

afterAll(async () => {
	await gateway.remove();
	await model.stop();
});

interface Circle {
	readonly trigger?: JsonObject;
	/** What the workflow does for each reply of an agent. */
	readonly answer?: JsonObject;
}

const SEND = {
	source: 'define',
	agent: byId('main'),
	template: 'Go on: {{body.text}}',
	fields: mappedFields({ text: 'please' }),
};

/** Publishes a workflow of two nodes, the second of which causes what the first one waits for. */
async function publish(name: string, { trigger = {}, answer = SEND }: Circle = {}) {
	const credential = await n8n.createCredential(
		CREDENTIAL_TYPE,
		credentialData(gateway.url, { accessToken: token, hookToken: GATEWAY_TOKENS.hooks }),
	);
	const events = { events: ['message.sent'], endpointSetup: 'connection' };
	const nodes: readonly [WorkflowNode, WorkflowNode] = [
		triggerNode(credential, { ...events, ...trigger }),
		inboundNode(credential, answer),
	];
	const workflow = await n8n.createWorkflow({
		name,
		nodes,
		connections: chain(TRIGGER, nodes[1].name),
	});
	await n8n.publish(workflow);
	return workflow;
}

async function say(text: string): Promise<void> {
	expect((await askAgent(gateway.url, { agent: 'main', text })).status).toBe(200);
}

/** Once a later message has led to its execution, whatever an earlier one may lead to has begun. */
async function executionsAfter(workflow: Workflow, text: string) {
	await say(text);
	return await waitFor('the execution of the later message', async () => {
		const executions = await n8n.waitForExecutions(workflow, 1);
		const replies = executions.map((one) =>
			textAt(one.json(TRIGGER)[0], 'data', 'message', 'content'),
		);
		return replies.some((reply) => text === `[[reply:${reply}]]`) && executions;
	});
}

it('ends after one run of the workflow that answers its own events', async () => {
	const workflow = await publish('Careful');
	await say('[[reply:the first reply]]');
	await n8n.waitForExecutions(workflow, 1);
	await model.waitForRequest(({ userText }) => userText.includes('Go on: please'));
	const executions = await executionsAfter(workflow, '[[reply:the second reply]]');

	expect(executions.map(({ status }) => status)).toEqual(['success', 'success']);
	await n8n.deleteWorkflow(workflow);
});

/** What the gateway says of a circle: in its log, and in what its dashboard lists. */
async function expectToBeTold(from: number): Promise<void> {
	await gateway.waitForLog(/event-webhooks.*'n8n:[^']+' goes round in a circle: 8 runs/, from);
	const state = tryParseJson(await askDashboard(gateway, 'state'));
	const [refused] = listAt(state, 'data', 'inbound', 'refusals').filter(
		(refusal) => at(refusal, 'code') === 'loop-detected',
	);
	expect(refused).toMatchObject({
		status: 508,
		reason: expect.stringContaining('n8n:') as string,
	});
}

it(
	'ends after eight runs where a workflow takes its own events, too',
	async () => {
		const from = (await gateway.log()).length;
		const workflow = await publish('Careless', { trigger: { options: { ignoreOwnRuns: false } } });
		await say('Hello');
		const executions = await n8n.waitForExecutions(workflow, MAX_HOPS + 1);

		expect(executions.map(({ status }) => status)).toEqual([
			...Array<string>(MAX_HOPS).fill('success'),
			'error',
		]);
		expect(executions.at(-1)?.errorMessage).toContain('went round in a circle');
		await expectToBeTold(from);
		await n8n.deleteWorkflow(workflow);
	},
	CIRCLE_MS,
);

it(
	'ends after eight runs that two workflows cause for each other',
	async () => {
		const from = (await gateway.log()).length;
		const [there, back] = await Promise.all([publish('There'), publish('Back')]);
		await say('Hello, both');
		// Each starts with the reply, and then answers what the other one has caused: two circles at once.
		const ended = async (workflow: Workflow) =>
			(await n8n.waitForExecutions(workflow, 1)).filter(({ status }) => status === 'error');
		const failures = await waitFor(
			'both circles to end',
			async () => {
				const all = [...(await ended(there)), ...(await ended(back))];
				return all.length >= 2 && all;
			},
			{ timeoutMs: CIRCLE_MS, everyMs: 1000 },
		);

		for (const { errorMessage } of failures) {
			expect(errorMessage).toContain('went round in a circle');
		}
		const hops = failures.map((one) => at(one.json(TRIGGER)[0], 'data', 'origin', 'hops'));
		expect(hops).toEqual([MAX_HOPS, MAX_HOPS]);
		const [first, second] = await Promise.all(
			[there, back].map(async (one) => n8n.executions(one)),
		);
		expect((first?.length ?? 0) + (second?.length ?? 0)).toBe(2 * (MAX_HOPS + 1));
		await expectToBeTold(from);
		await Promise.all([n8n.deleteWorkflow(there), n8n.deleteWorkflow(back)]);
	},
	2 * CIRCLE_MS,
);

/** Publishes a workflow that wakes the agent, who calls a tool then, for each tool call or reply of the agent. */
async function publishWaking(name: string, trigger: JsonObject = {}) {
	return await publish(name, {
		trigger: { events: ['message.sent', 'tool.called'], ...trigger },
		answer: {
			operation: 'wake',
			agent: byId('main'),
			text: `Look after it for ${name}`,
			wakeMode: 'now',
		},
	});
}

async function waitForWake(name: string): Promise<void> {
	await model.waitForRequest(
		({ gatewayTexts, userTexts }) =>
			[...gatewayTexts, ...userTexts].some((text) => text.includes(`Look after it for ${name}`)),
		{ timeoutMs: CIRCLE_MS },
	);
}

it(
	'ends after one wake, which the next one would answer',
	async () => {
		const workflow = await publishWaking('Waking');
		await say('[[reply:before the wake]]');
		const [first, second] = await n8n.waitForExecutions(workflow, 2, { timeoutMs: CIRCLE_MS });

		expect(first).toMatchObject({ status: 'success' });
		expect(second).toMatchObject({
			status: 'error',
			errorMessage: expect.stringContaining('would go round in a circle') as string,
		});
		expect(second?.json(TRIGGER)[0]).toMatchObject({
			type: 'tool.called',
			data: { agentId: 'main', trigger: 'heartbeat' },
		});
		await n8n.deleteWorkflow(workflow);
	},
	2 * CIRCLE_MS,
);

it(
	'ends after one wake where the trigger leaves out what wakes cause',
	async () => {
		const workflow = await publishWaking('Deaf', { filters: { triggers: '!heartbeat' } });
		await say('[[reply:before the wake]]');
		await n8n.waitForExecutions(workflow, 1);
		await waitForWake('Deaf');
		const executions = await executionsAfter(workflow, '[[reply:after the wake]]');

		expect(executions.map(({ status }) => status)).toEqual(['success', 'success']);
		await n8n.deleteWorkflow(workflow);
	},
	2 * CIRCLE_MS,
);
