import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// n8n-core writes its settings there when it is first used.
const userFolder = mkdtempSync(join(tmpdir(), 'openclaw-webhooks-core-'));
process.env.N8N_USER_FOLDER = userFolder;

import { LoadOptionsContext } from 'n8n-core';
import { Workflow } from 'n8n-workflow';
import type {
	ILoadOptionsFunctions,
	INode,
	INodeTypes,
	IWorkflowExecuteAdditionalData,
} from 'n8n-workflow';
import { OpenClawTrigger } from '../../../../nodes/OpenClawTrigger/OpenClawTrigger.node';
import { credentialsHelper } from '../../support/credentialsHelper';
import { useGatewayStandIn } from '../../support/gatewayStandIn';

const gateway = useGatewayStandIn();

afterAll(() => {
	rmSync(userFolder, { recursive: true, force: true });
});

type Method = 'getAgents' | 'getChannels';

interface Setup {
	readonly gatewayUrl?: string;
	readonly hasCredential?: boolean;
}

async function load(
	method: Method,
	{ gatewayUrl = gateway.url, hasCredential = true }: Setup = {},
): Promise<[string, unknown][]> {
	const type = new OpenClawTrigger();
	const node: INode = {
		id: 'node-1',
		name: 'OpenClaw Trigger',
		type: 'n8n-nodes-openclaw-webhooks.openClawTrigger',
		typeVersion: 1.1,
		position: [0, 0],
		parameters: {},
		...(hasCredential ? { credentials: { openClawApi: { id: '1', name: 'OpenClaw' } } } : {}),
	};
	const nodeTypes = { getByNameAndVersion: () => type } as unknown as INodeTypes;
	const workflow = new Workflow({ nodes: [node], connections: {}, active: false, nodeTypes });
	const additionalData = {
		credentialsHelper: credentialsHelper({ gatewayUrl, accessToken: 'token-of-the-tests' }),
		currentNodeParameters: {},
	} as unknown as IWorkflowExecuteAdditionalData;
	const context = new LoadOptionsContext(workflow, node, additionalData, 'parameters.filters');
	const results = await type.methods.loadOptions[method].call(
		context as unknown as ILoadOptionsFunctions,
	);
	return results.map(({ name, value }) => [name, value]);
}

describe('the lists of the filters', () => {
	const DIRECTORY = {
		ok: true,
		endpoints: [],
		agents: [{ id: 'ops', name: 'Operations' }, { id: 'main' }, { id: 'odd', name: '={{ 1 }}' }],
		channels: [{ id: 'telegram' }, { id: 'slack' }],
	};

	test('have the agents and channels of the gateway', async () => {
		gateway.answerBy(() => ({ body: DIRECTORY }));
		expect(await load('getAgents')).toEqual([
			['main', 'main'],
			['odd', 'odd'],
			['Operations (ops)', 'ops'],
		]);
		expect(await load('getChannels')).toEqual([
			['slack', 'slack'],
			['telegram', 'telegram'],
		]);
		expect(gateway.requests.map(({ method, path }) => [method, path])).toEqual([
			['GET', '/webhooks/inbound'],
			['GET', '/webhooks/inbound'],
		]);
	});

	test("have a stock gateway's agents, when its own token asks", async () => {
		gateway.answerBy(({ path }) =>
			path === '/v1/models'
				? { body: { data: [{ id: 'openclaw/main' }] } }
				: { body: '<!doctype html>' },
		);
		expect(await load('getAgents')).toEqual([['main', 'main']]);
	});

	test.each<[Method, string]>([
		['getAgents', 'The gateway does not tell its agents with this access token'],
		['getChannels', 'The gateway has no list of channels under /webhooks/inbound'],
	])('say without the plugin how to go on: %s', async (method, message) => {
		gateway.answerBy(({ path }) =>
			path === '/v1/models' ? { status: 401, body: {} } : { body: '<!doctype html>' },
		);
		const failure = load(method);
		await expect(failure).rejects.toMatchObject({
			message,
			description: expect.stringContaining(
				"Add 'Agent IDs' or 'Channels' instead and type the IDs.",
			) as string,
		});
		// The trigger has no such option.
		await expect(failure).rejects.not.toMatchObject({
			description: expect.stringContaining('JSON5') as string,
		});
	});

	test.each<Method>(['getAgents', 'getChannels'])(
		'say that the gateway is down: %s',
		async (method) => {
			await expect(load(method, { gatewayUrl: 'http://127.0.0.1:1' })).rejects.toThrow(
				'The gateway could not be reached at http://127.0.0.1:1',
			);
		},
	);

	test('name no parameters of another node when the gateway is busy', async () => {
		gateway.answerBy(() => ({ status: 429, body: {} }));
		await expect(load('getChannels')).rejects.toMatchObject({
			message: 'The gateway is receiving too many requests',
			description:
				"Open the list again in a moment. Add 'Agent IDs' or 'Channels' instead and type the IDs.",
		});
	});

	test('ask for a credential', async () => {
		await expect(load('getAgents', { hasCredential: false })).rejects.toThrow(
			'Choose a credential first',
		);
		expect(gateway.requests).toEqual([]);
	});
});
