import type { IDataObject } from 'n8n-workflow';
import { WAIT_INDEFINITELY } from 'n8n-workflow';

import { toResult } from '../../../nodes/OpenClawInbound/waiting/resultItem';
import { useGatewayStandIn } from '../support/gatewayStandIn';
import { createNodeHarness, type NodeSetup } from './support/nodeHarness';

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
		path: '/webhooks/inbound',
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
	expect(setSignatureValidationRequired).toHaveBeenCalledTimes(1);
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
	['several items', { items: [{}, {}, {}] }, {}, 'takes one item, and got 3'],
	['a tool', { nodeType: 'x.openClawInboundTool' }, {}, 'is not possible in a tool'],
	['a human review', { nodeType: 'x.openClawInboundHitlTool' }, {}, 'is not possible in a tool'],
	['no time', {}, { limitWaitTime: { values: { resumeAmount: 0 } } }, "'Amount'"],
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
