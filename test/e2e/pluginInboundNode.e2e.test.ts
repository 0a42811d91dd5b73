import { Cleanup } from '../../testbed/cleanup';
import type { Gateway } from '../../testbed/gateway';
import { GATEWAY_TOKENS } from '../../testbed/gatewayConfig';
import type { JsonObject } from '../../testbed/json';
import { startHttpSink } from '../../testbed/httpSink';
import {
	AUTO_MAPPED_FIELDS,
	byId,
	CREDENTIAL_TYPE,
	INBOUND_TYPE,
	mappedFields,
} from '../../testbed/n8n/openclawNodes';
import type { N8n } from '../../testbed/n8n/instance';
import { startScriptedModel, type ScriptedModel } from '../../testbed/scriptedModel';
import { credentialData } from '../../testbed/stack';
import { ARTICLE_ENDPOINTS, startArticleGateway } from './pluginInboundSetup';
import { startPackagedN8n } from './support/pluginN8n';
import { createToken } from './support/tokens';
import { INBOUND, runInbound } from './support/inboundWorkflow';

const cleanup = new Cleanup();
let model: ScriptedModel;
let gateway: Gateway;
let n8n: N8n;

beforeAll(async () => {
	const started = await startScriptedModel();
	cleanup.defer(async () => started.stop());
	model = started;
	gateway = await startArticleGateway(model.url, { inbound: { endpoints: ARTICLE_ENDPOINTS } });
	cleanup.defer(async () => gateway.remove());
	n8n = await startPackagedN8n(cleanup);
});

afterAll(async () => {
	await cleanup.run();
});

const deploy = { source: 'endpoint', endpoint: byId('deploy') };

describe('OpenClaw Inbound', () => {
	it('sends items to an endpoint of the plugin, and knows what came of them', async () => {
		const execution = await runInbound(n8n.client, {
			gatewayUrl: gateway.url,
			parameters: { ...deploy, fields: AUTO_MAPPED_FIELDS },
			items: [
				{ repo: 'my-app', branch: 'main', status: '成功' },
				{ repo: 'other', branch: 'dev' },
			],
		});
		expect(execution.errorMessage).toBe('');
		const output = execution.json(INBOUND);
		expect(output).toEqual([
			expect.objectContaining({
				ok: true,
				agentId: 'devops-agent',
				message: 'my-app 的 main 分支部署成功',
				missingPaths: [],
				attempts: 1,
			}),
			expect.objectContaining({
				message: 'other 的 dev 分支部署',
				missingPaths: ['body.status'],
			}),
		]);
		expect(output[0]?.runId).toMatch(/^run_/);
		const turn = await model.waitForRequest(({ message }) => message.includes('my-app'));
		expect(turn).toMatchObject({
			agentId: 'devops-agent',
			message: 'my-app 的 main 分支部署成功',
		});
	});

	it('sends a message once although the answer got lost', async () => {
		const proxy = await startHttpSink(async ({ index, path, headers, body }) => {
			const answer = await fetch(gateway.url + path, {
				method: 'POST',
				headers: {
					authorization: String(headers.authorization),
					'content-type': 'application/json',
					'idempotency-key': String(headers['idempotency-key']),
				},
				body: body.toString('utf8'),
			});
			const json: unknown = await answer.json();
			return index === 0 ? { cut: 'before-response' } : { status: answer.status, body: json };
		});
		try {
			const execution = await runInbound(n8n.client, {
				gatewayUrl: proxy.url,
				parameters: {
					...deploy,
					fields: mappedFields({ repo: 'lost', branch: 'and', status: 'found' }),
					options: { backoffMs: 10 },
				},
			});
			expect(execution.json(INBOUND)).toEqual([expect.objectContaining({ ok: true, attempts: 2 })]);
			await model.waitForRequest(({ message }) => message === 'lost 的 and 分支部署found');
			await runInbound(n8n.client, {
				gatewayUrl: gateway.url,
				parameters: { ...deploy, fields: mappedFields({ repo: 'after', branch: 'it' }) },
			});
			await model.waitForRequest(({ message }) => message.startsWith('after 的 it'));
			const requests = await model.requests();
			expect(requests.filter(({ message }) => message.startsWith('lost'))).toHaveLength(1);
		} finally {
			await proxy.stop();
		}
	});

	it.each([
		[
			'the endpoint does not exist',
			{ endpoint: byId('deployy') },
			{},
			"The endpoint 'deployy' could not be found under /webhooks/inbound [item 0]",
		],
		[
			'the token is wrong',
			{},
			{ accessToken: 'ocw_wrong' },
			'The gateway did not accept the access token [item 0]',
		],
	])('says that %s', async (_, changes, credential, message) => {
		const parameters = { ...deploy, fields: AUTO_MAPPED_FIELDS, ...changes };
		const execution = await runInbound(n8n.client, {
			gatewayUrl: gateway.url,
			credential,
			parameters,
		});
		expect(execution.errorMessage).toBe(message);
	});

	it('offers the endpoints, agents and fields that the plugin knows', async () => {
		const request = {
			type: INBOUND_TYPE,
			path: 'parameters.endpoint',
			parameters: { operation: 'send', source: 'endpoint', options: {}, endpoint: byId('deploy') },
			credentials: {
				[CREDENTIAL_TYPE]: await n8n.client.createCredential(
					CREDENTIAL_TYPE,
					credentialData(gateway.url),
				),
			},
		};
		const list = async (methodName: string) =>
			await n8n.client.searchList({ ...request, methodName });
		expect(await list('searchEndpoints')).toEqual([
			{ name: 'alert (alert-handler)', value: 'alert' },
			{ name: 'deploy (devops-agent)', value: 'deploy' },
			{ name: 'ticket-update (support-bot)', value: 'ticket-update' },
		]);
		expect(await list('searchAgents')).toContainEqual({
			name: 'The devops-agent (devops-agent)',
			value: 'devops-agent',
		});
		const fields = await n8n.client.mapperFields({
			...request,
			path: 'parameters.fields',
			methodName: 'getTemplateFields',
		});
		expect(fields.map(({ id }) => id)).toEqual(['repo', 'branch', 'status']);
	});
});

describe('the credential test', () => {
	it('says what each token is good for', async () => {
		const issued = createToken(gateway);
		const testWith = async (changes: JsonObject) =>
			await n8n.client.testCredential(CREDENTIAL_TYPE, credentialData(gateway.url, changes));
		expect(await testWith({ accessToken: issued })).toEqual({
			status: 'OK',
			message:
				'Events: the access token works. Messages: the access token works. Wake Agent: the hook token works.',
		});
		expect(await testWith({})).toEqual({
			status: 'OK',
			message:
				"Events: needs 'Access Token', or 'Signing Secret' with manual setup. Messages: the hook token works, with the plugin as well. Wake Agent: the hook token works.",
		});
		expect(await testWith({ accessToken: GATEWAY_TOKENS.hooks })).toMatchObject({
			message: expect.stringContaining(
				'Events: the access token is not for registering endpoints',
			) as unknown,
		});
		const refused = await testWith({ accessToken: `${issued}x` });
		expect(refused.status).toBe('Error');
		expect(refused.message).toContain('The gateway did not accept the access token');
		expect(refused.message).toContain('Wake Agent: the hook token works.');
	});
});
