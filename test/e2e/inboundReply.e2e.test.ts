import type { Gateway } from '../../testbed/gateway';
import { GATEWAY_TOKENS } from '../../testbed/gatewayConfig';
import type { JsonObject } from '../../testbed/json';
import { byId, mappedFields } from '../../testbed/n8n/openclawNodes';
import { issueToken } from '../../testbed/pluginToken';
import { environment } from './support/environment';
import { INBOUND, runInbound } from './support/inboundWorkflow';
import { startPluginGateway } from './support/pluginGateway';
import { readShared } from './support/shared';

const { n8n } = environment();
let gateway: Gateway;
let accessToken: string;

beforeAll(async () => {
	gateway = await startPluginGateway({
		modelUrl: readShared().modelUrl,
		webhooks: {
			inbound: { endpoints: { ask: { agentId: 'main', template: '{{body.question}}' } } },
		},
	});
	accessToken = await issueToken(gateway);
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

	it('fails when the agent takes longer than the time', async () => {
		const options = { waitForReply: true, timeout: 1 };
		const execution = await run(toAgent('[[slow:20000]]', options));
		expect(execution.errorMessage).toContain('The agent did not answer within 1 seconds');
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
		const token = await issueToken(gateway, 'endpoints');
		const execution = await run(toAgent('Hello', {}), token);
		expect(execution.errorMessage).toContain('The access token is not for this');
	});
});
