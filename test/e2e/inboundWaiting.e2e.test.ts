import type { OpenClawEvent } from '../../index';
import type { Gateway } from '../../testbed/gateway';
import { GATEWAY_TOKENS } from '../../testbed/gatewayConfig';
import { startHttpSink, type HttpSink, type ReceivedRequest } from '../../testbed/httpSink';
import { textAt, type JsonObject } from '../../testbed/json';
import { readBody, startLocalServer } from '../../testbed/localServer';
import type { Workflow } from '../../testbed/n8n/client';
import type { Execution } from '../../testbed/n8n/execution';
import type { N8n } from '../../testbed/n8n/instance';
import {
	AUTO_MAPPED_FIELDS,
	byId,
	CREDENTIAL_TYPE,
	inboundNode,
} from '../../testbed/n8n/openclawNodes';
import { chain, manualTrigger, node, noOp } from '../../testbed/n8n/workflow';
import { issueToken } from '../../testbed/pluginToken';
import { sendEvent, sendRaw } from '../../testbed/sendEvent';
import { credentialData } from '../../testbed/stack';
import { waitFor } from '../../testbed/waitFor';
import { startOwnN8n } from './support/environment';
import { startPluginGateway } from './support/pluginGateway';
import { readShared } from './support/shared';

const ASK = 'Ask';
const AFTER = 'After';

let n8n: N8n;
let gateway: Gateway;
let standIn: HttpSink;
let accessToken: string;

beforeAll(async () => {
	[n8n, gateway, standIn] = await Promise.all([
		startOwnN8n(),
		startPluginGateway({
			modelUrl: readShared().modelUrl,
			webhooks: {
				inbound: { endpoints: { ask: { agentId: 'main', template: '{{body.question}}' } } },
			},
		}),
		startHttpSink(),
	]);
	accessToken = await issueToken(gateway);
});

afterAll(async () => {
	await Promise.all([n8n.remove(), gateway.remove(), standIn.stop()]);
});

const TO_AGENT: JsonObject = {
	source: 'define',
	agent: byId('support-bot'),
	template: '{{body.question}}',
	fields: AUTO_MAPPED_FIELDS,
};

/** A workflow that asks, and refers to the item before the question afterwards. */
async function create(
	items: readonly JsonObject[],
	parameters: JsonObject = TO_AGENT,
	at: { readonly url?: string; readonly token?: string } = {},
): Promise<Workflow> {
	const { url = gateway.url, token = accessToken } = at;
	const credential = await n8n.client.createCredential(
		CREDENTIAL_TYPE,
		credentialData(url, { accessToken: token }),
	);
	const after = node(AFTER, 'n8n-nodes-base.set', 3.4, {
		assignments: {
			assignments: [
				{ id: '1', name: 'asked', value: "={{ $('Start').item.json.question }}", type: 'string' },
			],
		},
		includeOtherFields: true,
		options: {},
	});
	const definition = {
		name: 'Asks an agent',
		nodes: [
			manualTrigger(),
			inboundNode(credential, { operation: 'sendAndWait', ...parameters }, ASK),
			after,
			noOp('End'),
		],
		connections: chain('Start', ASK, AFTER, 'End'),
		pinData: { Start: items.map((json) => ({ json })) },
	};
	return await n8n.client.createWorkflow(definition);
}

async function start(workflow: Workflow): Promise<string> {
	const id = await n8n.client.runManually(workflow, 'Start');
	if (id === undefined) throw new Error('The workflow was not started');
	return id;
}

/** An older n8n shows how an execution ended a moment before it shows what ran last. */
const isOver = (execution: Execution) =>
	['success', 'error', 'crashed'].includes(execution.status) &&
	(execution.ran('End') || execution.errorMessage !== '');

async function finished(id: string): Promise<Execution> {
	return await waitFor(
		`the end of execution ${id}`,
		async () => {
			const execution = await n8n.client.execution(id);
			return isOver(execution) && execution;
		},
		{ timeoutMs: 150_000 },
	);
}

async function isWaiting(id: string): Promise<boolean> {
	return (await n8n.client.execution(id)).status === 'waiting';
}

describe('Reply Schema', () => {
	it('gives out the JSON of each reply, or says of an item what does not fit', async () => {
		const schema = {
			type: 'object',
			properties: { days: { type: 'integer' } },
			required: ['days'],
		};
		const items = [
			{ question: 'How long? [[reply:It is {"days":3}, I think]]' },
			{ question: 'How long? [[reply:{"days":"three"}]]' },
		];
		const parameters = { ...TO_AGENT, options: { replySchema: JSON.stringify(schema) } };
		const execution = await finished(await start(await create(items, parameters)));
		expect(execution.json(AFTER)).toEqual([
			expect.objectContaining({ ok: true, replyJson: { days: 3 }, asked: items[0]?.question }),
			expect.objectContaining({
				ok: false,
				reply: '{"days":"three"}',
				error: {
					code: 'reply-schema',
					message: expect.stringContaining('/days: Instance type "string" is invalid') as string,
				},
			}),
		]);
	});
});

describe('a real agent', () => {
	it('answers, and the workflow goes on with its reply', async () => {
		const question = '包裹在哪里? [[reply:在路上 🚚]]';
		const execution = await finished(await start(await create([{ question }])));
		expect(execution.errorMessage).toBe('');
		expect(execution.json(AFTER)).toEqual([
			{
				ok: true,
				runId: expect.stringMatching(/^run_/) as unknown,
				agentId: 'support-bot',
				message: question,
				missingPaths: [],
				sessionKey: 'agent:support-bot:webhook',
				reply: '在路上 🚚',
				usage: expect.objectContaining({ outputTokens: 22 }) as unknown,
				durationMs: expect.any(Number) as unknown,
				asked: question,
			},
		]);
	});

	it('is asked for several items at once: the workflow goes on with all answers, in order', async () => {
		const questions = ['[[slow:4000]] [[reply:一]]', '[[400]]', '[[reply:Three]]'];
		const items = questions.map((question) => ({ question }));
		const options = { sessionKey: '=工单:{{ $json.question.length }}' };
		const execution = await finished(await start(await create(items, { ...TO_AGENT, options })));
		expect(execution.errorMessage).toBe('');
		const output = execution.json(AFTER);
		expect(output.map(({ asked }) => asked)).toEqual(questions);
		expect(output.map(({ message }) => message)).toEqual(questions);
		expect(output.map(({ reply }) => reply)).toEqual(['一', undefined, 'Three']);
		expect(output[1]).toMatchObject({ ok: false, error: { code: 'agent-failed' } });
	});

	it('writes into the session that is named, in any script', async () => {
		const options = { sessionKey: '票据:1042' };
		const workflow = await create([{ question: '[[reply:Yes]]' }], { ...TO_AGENT, options });
		expect((await finished(await start(workflow))).json(AFTER)).toMatchObject([
			{ ok: true, reply: 'Yes', sessionKey: 'agent:support-bot:票据:1042' },
		]);
	});

	it('is asked through an inbound endpoint, and may take its time', async () => {
		const parameters = { source: 'endpoint', endpoint: byId('ask'), fields: AUTO_MAPPED_FIELDS };
		const workflow = await create([{ question: '[[slow:3000]] [[reply:Later]]' }], parameters);
		const id = await start(workflow);
		await waitFor('the execution to wait', async () => isWaiting(id));
		expect((await finished(id)).json(AFTER)).toMatchObject([{ ok: true, reply: 'Later' }]);
	});

	it('that fails is told in the output', async () => {
		const execution = await finished(await start(await create([{ question: '[[400]]' }])));
		expect(execution.errorMessage).toBe('');
		const [item] = execution.json(AFTER);
		expect(item).toMatchObject({ ok: false, error: { code: 'agent-failed' } });
		expect(item).not.toHaveProperty('reply');
	});

	it('may be asked with the hook token once a workflow gets events, and not before', async () => {
		const workflow = await create([{ question: 'Hello' }], TO_AGENT, {
			token: GATEWAY_TOKENS.hooks,
		});
		const execution = await finished(await start(workflow));
		expect(execution.errorMessage).toContain("The gateway does not send to n8n's address");
	});
});

/** The gateway's side of one message, in the hands of the test. */
async function askStandIn(items: readonly JsonObject[] = [{ question: 'Status?' }]) {
	standIn.clear();
	standIn.answerBy(({ index }) => ({
		status: 202,
		body: { ok: true, runId: `run_${String(index)}`, agentId: 'support-bot', callback: true },
	}));
	const workflow = await create(items, TO_AGENT, { url: standIn.url });
	const id = await start(workflow);
	const request = await standIn.waitForRequest(() => true);
	await waitFor('the execution to wait', async () => isWaiting(id));
	return { id, request, ...callbackOf(request) };
}

function callbackOf({ headers, index }: ReceivedRequest) {
	const url = String(headers['x-openclaw-callback-url']);
	const secret = String(headers['x-openclaw-callback-secret']);
	return { url, secret, runId: `run_${String(index)}` };
}

function result(runId: string, data: JsonObject = { ok: true, reply: { text: 'Fine' } }) {
	return {
		id: `evt_${runId.padEnd(26, '0')}`,
		type: 'inbound.completed',
		timestamp: new Date().toISOString(),
		instanceId: 'node-1',
		data: { agentId: 'support-bot', runId, ...data },
	} satisfies OpenClawEvent;
}

describe('a callback', () => {
	it('that is not signed for this message leaves the execution waiting; the right one resumes it once', async () => {
		const other = await askStandIn();
		const { id, url, secret, runId } = await askStandIn();
		expect(other.secret).not.toBe(secret);
		expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
		const event = result(runId);
		const body = JSON.stringify(event);
		const now = Math.floor(Date.now() / 1000);
		const attempts = [
			sendRaw(url, { headers: { 'content-type': 'application/json' }, body }),
			sendEvent(url, { event, secret: other.secret }),
			sendEvent(url, { event, secret: 'whsec_' + 'A'.repeat(43) + '=' }),
			sendEvent(url, { event, secret, sentBody: body.replace('Fine', 'Good') }),
			sendEvent(url, { event, secret, timestamp: now - 310 }),
			sendEvent(url, { event, secret, timestamp: now + 400 }),
			sendEvent(url.replace('message=', 'message=x'), { event, secret }),
			sendEvent(url.replace(/signature=[0-9a-f]{4}/, 'signature=0000'), { event, secret }),
		];
		const answers = await Promise.all(attempts);
		expect(answers.map(({ status }) => status)).toEqual(attempts.map(() => 401));
		const strange = { ...event, type: 'message.sent' };
		expect((await sendEvent(url, { event: strange, secret })).status).toBe(400);
		expect((await sendEvent(url, { body: '[]', secret })).status).toBe(400);
		const late = await sendEvent(url, { event: result('run_of_another'), secret });
		expect(late).toMatchObject({ status: 200, json: { status: 'late' } });
		expect(await isWaiting(id)).toBe(true);

		expect(await sendEvent(url, { event, secret })).toMatchObject({
			status: 200,
			json: { received: true },
		});
		const execution = await finished(id);
		expect(execution.json(AFTER)).toMatchObject([{ ok: true, reply: 'Fine', asked: 'Status?' }]);
		const again = await sendEvent(url, { event: { ...event, id: 'evt_again' }, secret });
		expect(again.status).toBe(200);
		expect((await n8n.client.execution(id)).json(AFTER)).toEqual(execution.json(AFTER));
		const shown = JSON.stringify(execution.resultData);
		expect(shown).not.toContain(secret);
		expect(await n8n.log()).not.toContain(secret);
	});

	it('resumes an execution that n8n has forgotten in a crash', async () => {
		const { id, url, secret, runId } = await askStandIn();
		await n8n.kill();
		await n8n.start();
		const event = result(runId, {
			ok: false,
			error: { code: 'agent-timeout', message: 'Too long' },
		});
		expect((await sendEvent(url, { event, secret })).status).toBe(200);
		expect((await finished(id)).json(AFTER)).toMatchObject([
			{ ok: false, runId, error: { code: 'agent-timeout', message: 'Too long' } },
		]);
	});

	it('that comes too late changes nothing: the workflow went on when its time was over', async () => {
		standIn.clear();
		standIn.answerBy(() => ({ status: 202, body: { ok: true, runId: 'run_0', callback: true } }));
		const values = { limitType: 'afterTimeInterval', resumeAmount: 0.02, resumeUnit: 'minutes' };
		const parameters = { ...TO_AGENT, options: { limitWaitTime: { values } } };
		const workflow = await create([{ question: 'Late?' }], parameters, { url: standIn.url });
		const id = await start(workflow);
		const { url, secret } = callbackOf(await standIn.waitForRequest(() => true));
		const execution = await finished(id);
		expect(execution.json(AFTER)).toEqual([
			{
				ok: false,
				runId: 'run_0',
				agentId: 'support-bot',
				message: 'Late?',
				missingPaths: [],
				error: {
					code: 'wait-timeout',
					message: expect.stringContaining('Limit Wait Time') as unknown,
				},
				asked: 'Late?',
			},
		]);
		expect((await sendEvent(url, { event: result('run_0'), secret })).status).toBe(200);
		expect((await n8n.client.execution(id)).json(AFTER)).toEqual(execution.json(AFTER));
	});
});

describe('a sub-workflow', () => {
	const CALL = 'Call the sub-workflow';
	const QUESTIONS = [
		'[[slow:3000]] [[reply:一]]',
		'[[reply:Two]]',
		'[[400]]',
		'[[slow:1000]] [[reply:Four]]',
		'[[reply:Five]]',
	];

	/** Five items, asked by a sub-workflow that gets all of them. */
	const createParent = async (parameters: JsonObject) => {
		const credential = await n8n.client.createCredential(
			CREDENTIAL_TYPE,
			credentialData(gateway.url, { accessToken }),
		);
		const own = { sessionKey: '=sub:{{ $itemIndex }}' };
		const child = await n8n.client.createWorkflow({
			name: 'Asks agents for another workflow',
			nodes: [
				node('Called', 'n8n-nodes-base.executeWorkflowTrigger', 1.1, {
					inputSource: 'passthrough',
				}),
				inboundNode(
					credential,
					{ operation: 'sendAndWait', ...TO_AGENT, options: own, ...parameters },
					ASK,
				),
				noOp('Answered'),
			],
			connections: chain('Called', ASK, 'Answered'),
		});
		await n8n.client.publish(child);
		return await n8n.client.createWorkflow({
			name: 'Calls a workflow that waits for agents',
			nodes: [
				manualTrigger(),
				node(CALL, 'n8n-nodes-base.executeWorkflow', 1.2, {
					workflowId: { __rl: true, mode: 'id', value: child.id },
					mode: 'once',
					options: { waitForSubWorkflow: true },
				}),
				noOp('End'),
			],
			connections: chain('Start', CALL, 'End'),
			pinData: { Start: QUESTIONS.map((question) => ({ json: { question } })) },
		});
	};

	it('waits for five agents of which one fails, and hands all results on, in order', async () => {
		const execution = await finished(await start(await createParent({})));
		expect(execution.errorMessage).toBe('');
		const output = execution.json('End');
		expect(output.map(({ message }) => message)).toEqual(QUESTIONS);
		expect(output.map(({ reply }) => reply)).toEqual(['一', 'Two', undefined, 'Four', 'Five']);
		expect(output[2]).toMatchObject({ ok: false, error: { code: 'agent-failed' } });
	});

	it('that would wait until a time that is over sends nothing, and the error says so', async () => {
		const values = { limitType: 'atSpecifiedTime', maxDateAndTime: '2026-01-01T00:00:00Z' };
		const parent = await createParent({ options: { limitWaitTime: { values } } });
		const execution = await finished(await start(parent));
		expect(execution.errorMessage).toContain(
			"'Max Date and Time' of 'Limit Wait Time' is over already",
		);
	});
});

describe('several items', () => {
	it('go on without the answers that have not come when the time is over', async () => {
		standIn.clear();
		standIn.answerBy(({ method, json }) =>
			method === 'GET'
				? { body: { ok: true, runId: 'run_B', state: 'running' } }
				: {
						status: 202,
						body: { ok: true, runId: `run_${textAt(json, 'message')}`, callback: true },
					},
		);
		const values = { limitType: 'afterTimeInterval', resumeAmount: 0.1, resumeUnit: 'minutes' };
		const parameters = { ...TO_AGENT, options: { limitWaitTime: { values } } };
		const items = [{ question: 'A' }, { question: 'B' }];
		const id = await start(await create(items, parameters, { url: standIn.url }));
		const asked = await standIn.waitForRequest(({ json }) => textAt(json, 'message') === 'A');
		const { url, secret } = callbackOf(asked);
		await waitFor('the execution to wait', async () => isWaiting(id));
		const answer = await sendEvent(url, { event: result('run_A'), secret });
		expect(answer).toMatchObject({ status: 200 });
		expect(await isWaiting(id)).toBe(true);
		const output = (await finished(id)).json(AFTER);
		expect(output.map((item) => [item.asked, textAt(item, 'error', 'code')])).toEqual([
			['A', 'wait-timeout'],
			['B', 'wait-timeout'],
		]);
	});
});

describe('nothing to wait for', () => {
	it('a gateway that promises no reply ends the execution', async () => {
		standIn.clear();
		standIn.answerBy(() => ({ body: { ok: true, runId: 'run_0' } }));
		const workflow = await create([{ question: 'Hm?' }], TO_AGENT, { url: standIn.url });
		const execution = await finished(await start(workflow));
		expect(execution.errorMessage).toContain("will not send the agent's reply back");
	});

	it('a gateway that is down is an error with what to do', async () => {
		const options = { maxAttempts: 1 };
		const url = 'http://127.0.0.1:9';
		const workflow = await create([{ question: 'Hm?' }], { ...TO_AGENT, options }, { url });
		const execution = await finished(await start(workflow));
		expect(textAt(execution.resultData, 'error', 'message')).toContain('127.0.0.1:9');
	});
});

describe('behind a proxy that takes a sub-path away', () => {
	it('the callback resumes the execution', async () => {
		const proxy = await startLocalServer((request, response) => {
			const forward = async () => {
				const { method = 'GET', url = '', headers } = request;
				const body = await readBody(request);
				const answer = await sendRaw(n8n.url + url.replace(/^\/apps\/n8n/, ''), {
					method,
					headers: { ...headers, host: undefined },
					body,
				});
				response.writeHead(url.startsWith('/apps/n8n/') ? answer.status : 404).end(answer.text);
			};
			forward().catch((error: unknown) => response.destroy(error as Error));
		});
		try {
			const address = `${proxy.url}/apps/n8n/`;
			await n8n.stop();
			await n8n.start({ WEBHOOK_URL: address, N8N_WEBHOOK_URL: address });
			const { id, url, secret, runId } = await askStandIn();
			expect(url).toContain('/apps/n8n/webhook-waiting/');
			expect((await sendEvent(url, { event: result(runId), secret })).status).toBe(200);
			expect((await finished(id)).json(AFTER)).toMatchObject([{ ok: true, reply: 'Fine' }]);
			const question = '[[reply:Through the proxy]]';
			const execution = await finished(await start(await create([{ question }])));
			expect(execution.json(AFTER)).toMatchObject([{ ok: true, reply: 'Through the proxy' }]);
		} finally {
			await proxy.close();
		}
	});
});
