import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// n8n-core writes its settings there when it is first used.
const userFolder = mkdtempSync(join(tmpdir(), 'openclaw-webhooks-core-'));
process.env.N8N_USER_FOLDER = userFolder;

import { ExecuteContext, LoadOptionsContext, SupplyDataContext, WebhookContext } from 'n8n-core';
import { createRunExecutionData, NodeConnectionTypes, Workflow } from 'n8n-workflow';
import type {
	ICredentialDataDecryptedObject,
	IDataObject,
	IExecuteData,
	IExecuteFunctions,
	ILoadOptionsFunctions,
	INode,
	INodeExecutionData,
	INodeParameters,
	INodeTypes,
	IWebhookData,
	IWebhookFunctions,
	IWebhookResponseData,
	IWorkflowExecuteAdditionalData,
} from 'n8n-workflow';

import { OpenClawInbound } from '../../../../nodes/OpenClawInbound/OpenClawInbound.node';
import { signEvent } from '../../../../index';
import { coreRequest } from '../../../support/coreHarness';
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
	/** Runs as a tool of an AI Agent with these arguments; the items are the agent's. */
	readonly toolArguments?: IDataObject;
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
	/** Calls the address that was handed out for a message, as the gateway does. */
	callBack(callback: Callback): Promise<CallbackAnswer>;
}

/** What the gateway sends when a run has ended. */
export interface Callback {
	readonly url: string;
	readonly secret: string;
	readonly data: IDataObject;
	/** Of the event; `inbound.completed` unless given. */
	readonly type?: string;
}

/** What the gateway gets to see, and what resumes the execution. */
export interface CallbackAnswer extends IWebhookResponseData {
	readonly status: number;
}

/** Makes the node's description what n8n makes of it for the human review of an agent's tools. */
function makeReview({ description }: OpenClawInbound): void {
	const hidden: Readonly<Record<string, string>> = {
		operation: 'sendAndWait',
		responseType: 'approval',
	};
	description.properties = [
		{ displayName: 'Message', name: 'message', type: 'string', default: '' },
		...description.properties.map((property) => {
			const value = hidden[property.name];
			const { displayName, name } = property;
			return value === undefined
				? property
				: { displayName, name, type: 'hidden' as const, default: value };
		}),
	];
}

/** Puts the node into n8n's core as it is in n8n, with the database left out. */
export function createNodeHarness(setup: NodeSetup): NodeHarness {
	const node = new OpenClawInbound();
	if (setup.nodeType?.endsWith('HitlTool') === true) makeReview(node);
	const credential = { hookToken: TOKEN, ...setup.credential };
	const { n8nUrl = 'http://127.0.0.1:5678' } = setup;
	let reads = 0;
	const additionalData = {
		credentialsHelper: credentialsHelper(credential, () => {
			reads++;
		}),
		executionId: setup.executionId ?? '41',
		restApiUrl: `${n8nUrl}/rest`,
		webhookBaseUrl: `${n8nUrl}/webhook`,
		webhookWaitingBaseUrl: `${n8nUrl}/webhook-waiting`,
		formWaitingBaseUrl: `${n8nUrl}/form-waiting`,
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
	const executeData: IExecuteData = { node: inNode, data, source: null };
	const runExecutionData = createRunExecutionData({
		executionData: { nodeExecutionStack: [executeData] },
	});
	const about = [workflow, inNode, additionalData, 'manual', runExecutionData] as const;
	const createContext = () => {
		const runIndex = setup.runIndex ?? 0;
		if (setup.toolArguments === undefined) {
			return new ExecuteContext(...about, runIndex, items, data, executeData, [], setup.signal);
		}
		const type = NodeConnectionTypes.AiTool;
		const tool = new SupplyDataContext(...about, runIndex, items, {}, type, executeData, []);
		tool.addInputData(type, [[{ json: setup.toolArguments }]]);
		return tool;
	};
	const context = createContext() as unknown as IExecuteFunctions;
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
		callBack: async ({ url, secret, data, type = 'inbound.completed' }) => {
			const event = {
				id: 'evt_000000000000000000000001',
				type,
				timestamp: new Date().toISOString(),
				instanceId: 'node-1',
				data,
			};
			const body = JSON.stringify(event);
			const query = Object.fromEntries(new URL(url).searchParams);
			const httpRequest = {
				...coreRequest(body, signEvent({ id: event.id, body, secret })),
				query,
			};
			const answer = { status: 200 };
			const httpResponse = {
				headersSent: false,
				setHeader: () => undefined,
				status: (status: number) => {
					answer.status = status;
					return { json: () => undefined };
				},
			};
			const webhook = new WebhookContext(
				workflow,
				inNode,
				{ ...additionalData, httpRequest, httpResponse },
				'manual',
				{} as IWebhookData,
				[],
				runExecutionData,
			) as unknown as IWebhookFunctions;
			return { ...(await node.webhook.call(webhook)), ...answer };
		},
	};
}
