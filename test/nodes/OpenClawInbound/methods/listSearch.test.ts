import type { INodeParameters } from 'n8n-workflow';

import { useGatewayStandIn } from '../../support/gatewayStandIn';
import { createNodeHarness, type NodeHarness } from '../support/nodeHarness';

const CONFIG = `{
	// as in the gateway's file
	webhooks: {
		inbound: {
			endpoints: {
				deploy: { agentId: 'devops', template: '{{body.repo}} {{body.user.name}}' },
				alert: { agentId: 'alert-handler', template: 'Alert: {{body.title}}' },
			},
		},
	},
}`;
const DIRECTORY = {
	ok: true,
	endpoints: [
		{ name: 'ticket', agentId: 'support', template: '#{{body.id}}: {{body["new status"]}}' },
		{ name: 'alert', agentId: 'ops', template: '{{body.title}}' },
	],
	agents: [{ id: 'ops', name: 'Operations' }, { id: 'main' }],
};

const gateway = useGatewayStandIn();

function harness(parameters: INodeParameters, gatewayUrl = gateway.url): NodeHarness {
	return createNodeHarness({ parameters, credential: { gatewayUrl } });
}

async function search(
	method: 'searchAgents' | 'searchEndpoints',
	parameters: INodeParameters,
	filter?: string,
): Promise<[string, unknown][]> {
	const { node, listContext } = harness(parameters);
	const { results } = await node.methods.listSearch[method].call(listContext, filter);
	return results.map(({ name, value }) => [name, value]);
}

async function fieldIds(parameters: INodeParameters): Promise<string[]> {
	const { node, listContext } = harness(parameters);
	const { fields } = await node.methods.resourceMapping.getTemplateFields.call(listContext);
	return fields.map(({ id }) => id);
}

describe('the list of endpoints', () => {
	test('is read from a pasted file, without asking the gateway', async () => {
		expect(await search('searchEndpoints', { options: { config: CONFIG } })).toEqual([
			['alert (alert-handler)', 'alert'],
			['deploy (devops)', 'deploy'],
		]);
		expect(gateway.requests).toHaveLength(0);
	});

	test('is asked from the gateway otherwise', async () => {
		gateway.answerBy(() => ({ body: DIRECTORY }));
		expect(await search('searchEndpoints', { options: { config: ' ' } }, 'TICK')).toEqual([
			['ticket (support)', 'ticket'],
		]);
		expect(gateway.requests[0]).toMatchObject({ method: 'GET', path: '/webhooks/inbound' });
	});

	test('is not known to a stock gateway, which shows its dashboard instead', async () => {
		gateway.answerBy(() => ({ body: '<!doctype html><html>' }));
		await expect(search('searchEndpoints', {})).rejects.toMatchObject({
			message: 'The gateway has no list of endpoints under /webhooks/inbound',
			description: expect.stringContaining("Choose 'By ID' instead") as string,
		});
	});

	test('says that the token was refused', async () => {
		gateway.answerBy(() => ({ status: 401, body: { ok: false } }));
		await expect(search('searchEndpoints', {})).rejects.toThrow(
			"'Access Token' in the credential is empty",
		);
	});

	test('names the line of a pasted file that cannot be read', async () => {
		const config = CONFIG.replace("title}}' },", "title}}' }} oops");
		await expect(search('searchEndpoints', { options: { config } })).rejects.toThrow(
			"Line 7 of 'Config (JSON5)' could not be read",
		);
	});

	test('asks for a credential or a file', async () => {
		const { node, listContext } = harness({});
		const bare = { ...listContext.getNode(), credentials: {} };
		listContext.getNode = () => bare;
		await expect(node.methods.listSearch.searchEndpoints.call(listContext)).rejects.toThrow(
			'Choose a credential, or paste openclaw.json5',
		);
	});
});

describe('the list of agents', () => {
	test('is read from a pasted file', async () => {
		expect(await search('searchAgents', { options: { config: CONFIG } }, 'dev')).toEqual([
			['devops', 'devops'],
		]);
	});

	test('is asked from the plugin', async () => {
		gateway.answerBy(() => ({ body: DIRECTORY }));
		expect(await search('searchAgents', {})).toEqual([
			['main', 'main'],
			['Operations (ops)', 'ops'],
		]);
	});

	test("is taken from a stock gateway's models", async () => {
		const data = ['openclaw', 'openclaw/default', 'openclaw/main', 'openclaw/ops', 7];
		gateway.answerBy(({ path }) =>
			path === '/v1/models'
				? { body: { object: 'list', data: data.map((id) => ({ id })) } }
				: { body: '<!doctype html>' },
		);
		expect(await search('searchAgents', {})).toEqual([
			['main', 'main'],
			['ops', 'ops'],
		]);
	});

	test('says how to go on when the hook token may not see them', async () => {
		gateway.answerBy(({ path }) =>
			path === '/v1/models' ? { status: 401, body: { error: {} } } : { body: '<!doctype html>' },
		);
		await expect(search('searchAgents', {})).rejects.toMatchObject({
			message: 'The gateway does not tell its agents with this access token',
			description: expect.stringContaining("Choose 'By ID'") as string,
		});
	});

	test('says that the gateway cannot be reached', async () => {
		const { node, listContext } = harness({}, 'http://127.0.0.1:1');
		await expect(node.methods.listSearch.searchAgents.call(listContext)).rejects.toThrow(
			'The gateway could not be reached at http://127.0.0.1:1',
		);
	});
});

describe('the fields', () => {
	test("are those of the node's own template", async () => {
		const template = '{{body.title}} {{body.user.name}} {{now}} {{body["a b"]}} {{body.title}}';
		expect(await fieldIds({ source: 'define', template })).toEqual([
			'title',
			'user.name',
			'["a b"]',
		]);
		expect(gateway.requests).toHaveLength(0);
	});

	test('are those of the endpoint in a pasted file', async () => {
		const endpoint = { __rl: true, mode: 'list', value: 'deploy' };
		const parameters = { source: 'endpoint', endpoint, options: { config: CONFIG } };
		expect(await fieldIds(parameters as INodeParameters)).toEqual(['repo', 'user.name']);
	});

	test('are those of the endpoint at the gateway', async () => {
		gateway.answerBy(() => ({ body: DIRECTORY }));
		const endpoint = { __rl: true, mode: 'id', value: 'ticket' };
		expect(await fieldIds({ source: 'endpoint', endpoint })).toEqual(['id', '["new status"]']);
	});

	test.each<[INodeParameters, string]>([
		[{ source: 'define', template: ' ' }, 'Write a template'],
		[{ source: 'define', template: 'Hi {{#if}}' }, 'cannot be read at line 1, column 6'],
		[{ source: 'endpoint', endpoint: { __rl: true, mode: 'id', value: '' } }, 'is not known here'],
		[{ source: 'endpoint', endpoint: { __rl: true, mode: 'id', value: 'x' } }, 'is not known here'],
	])('are none, with the reason, for %j', async (parameters, notice) => {
		gateway.answerBy(() => ({ body: '<!doctype html>' }));
		const { node, listContext } = harness(parameters);
		const result = await node.methods.resourceMapping.getTemplateFields.call(listContext);
		expect(result.fields).toEqual([]);
		expect(result.emptyFieldsNotice).toContain(notice);
	});
});
