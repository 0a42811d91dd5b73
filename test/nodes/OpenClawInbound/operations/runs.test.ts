import type { IDataObject, INodeParameters } from 'n8n-workflow';

import type { Answer } from '../../../../testbed/httpSink';
import { useGatewayStandIn } from '../../support/gatewayStandIn';
import { createNodeHarness, TOKEN, type NodeSetup } from '../support/nodeHarness';

const gateway = useGatewayStandIn();
const PLUGIN_TOKEN = 'ocw_4mzq0c7k2v_made-for-the-tests';
const REPLY = {
	ok: true,
	runId: 'run_1',
	agentId: 'main',
	message: 'Hello',
	missingPaths: [],
	reply: { text: '在路上 🚚' },
	usage: { inputTokens: 3, outputTokens: 5 },
	durationMs: 700,
};

function harness(
	options: IDataObject,
	accessToken = TOKEN,
	more: INodeParameters = {},
	signal?: AbortSignal,
) {
	return createNodeHarness({
		parameters: {
			operation: 'send',
			source: 'define',
			agent: { __rl: true, mode: 'id', value: 'main' },
			template: 'Hello{{body.name}}',
			fields: { mappingMode: 'defineBelow', value: {}, matchingColumns: [], schema: [] },
			options: { backoffMs: 1, maxAttempts: 1, ...options },
			...more,
		},
		credential: { gatewayUrl: gateway.url, accessToken },
		...(signal === undefined ? {} : { signal }),
	});
}

test('asks the plugin to hold the request, and gives out the reply', async () => {
	gateway.answerBy(() => ({ body: REPLY }));
	const [item] = await harness({
		waitForReply: true,
		replySeconds: 20,
		sessionKey: 'agent:main:工单:1042',
		deliver: true,
	}).run();
	expect(gateway.requests[0]).toMatchObject({
		path: '/webhooks/inbound?sessionKey=agent%3Amain%3A%E5%B7%A5%E5%8D%95%3A1042&deliver=true',
		headers: { prefer: 'wait=20' },
		json: { agentId: 'main', message: 'Hello' },
	});
	expect(item?.json).toMatchObject({
		ok: true,
		runId: 'run_1',
		reply: '在路上 🚚',
		usage: { inputTokens: 3, outputTokens: 5 },
		missingPaths: ['body.name'],
	});
});

test('waits at an inbound endpoint, too', async () => {
	gateway.answerBy(() => ({ body: REPLY }));
	const endpoint = { __rl: true, mode: 'id', value: 'alert' };
	const more = { source: 'endpoint', endpoint } as INodeParameters;
	const [item] = await harness({ waitForReply: true, deliver: true }, TOKEN, more).run();
	expect(gateway.requests[0]).toMatchObject({
		path: '/webhooks/inbound/alert?deliver=true',
		headers: { prefer: 'wait=50' },
	});
	expect(item?.json.reply).toBe('在路上 🚚');
});

const RUNNING = { ok: true, runId: 'run_1', agentId: 'main', message: 'Hello', state: 'running' };

/** Takes the message, and answers the questions about its run by a list; the last answer stays. */
function answerRun(...answers: readonly IDataObject[]): void {
	let asked = 0;
	gateway.answerBy(({ method }) => {
		if (method === 'POST') return { status: 202, body: { ok: true, runId: 'run_1' } };
		return { body: answers[Math.min(asked++, answers.length - 1)] ?? {} };
	});
}

const asked = () => gateway.requests.filter(({ method }) => method === 'GET');

test('goes on asking for the run when the gateway holds the request no longer', async () => {
	answerRun(RUNNING, RUNNING, { ...REPLY, state: 'done' });
	const [item] = await harness({ waitForReply: true, replySeconds: 600 }).run();
	expect(item?.json).toMatchObject({ ok: true, runId: 'run_1', reply: '在路上 🚚', attempts: 1 });
	expect(asked().map(({ path }) => path)).toEqual([
		'/webhooks/inbound/runs/run_1',
		'/webhooks/inbound/runs/run_1',
		'/webhooks/inbound/runs/run_1',
	]);
	expect(asked()[0]?.headers).toMatchObject({ prefer: 'wait=50' });
});

test('says so when the agent takes longer, and how to ask later', async () => {
	answerRun(RUNNING);
	await expect(harness({ waitForReply: true, replySeconds: 1 }).run()).rejects.toMatchObject({
		message: 'The agent did not answer within 1 seconds [item 0]',
		description: expect.stringContaining("ask for the run 'run_1' later with 'Get Run'") as string,
	});
	// A gateway that holds no request is not asked without a pause.
	expect(asked().length).toBeLessThanOrEqual(3);
});

test('fails with the reason of a run that failed while it was waited for', async () => {
	answerRun(RUNNING, { ...RUNNING, state: 'failed', error: { code: 'x', message: 'No model' } });
	await expect(harness({ waitForReply: true }).run()).rejects.toMatchObject({
		message: 'The agent did not finish its run [item 0]',
		description: expect.stringContaining('No model') as string,
	});
});

test('outlives a gateway that restarts meanwhile', async () => {
	const answers: Answer[] = [{ cut: 'before-response' }, { status: 503 }, { body: REPLY }];
	gateway.answerBy(({ method }) =>
		method === 'POST'
			? { status: 202, body: { ok: true, runId: 'run_1' } }
			: (answers.shift() ?? {}),
	);
	const [item] = await harness({ waitForReply: true, maxAttempts: 3 }).run();
	expect(item?.json.reply).toBe('在路上 🚚');
});

test('ends with the execution, also while the gateway holds a request', async () => {
	const canceled = new AbortController();
	gateway.answerBy(({ method }) => {
		if (method === 'POST') return { status: 202, body: { ok: true, runId: 'run_1' } };
		setImmediate(() => {
			canceled.abort();
		});
		return { delayMs: 2_000 };
	});
	const node = harness({ waitForReply: true, replySeconds: 600 }, TOKEN, {}, canceled.signal);
	await expect(node.run()).rejects.toThrow('The execution ended before');
	expect(asked()).toHaveLength(1);
});

test('fails with the reason of a run that failed, without trying again', async () => {
	const error = { code: 'agent-failed', message: 'HTTP 400 of the model' };
	gateway.answerBy(() => ({ status: 424, body: { ok: false, error } }));
	await expect(harness({ waitForReply: true, maxAttempts: 3 }).run()).rejects.toMatchObject({
		message: expect.stringContaining('The agent did not finish its run') as string,
		description: expect.stringContaining('HTTP 400 of the model') as string,
	});
	expect(gateway.requests).toHaveLength(1);
});

test('sends a message with a token of the plugin to the plugin, which has no hooks', async () => {
	gateway.answerBy(() => ({ status: 202, body: { ok: true, runId: 'run_1' } }));
	const [item] = await harness({}, PLUGIN_TOKEN).run();
	expect(gateway.requests[0]?.path).toBe('/webhooks/inbound');
	expect(gateway.requests[0]?.headers.prefer).toBeUndefined();
	expect(item?.json).not.toHaveProperty('reply');
});

test('refuses options that only the hooks of the gateway know', async () => {
	await expect(harness({ channel: 'telegram', to: '777' }, PLUGIN_TOKEN).run()).rejects.toThrow(
		"'Channel' in the options is not possible here",
	);
	expect(gateway.requests).toHaveLength(0);
});

test.each([
	[404, {}, 'The gateway takes no messages to agents under /webhooks/inbound'],
	[403, { error: { code: 'wrong-scope', message: 'lacks' } }, 'The access token is not for this'],
	[403, { error: { code: 'agent-not-allowed', message: 'no' } }, 'does not let hooks reach'],
])('tells what to do about %s %j', async (status, body, message) => {
	gateway.answerBy(() => ({ status, body }));
	await expect(harness({ waitForReply: true }).run()).rejects.toThrow(message);
});

describe('Get Run', () => {
	const getRun = (runId: unknown, options: IDataObject = {}, more: Partial<NodeSetup> = {}) =>
		createNodeHarness({
			parameters: {
				operation: 'getRun',
				runId,
				options: { backoffMs: 1, maxAttempts: 1, ...options },
			} as INodeParameters,
			...more,
			credential: { gatewayUrl: gateway.url, accessToken: PLUGIN_TOKEN },
		});

	test('tells what has become of an earlier message', async () => {
		gateway.answerBy(() => ({ body: { ...REPLY, state: 'done' } }));
		const [item] = await getRun('run_1').run();
		expect(gateway.requests[0]).toMatchObject({
			method: 'GET',
			path: '/webhooks/inbound/runs/run_1',
			headers: { authorization: `Bearer ${PLUGIN_TOKEN}` },
		});
		expect(gateway.requests[0]?.headers.prefer).toBeUndefined();
		expect(item).toEqual({
			json: {
				ok: true,
				runId: 'run_1',
				state: 'done',
				agentId: 'main',
				message: 'Hello',
				missingPaths: [],
				reply: '在路上 🚚',
				usage: { inputTokens: 3, outputTokens: 5 },
				durationMs: 700,
			},
			pairedItem: { item: 0 },
		});
	});

	test('gives out the state of a run that goes on, or waits for its end if wanted', async () => {
		answerRun(RUNNING, { ...REPLY, state: 'done' });
		const [now] = await getRun('run_1').run();
		expect(now?.json).toMatchObject({ ok: true, state: 'running' });
		expect(now?.json).not.toHaveProperty('reply');
		answerRun(RUNNING, { ...REPLY, state: 'done' });
		const [later] = await getRun('run_1', { waitForReply: 'true', replySeconds: 30 }).run();
		expect(later?.json).toMatchObject({ state: 'done', reply: '在路上 🚚' });
		expect(asked().at(-1)?.headers.prefer).toMatch(/^wait=\d\d$/);
	});

	test('tells of a run that failed without failing itself', async () => {
		const error = { code: 'agent-timeout', message: 'Too long' };
		const body = { ...RUNNING, ok: false, state: 'failed', error, durationMs: 9 };
		gateway.answerBy(() => ({ status: 424, body }));
		const [item] = await getRun('run_1').run();
		expect(item?.json).toMatchObject({ ok: false, state: 'failed', error, durationMs: 9 });
	});

	test('takes the runs of many items, and names those that there are not', async () => {
		gateway.answerBy(({ path }) =>
			path.endsWith('/run_1')
				? { body: { ...REPLY, state: 'done' } }
				: { status: 404, body: { ok: false, error: { code: 'unknown-run', message: 'no' } } },
		);
		const items = [{ runId: 'run_1' }, { runId: 'run/2 ü' }, { runId: '' }];
		const onError = 'continueRegularOutput';
		const output = await getRun('={{ $json.runId }}', {}, { items, onError }).run();
		expect(output.map(({ json }) => json.error ?? json.state)).toEqual([
			'done',
			"The gateway knows no run 'run/2 ü' [item 1]",
			"'Run ID' is empty [item 2]",
		]);
		expect(gateway.requests.map(({ path }) => path)).toContain(
			'/webhooks/inbound/runs/run%2F2%20%C3%BC',
		);
	});
});
