import type { IDataObject } from 'n8n-workflow';
import { validateUrlSignature } from 'n8n-core';
import { WAIT_INDEFINITELY } from 'n8n-workflow';

import { toResult } from '../../../../nodes/OpenClawInbound/operations/resume';
import { useGatewayStandIn } from '../../support/gatewayStandIn';
import { createNodeHarness, type NodeHarness, type NodeSetup } from '../support/nodeHarness';

const gateway = useGatewayStandIn();
const TAKEN = { ok: true, runId: 'run_1', agentId: 'main', callback: true };

beforeEach(() => {
	gateway.answerBy(() => ({ status: 202, body: TAKEN }));
});

function harness(options: IDataObject = {}, more: Partial<NodeSetup> = {}) {
	return createNodeHarness({
		parameters: {
			operation: 'sendAndWait',
			source: 'define',
			agent: { __rl: true, mode: 'id', value: 'main' },
			template: 'Hello {{body.name}}',
			fields: { mappingMode: 'autoMapInputData', value: null, matchingColumns: [], schema: [] },
			options: { backoffMs: 1, maxAttempts: 1, ...options },
		},
		items: [{ name: 'Ada' }],
		...more,
		credential: { gatewayUrl: gateway.url, ...more.credential },
	});
}

const headersOf = (index = 0) => gateway.requests[index]?.headers ?? {};

test('asks for a signed callback and puts the execution to wait', async () => {
	const node = harness({ sessionKey: 'agent:main:a', model: 'x/y', idempotencyKey: 'shared' });
	const [item] = await node.run();
	expect(gateway.requests[0]).toMatchObject({
		path: '/webhooks/inbound?sessionKey=agent%3Amain%3Aa',
		json: { agentId: 'main', message: 'Hello Ada', model: 'x/y' },
	});
	const { prefer, 'x-openclaw-callback-url': url, 'idempotency-key': key } = headersOf();
	expect(prefer).toBeUndefined();
	expect(url).toMatch(
		/^http:\/\/127\.0\.0\.1:5678\/webhook-waiting\/41\/node-1\?message=n8n-\w+-0&signature=[0-9a-f]{64}$/,
	);
	expect(key).toMatch(/^n8n-[0-9a-f]{40}-0$/);
	expect(node.waitsUntil()).toBe(WAIT_INDEFINITELY);
	expect(item?.json).toMatchObject({ ok: true, runId: 'run_1', message: 'Hello Ada' });
	expect(JSON.stringify(node.context.getExecuteData())).not.toContain('whsec_');
});

test('asks an older n8n to check the signature of the URL, which a newer one does by itself', async () => {
	const node = harness();
	const setSignatureValidationRequired = jest.fn();
	Object.assign(node.context, { setSignatureValidationRequired });
	await node.run();
	expect(setSignatureValidationRequired).toHaveBeenCalled();
});

test('has a secret for each message that nothing sent gives away', async () => {
	await harness().run();
	await harness({}, { runIndex: 1 }).run();
	const [first, second] = [0, 1].map((index) => headersOf(index));
	const secrets = [first, second].map((headers) => String(headers?.['x-openclaw-callback-secret']));
	expect(new Set(secrets).size).toBe(2);
	for (const secret of secrets) expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
	const signature = String(first?.['x-openclaw-callback-url']).slice(-64);
	expect(Buffer.from(secrets[0]?.slice(6) ?? '', 'base64').toString('hex')).not.toBe(signature);
});

test('leaves behind what is given out when the time is over', async () => {
	const values = { resumeAmount: 5, resumeUnit: 'minutes' };
	const node = harness({ limitWaitTime: { values } });
	const before = Date.now();
	await node.run();
	const waited = Number(node.waitsUntil()) - before;
	expect(waited).toBeGreaterThanOrEqual(300_000);
	expect(waited).toBeLessThan(360_000);
	expect(node.context.getExecuteData().data.main).toEqual([
		[
			{
				json: {
					ok: false,
					runId: 'run_1',
					agentId: 'main',
					message: 'Hello Ada',
					missingPaths: [],
					error: { code: 'wait-timeout', message: expect.any(String) as string },
				},
				pairedItem: { item: 0 },
			},
		],
	]);
});

test.each<[string, Partial<NodeSetup>, IDataObject, string]>([
	['a tool', { nodeType: 'x.openClawInboundTool' }, {}, 'is not possible in a tool'],
	['no time', {}, { limitWaitTime: { values: { resumeAmount: 0 } } }, "'Amount'"],
	[
		'a time that is over',
		{},
		{ limitWaitTime: { values: { limitType: 'atSpecifiedTime', maxDateAndTime: '2026-01-01' } } },
		"'Max Date and Time' of 'Limit Wait Time' is over already",
	],
	[
		'an n8n that calls itself localhost and a gateway elsewhere',
		{ credential: { gatewayUrl: 'http://gateway.example' } },
		{},
		'The gateway at gateway.example cannot reach n8n at 127.0.0.1',
	],
])('sends nothing with %s', async (_, setup, options, message) => {
	const node = harness(options, setup);
	await expect(node.run()).rejects.toThrow(message);
	expect(gateway.requests).toHaveLength(0);
	expect(node.waitsUntil()).toBeUndefined();
});

test.each<[string, { status?: number; body: IDataObject }, string]>([
	['takes a message without a promise', { body: { ok: true, runId: '1' } }, "agent's reply back"],
	[
		'may not send to n8n',
		{
			status: 400,
			body: { ok: false, error: { code: 'callback-not-allowed', message: 'does not lead' } },
		},
		"The gateway does not send to n8n's address",
	],
	['has no plugin', { status: 404, body: {} }, 'takes no messages to agents'],
])('does not wait for a gateway that %s', async (_, answer, message) => {
	gateway.answerBy(() => answer);
	const node = harness();
	await expect(node.run()).rejects.toThrow(message);
	expect(node.waitsUntil()).toBeUndefined();
});

test('goes on with the error where the node is set to', async () => {
	gateway.answerBy(() => ({ status: 401, body: 'Unauthorized' }));
	const node = harness({}, { onError: 'continueRegularOutput' });
	expect(await node.run()).toEqual([
		{ json: { error: expect.stringContaining('Access Token') as string }, pairedItem: { item: 0 } },
	]);
	expect(node.waitsUntil()).toBeUndefined();
});

test('without items there is nothing to send', async () => {
	const node = harness({}, { items: [] });
	expect(await node.run()).toEqual([]);
	expect(gateway.requests).toHaveLength(0);
});

const callbackOf = (index = 0) => {
	const headers = headersOf(index);
	return {
		url: String(headers['x-openclaw-callback-url']),
		secret: String(headers['x-openclaw-callback-secret']),
	};
};

describe('a proxy that takes a sub-path away', () => {
	const subPath = 'https://example.com/apps/n8n';
	// What n8n does with a request that arrives, see its class WaitingWebhooks.
	const isAccepted = (url: string, { context }: NodeHarness) => {
		const signature = new URL(url).searchParams.get('signature') ?? '';
		const { instanceSettings } = context as unknown as {
			instanceSettings: { hmacSignatureSecret: string };
		};
		return validateUrlSignature(signature, new URL(url), instanceSettings.hmacSignatureSecret);
	};

	test('gets an address whose signature survives it', async () => {
		const node = harness({}, { n8nUrl: subPath });
		await node.run();
		const { url, secret } = callbackOf();
		expect(url).toMatch(/^https:\/\/example\.com\/apps\/n8n\/webhook-waiting\/41\/node-1\?/);
		const arrived = url.replace(subPath, 'http://127.0.0.1:5678');
		expect(isAccepted(arrived, node)).toBe(true);
		expect(isAccepted(url, node)).toBe(false);
		const data = { runId: 'run_1', ok: true, reply: { text: 'Fine' } };
		const answer = await node.callBack({ url: arrived, secret, data });
		expect(answer.workflowData?.[0]?.[0]?.json).toMatchObject({ ok: true, reply: 'Fine' });
	});

	test('sends nothing where n8n cannot be made to sign that', async () => {
		const node = harness({}, { n8nUrl: subPath });
		const { context } = node;
		const sign = context.getSignedResumeUrl.bind(context);
		context.getSignedResumeUrl = (parameters) => sign(parameters);
		await expect(node.run()).rejects.toThrow("below the sub-path '/apps/n8n' [item 0]");
		expect(gateway.requests).toHaveLength(0);
	});

	test('is not supposed where n8n has a host name of its own', async () => {
		const node = harness({}, { n8nUrl: 'https://n8n.example.com' });
		await node.run();
		expect(isAccepted(callbackOf().url, node)).toBe(true);
	});
});

describe('several items', () => {
	const people = [{ name: 'Ada' }, { name: 'Bea' }, { name: 'Cas' }];
	const states = new Map<string, IDataObject>();

	beforeEach(() => {
		states.clear();
		gateway.answerBy(({ method, path, json }) => {
			const runId = path.split('/').at(-1) ?? '';
			if (method === 'GET') return { body: { ok: true, runId, ...states.get(runId) } };
			const { message } = json as { message: string };
			return { status: 202, body: { ...TAKEN, runId: `run_${message.slice(-3)}` } };
		});
	});

	const posted = () => gateway.requests.filter(({ method }) => method === 'POST');
	const end = (name: string) => {
		const index = gateway.requests.findIndex(({ body }) => body.toString().includes(name));
		const { url, secret } = callbackOf(index);
		const reply = { text: `From ${name}` };
		states.set(`run_${name}`, { reply, state: 'done', durationMs: 5 });
		return { url, secret, data: { runId: `run_${name}`, ok: true, reply } };
	};

	test('have a callback each; the last answer resumes with all, in order', async () => {
		const node = harness({}, { items: people });
		const output = await node.run();
		expect(output.map(({ json }) => json.runId)).toEqual(['run_Ada', 'run_Bea', 'run_Cas']);
		expect(new Set(posted().map(({ headers }) => headers['x-openclaw-callback-secret'])).size).toBe(
			3,
		);
		const waiting = { webhookResponse: { received: true, status: 'waiting' }, status: 200 };
		expect(await node.callBack(end('Cas'))).toEqual(waiting);
		expect(await node.callBack(end('Ada'))).toEqual(waiting);
		// The gateway sends it again when the answer got lost.
		expect(await node.callBack(end('Ada'))).toEqual(waiting);
		const { workflowData } = await node.callBack(end('Bea'));
		expect(workflowData?.[0]).toEqual(
			people.map(({ name }, item) => ({
				json: expect.objectContaining({
					ok: true,
					runId: `run_${name}`,
					message: `Hello ${name}`,
					reply: `From ${name}`,
				}) as IDataObject,
				pairedItem: { item },
			})),
		);
	});

	test('one of which failed, or is not known any more, are told so in their place', async () => {
		const node = harness({}, { items: people });
		await node.run();
		const last = end('Cas');
		const answer = gateway.requests.length;
		gateway.answerBy(({ path }) =>
			path.endsWith('run_Bea')
				? { status: 404, body: { ok: false, error: { code: 'unknown-run', message: '' } } }
				: {
						status: 424,
						body: {
							ok: false,
							state: 'failed',
							runId: 'run_Ada',
							error: { code: 'agent-timeout', message: 'Late' },
						},
					},
		);
		const { workflowData } = await node.callBack(last);
		expect(workflowData?.[0]?.map(({ json }) => json.error ?? json.reply)).toEqual([
			{ code: 'agent-timeout', message: 'Late' },
			{ code: 'unknown-run', message: 'The gateway knows the run no more' },
			'From Cas',
		]);
		expect(gateway.requests.length - answer).toBe(2);
	});

	test('ask the gateway to come back when it cannot tell of the others', async () => {
		const node = harness({}, { items: people });
		await node.run();
		const last = end('Cas');
		gateway.answerBy(() => ({ status: 503 }));
		expect(await node.callBack(last)).toMatchObject({ status: 503, noWebhookResponse: true });
	});

	test('of which some could not be sent wait for the others where the node goes on', async () => {
		gateway.answerBy(({ json }) =>
			(json as { message: string }).message.endsWith('Bea')
				? { status: 413, body: '' }
				: {
						status: 202,
						body: { ...TAKEN, runId: `run_${(json as { message: string }).message.slice(-3)}` },
					},
		);
		const node = harness({}, { items: people, onError: 'continueRegularOutput' });
		await node.run();
		expect(node.waitsUntil()).toBeDefined();
		const last = end('Ada');
		end('Cas');
		gateway.answerBy(({ path }) => ({
			body: { ok: true, ...states.get(path.split('/').at(-1) ?? '') },
		}));
		const { workflowData } = await node.callBack(last);
		expect(workflowData?.[0]?.map(({ json }) => json.reply ?? json.error)).toEqual([
			'From Ada',
			'The message is larger than the gateway accepts [item 1]',
			'From Cas',
		]);
	});

	test('leave one output each behind for when the time is over', async () => {
		const node = harness({}, { items: people });
		await node.run();
		const left = node.context.getExecuteData().data.main?.[0] ?? [];
		expect(left.map(({ json, pairedItem }) => [json.runId, json.ok, pairedItem])).toEqual([
			['run_Ada', false, { item: 0 }],
			['run_Bea', false, { item: 1 }],
			['run_Cas', false, { item: 2 }],
		]);
	});
});

describe('a reply schema', () => {
	const replySchema = JSON.stringify({ type: 'object', required: ['level'] });
	const answer = async (text: string) => {
		const node = harness({ replySchema });
		await node.run();
		const data = { runId: 'run_1', ok: true, reply: { text }, durationMs: 5 };
		const { workflowData } = await node.callBack({ ...callbackOf(), data });
		return workflowData?.[0]?.[0]?.json;
	};

	test('is told to the agent, and its value comes out', async () => {
		const json = await answer('So: {"level":"high"}');
		const { message } = gateway.requests[0]?.json as { message: string };
		expect(message).toMatch(/^Hello Ada\n\nReply with JSON only/);
		expect(message.endsWith(replySchema)).toBe(true);
		expect(json).toMatchObject({ ok: true, replyJson: { level: 'high' }, durationMs: 5 });
	});

	test('that the reply does not fit makes an error of the item, without asking again', async () => {
		expect(await answer('{"levle":"high"}')).toMatchObject({
			ok: false,
			runId: 'run_1',
			reply: '{"levle":"high"}',
			error: {
				code: 'reply-schema',
				message:
					'The agent\'s reply does not fit \'Reply Schema\': the value: Instance does not have required property "level". It begins: {"levle":"high"}',
			},
		});
		expect(gateway.requests).toHaveLength(1);
	});

	test.each([
		['{"type":', "'Reply Schema' in the options cannot be used"],
		// n8n makes a text of most expressions here; of this one it does not.
		["={{ $fromAI('schema') }}", "'Reply Schema' in the options cannot be an expression here"],
	])('%s is refused before anything is sent', async (given, message) => {
		const node = harness({ replySchema: given });
		await expect(node.run()).rejects.toThrow(message);
		expect(gateway.requests).toHaveLength(0);
		expect(node.waitsUntil()).toBeUndefined();
	});
});

describe('the result', () => {
	const parked = { runId: 'run_1', known: { agentId: 'main', message: 'Hello', missingPaths: [] } };

	test('of a run that replied', () => {
		const usage = { inputTokens: 3 };
		const data = { ok: true, reply: { text: '' }, usage, sessionKey: 's', durationMs: 7 };
		expect(toResult(data, parked)).toEqual({
			ok: true,
			runId: 'run_1',
			agentId: 'main',
			message: 'Hello',
			missingPaths: [],
			sessionKey: 's',
			reply: '',
			usage,
			durationMs: 7,
		});
	});

	test.each([{ ok: false }, { ok: true }, { ok: true, reply: 'text' }, { ok: 1, error: 'x' }])(
		'of what is no reply is a failure: %j',
		(data) => {
			const { ok, error, reply } = toResult(data, parked);
			expect({ ok, error, reply }).toEqual({
				ok: false,
				error: { code: 'agent-failed', message: 'The agent did not finish its run' },
				reply: undefined,
			});
		},
	);
});
