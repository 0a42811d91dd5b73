import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// n8n-core writes its settings there when it is first used.
const userFolder = mkdtempSync(join(tmpdir(), 'openclaw-webhooks-core-'));
process.env.N8N_USER_FOLDER = userFolder;

import { ExecuteContext, LoadOptionsContext } from 'n8n-core';
import { createEmptyRunExecutionData, Workflow } from 'n8n-workflow';
import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	IExecuteFunctions,
	ILoadOptionsFunctions,
	INode,
	INodeExecutionData,
	INodeParameters,
	INodeTypes,
	IWorkflowExecuteAdditionalData,
} from 'n8n-workflow';

import { OpenClawInbound } from '../../../../nodes/OpenClawInbound/OpenClawInbound.node';
import { credentialsHelper } from '../../support/credentialsHelper';

afterAll(() => {
	rmSync(userFolder, { recursive: true, force: true });
});

export const TOKEN = 'token-of-the-tests';

/** How a test sets the node up. */
export interface NodeSetup {
	readonly parameters: INodeParameters;
	readonly credential?: ICredentialDataDecryptedObject;
	readonly items?: readonly IDataObject[];
	readonly onError?: INode['onError'];
	readonly executionId?: string;
	/** How n8n is reached from outside. */
	readonly n8nUrl?: string;
	/** Name of the node's type; another one when it is a tool. */
	readonly nodeType?: string;
	readonly runIndex?: number;
	readonly signal?: AbortSignal;
}

/** Contexts of n8n's own core around the node, with a credential store that counts its reads. */
export interface NodeHarness {
	readonly node: OpenClawInbound;
	readonly context: IExecuteFunctions;
	/** Until when the execution waits; undefined when it does not. */
	readonly waitsUntil: () => Date | undefined;
	readonly listContext: ILoadOptionsFunctions;
	credentialReads(): number;
	/** Runs the node and returns its output items. */
	run(): Promise<INodeExecutionData[]>;
}

/** Puts the node into n8n's core as it is in n8n, with the database left out. */
export function createNodeHarness(setup: NodeSetup): NodeHarness {
	const node = new OpenClawInbound();
	const credential = { hookToken: TOKEN, ...setup.credential };
	let reads = 0;
	const additionalData = {
		credentialsHelper: credentialsHelper(credential, () => {
			reads++;
		}),
		executionId: setup.executionId ?? '41',
		webhookWaitingBaseUrl: `${setup.n8nUrl ?? 'http://127.0.0.1:5678'}/webhook-waiting`,
		currentNodeParameters: setup.parameters,
	} as unknown as IWorkflowExecuteAdditionalData;
	const nodeTypes = {
		getByName: () => node,
		getByNameAndVersion: () => node,
		getKnownTypes: () => ({}),
	} as unknown as INodeTypes;
	const description: INode = {
		id: 'node-1',
		name: 'OpenClaw Inbound',
		type: setup.nodeType ?? 'n8n-nodes-openclaw-webhooks.openClawInbound',
		typeVersion: 1,
		position: [0, 0],
		parameters: setup.parameters,
		credentials: { openClawApi: { id: '1', name: 'OpenClaw' } },
		...(setup.onError === undefined ? {} : { onError: setup.onError }),
	};
	const workflow = new Workflow({
		id: 'workflow-1',
		nodes: [description],
		connections: {},
		active: false,
		nodeTypes,
	});
	const inNode = workflow.getNode(description.name) ?? description;
	const items = (setup.items ?? [{}]).map((json) => ({ json }));
	const data = { main: [items] };
	const runExecutionData = createEmptyRunExecutionData();
	const context = new ExecuteContext(
		workflow,
		inNode,
		additionalData,
		'manual',
		runExecutionData,
		setup.runIndex ?? 0,
		items,
		data,
		{ node: inNode, data, source: null },
		[],
		setup.signal,
	) as unknown as IExecuteFunctions;
	const listContext = new LoadOptionsContext(
		workflow,
		inNode,
		additionalData,
		'',
	) as unknown as ILoadOptionsFunctions;
	return {
		node,
		context,
		waitsUntil: () => runExecutionData.waitTill,
		listContext,
		credentialReads: () => reads,
		run: async () => (await node.execute.call(context))[0] ?? [],
	};
}
