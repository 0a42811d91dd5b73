import type { IDataObject, INodeParameters } from 'n8n-workflow';

import { useGatewayStandIn } from '../support/gatewayStandIn';
import { createNodeHarness, TOKEN } from './support/nodeHarness';

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

function harness(options: IDataObject, accessToken = TOKEN, more: INodeParameters = {}) {
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
	});
}

test('asks the plugin to hold the request, and gives out the reply', async () => {
	gateway.answerBy(() => ({ body: REPLY }));
	const [item] = await harness({
		waitForReply: true,
		timeout: 20,
		sessionKey: 'agent:main:a',
	}).run();
	expect(gateway.requests[0]).toMatchObject({
		path: '/webhooks/inbound',
		headers: { prefer: 'wait=20', 'x-openclaw-session-key': 'agent:main:a' },
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
		path: '/webhooks/inbound/alert',
		headers: { prefer: 'wait=60', 'x-openclaw-deliver': 'true' },
	});
	expect(item?.json.reply).toBe('在路上 🚚');
});

test('says so when the agent takes longer', async () => {
	gateway.answerBy(() => ({ status: 202, body: { ok: true, runId: 'run_1' } }));
	await expect(harness({ waitForReply: true, timeout: 1 }).run()).rejects.toThrow(
		'The agent did not answer within 1 seconds',
	);
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
