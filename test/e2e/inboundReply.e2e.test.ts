import type { Gateway } from '../../testbed/gateway';
import { GATEWAY_TOKENS } from '../../testbed/gatewayConfig';
import type { JsonObject } from '../../testbed/json';
import { byId, mappedFields } from '../../testbed/n8n/openclawNodes';
import { answerMarker } from '../../testbed/scriptedReply';
import { waitFor } from '../../testbed/waitFor';
import { createToken, listAccepted } from './support/tokens';
import { environment } from './support/environment';
import { createInbound, INBOUND, runInbound } from './support/inboundWorkflow';
import { startPluginGateway } from './support/pluginGateway';
import { readShared } from './support/shared';

const { n8n, model } = environment();
let gateway: Gateway;
let accessToken: string;

beforeAll(async () => {
	gateway = await startPluginGateway({
		modelUrl: readShared().modelUrl,
		webhooks: {
			inbound: { endpoints: { ask: { agentId: 'main', template: '{{body.question}}' } } },
		},
	});
	accessToken = createToken(gateway);
});

afterAll(async () => {
	await gateway.remove();
});

const toAgent = (question: string, options: JsonObject): JsonObject => ({
	source: 'define',
	agent: byId('support-bot'),
	template: '{{body.question}}',
	fields: mappedFields({ question }),
	options,
});

async function run(parameters: JsonObject, token = accessToken) {
	const credential = { accessToken: token };
	return await runInbound(n8n, { gatewayUrl: gateway.url, credential, parameters });
}

describe('Wait for Reply', () => {
	it('gives out what an agent answers', async () => {
		const execution = await run(toAgent('包裹在哪里? [[reply:在路上 🚚]]', { waitForReply: true }));
		expect(execution.errorMessage).toBe('');
		expect(execution.json(INBOUND)).toEqual([
			expect.objectContaining({
				ok: true,
				agentId: 'support-bot',
				reply: '在路上 🚚',
				usage: expect.objectContaining({ outputTokens: 22 }) as object,
				attempts: 1,
			}),
		]);
	});

	it('works with an endpoint and the hook token of the gateway', async () => {
		const parameters = {
			source: 'endpoint',
			endpoint: byId('ask'),
			fields: mappedFields({ question: 'Ready? [[reply:Ready]]' }),
			options: { waitForReply: true },
		};
		const execution = await run(parameters, GATEWAY_TOKENS.hooks);
		expect(execution.json(INBOUND)).toEqual([expect.objectContaining({ reply: 'Ready' })]);
	});

	it('fails with the reason when the agent fails', async () => {
		const execution = await run(toAgent('[[400]]', { waitForReply: true }));
		expect(execution.status).toBe('error');
		expect(execution.errorMessage).toContain('The agent did not finish its run');
	});

	it('goes on asking when the gateway holds the request no longer', async () => {
		const options = { waitForReply: true, replySeconds: 110 };
		const execution = await run(toAgent('[[slow:55000]] [[reply:At last]]', options));
		expect(execution.errorMessage).toBe('');
		expect(execution.json(INBOUND)).toEqual([expect.objectContaining({ reply: 'At last' })]);
	}, 150_000);

	it('fails when the agent takes longer than the time', async () => {
		const options = { waitForReply: true, replySeconds: 1 };
		const execution = await run(toAgent('[[slow:20000]]', options));
		expect(execution.errorMessage).toContain('The agent did not answer within 1 seconds');
	});
});

describe('canceling the execution', () => {
	/** Starts a workflow whose node waits, and cancels it once the agent is at work. */
	const cancelWhileWaiting = async (question: string, options: JsonObject) => {
		const parameters = toAgent(question, { waitForReply: true, ...options });
		const credential = { accessToken };
		const workflow = await createInbound(n8n, { gatewayUrl: gateway.url, credential, parameters });
		const id = await n8n.runManually(workflow, 'Start');
		if (id === undefined) throw new Error('The workflow was not started');
		await model.waitForRequest(({ message }) => message.includes(question));
		await n8n.cancel(id);
		const execution = await n8n.waitForExecution(id);
		expect(execution.status).toBe('canceled');
	};

	it('ends the run of the agent where that is wanted, and its session is free at once', async () => {
		const question = 'Canceled while at work [[slow:300000]]';
		const options = { sessionKey: 'agent:support-bot:canceled' };
		await cancelWhileWaiting(question, { ...options, cancelRun: true });
		const canceled = await waitFor('the end of the run', () => {
			const call = listAccepted(gateway).find(({ message }) => message === question);
			return call?.endedAt === undefined ? undefined : call;
		});
		expect(canceled).toMatchObject({ state: 'failed', error: { code: 'canceled' } });
		// The gateway puts the message that nobody has answered before the next one of the session.
		await run(toAgent('And now?', options));
		const turn = await model.waitForRequest(({ message }) => message.includes('And now?'));
		expect(turn.message).toContain(question);
	});

	it('leaves the run alone where nothing is said', async () => {
		const question = 'Left at work [[slow:9000]] [[reply:Done anyway]]';
		await cancelWhileWaiting(question, {});
		await waitFor('the reply', () =>
			listAccepted(gateway).some(
				({ message, reply }) => message === question && reply === 'Done anyway',
			),
		);
	});
});

describe('Reply Schema', () => {
	const schemaOf = (description = '') =>
		JSON.stringify({
			type: 'object',
			description,
			properties: { level: { enum: ['low', 'high'] }, tags: { items: { type: 'string' } } },
			required: ['level'],
		});
	const FITTING = { level: 'high', tags: ['a]]', '{'] };

	it('gives out the JSON of a reply, whatever the agent puts around it', async () => {
		const text = `Of course!\n\`\`\`json\n${JSON.stringify(FITTING, null, 2)}\n\`\`\`\nAnything else?`;
		const question = `How bad is it? ${answerMarker(text)}`;
		const execution = await run(toAgent(question, { replySchema: schemaOf() }));
		expect(execution.errorMessage).toBe('');
		const [item] = execution.json(INBOUND);
		expect(item).toMatchObject({ ok: true, reply: text, replyJson: FITTING });
		expect(item).not.toHaveProperty('repairRunId');
	});

	it('has the agent correct a reply once, which it does here', async () => {
		// The model follows the schema's description where the message itself asks for nothing else.
		const replySchema = schemaOf(answerMarker(JSON.stringify(FITTING)));
		const question = 'How bad is it? [[reply:Quite bad]]';
		const execution = await run(toAgent(question, { replySchema }));
		expect(execution.errorMessage).toBe('');
		const [item] = execution.json(INBOUND);
		expect(item).toMatchObject({
			ok: true,
			reply: JSON.stringify(FITTING),
			replyJson: FITTING,
			repairRunId: expect.stringMatching(/^run_/) as unknown,
			usage: expect.objectContaining({ outputTokens: 44 }) as object,
		});
		const turn = await model.waitForRequest(({ message }) => message.includes('Quite bad\n'));
		// It is the same session: the agent sees what it was asked first.
		expect(turn.userTexts.some((text) => text.includes(question))).toBe(true);
	});

	it('works at an inbound endpoint, whose template stays as it is', async () => {
		const parameters = {
			source: 'endpoint',
			endpoint: byId('ask'),
			fields: mappedFields({ question: 'Which level? [[reply:The high one]]' }),
			options: { replySchema: schemaOf(answerMarker(JSON.stringify(FITTING))) },
		};
		const execution = await run(parameters);
		expect(execution.errorMessage).toBe('');
		expect(execution.json(INBOUND)).toEqual([expect.objectContaining({ replyJson: FITTING })]);
		const turn = await model.waitForRequest(({ message }) => message.includes('The high one\n'));
		expect(turn.userTexts.some((text) => text.includes('Which level?'))).toBe(true);
	});

	it('asks no more than twice when the node is tried again', async () => {
		const execution = await runInbound(n8n, {
			gatewayUrl: gateway.url,
			credential: { accessToken },
			parameters: toAgent('Tried thrice', { replySchema: schemaOf(answerMarker('Never fits')) }),
			node: { retryOnFail: true },
		});
		expect(execution.errorMessage).toContain('It begins: Never fits [item 0]');
		const turns = (await model.requests()).filter(({ message }) =>
			/^(Tried thrice|Your reply could not be used: .*\n\n.*\nNever fits)/.test(message),
		);
		expect(turns).toHaveLength(2);
	});

	it('leaves a reply that does not fit at the error output', async () => {
		const execution = await runInbound(n8n, {
			gatewayUrl: gateway.url,
			credential: { accessToken },
			parameters: toAgent('How bad?', { replySchema: schemaOf(answerMarker('Still bad')) }),
			node: { onError: 'continueErrorOutput' },
		});
		expect(execution.errorMessage).toBe('');
		expect(execution.json(INBOUND, 1)).toEqual([
			expect.objectContaining({
				error:
					"The agent's reply does not fit 'Reply Schema': it has no JSON in it. It begins: Still bad [item 0]",
			}),
		]);
	});
});

describe('Get Run', () => {
	const getRun = async (runId: unknown, options: JsonObject = {}) =>
		await run({ operation: 'getRun', runId: String(runId), options });

	it('tells what has become of a message, and waits for its end if wanted', async () => {
		const question = '[[slow:8000]] [[reply:迟到的回答]]';
		const [sent] = (await run(toAgent(question, {}))).json(INBOUND);
		const [early] = (await getRun(sent?.runId)).json(INBOUND);
		expect(early).toMatchObject({
			ok: true,
			runId: sent?.runId,
			state: expect.stringMatching(/^(queued|running)$/) as unknown,
			agentId: 'support-bot',
			message: question,
		});
		const options = { waitForReply: true, replySeconds: 60 };
		const [late] = (await getRun(sent?.runId, options)).json(INBOUND);
		expect(late).toMatchObject({ ok: true, state: 'done', reply: '迟到的回答' });
	});

	it('tells of a run that failed, and knows no others', async () => {
		const [sent] = (await run(toAgent('[[400]]', {}))).json(INBOUND);
		const options = { waitForReply: true, replySeconds: 60 };
		const told = await getRun(sent?.runId, options);
		expect(told.errorMessage).toBe('');
		const [failed] = told.json(INBOUND);
		expect(failed).toMatchObject({ ok: false, state: 'failed', error: { code: 'agent-failed' } });
		const unknown = await getRun('run_00000000000000000000000000');
		expect(unknown.errorMessage).toContain('The gateway knows no run');
	});
});

describe('Session Key', () => {
	it('reaches the agent in any script', async () => {
		const options = { waitForReply: true, sessionKey: '工单:1042' };
		const [first] = (await run(toAgent('Hello [[reply:One]]', options))).json(INBOUND);
		expect(first).toMatchObject({ ok: true, reply: 'One' });
		const [other] = (
			await run(toAgent('Hello [[reply:Two]]', { ...options, sessionKey: '票据:1042' }))
		).json(INBOUND);
		expect(other).toMatchObject({ ok: true, reply: 'Two' });
	});

	it('that can be none is refused before anything is sent', async () => {
		const execution = await run(toAgent('Hello', { sessionKey: ':1042' }));
		expect(execution.errorMessage).toBe(
			"'Session Key' in the options cannot be the key of a session [item 0]",
		);
	});
});

describe('Retry On Fail', () => {
	it('gives out the run that the gateway took on the first try, though the text differs', async () => {
		const items = [{ agent: 'support-bot' }, { agent: 'nobody' }];
		const options = { maxConcurrency: 1 };
		const parameters = {
			...toAgent('', options),
			agent: byId('={{ $json.agent }}'),
			template: 'Tried again at {{body.question}}',
			fields: mappedFields({ question: '={{ $now.toMillis() }}' }),
		};
		const execution = await runInbound(n8n, {
			gatewayUrl: gateway.url,
			credential: { accessToken },
			parameters,
			items,
			node: { retryOnFail: true },
		});
		// The second item fails each time; what the first one led to was never refused.
		expect(execution.errorMessage).toContain("The agent 'nobody' could not be found [item 1]");
		await model.waitForRequest(({ message }) => message.startsWith('Tried again at'));
		const turns = (await model.requests()).filter(({ message }) =>
			message.startsWith('Tried again at'),
		);
		expect(turns).toHaveLength(1);
	});
});

describe('a token of the plugin', () => {
	it('is enough to send to an agent without any configuration', async () => {
		const execution = await run(toAgent('Hello', {}));
		expect(execution.errorMessage).toBe('');
		const [item] = execution.json(INBOUND);
		expect(item).toMatchObject({ ok: true, agentId: 'support-bot', message: 'Hello' });
		expect(item?.runId).toMatch(/^run_/);
	});

	it('of another scope is refused with what to do', async () => {
		const token = createToken(gateway, { scopes: ['endpoints'] });
		const execution = await run(toAgent('Hello', {}), token);
		expect(execution.errorMessage).toContain('The access token is not for this');
	});
});
