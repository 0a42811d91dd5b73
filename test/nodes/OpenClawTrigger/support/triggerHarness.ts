import type { IConnections, INode, INodeType } from 'n8n-workflow';
import { OpenClawTrigger } from '../../../../nodes/OpenClawTrigger/OpenClawTrigger.node';
import { createEventId, signEvent } from '../../../../protocol';
import { CoreHarness, coreRequest } from '../../../support/coreHarness';

/** What the credentials hold unless a test says otherwise. */
export const SECRET = 'whsec_integration';
/** Name of the node. */
export const TRIGGER = 'Trigger';

/** A node that hands its items on, or fails while its name is in the list. */
const passThrough = (failing: ReadonlySet<string>): INodeType => ({
	description: {
		displayName: 'Keep',
		name: 'keep',
		group: [],
		version: 1,
		description: '',
		defaults: {},
		inputs: ['main'],
		outputs: ['main'],
		properties: [
			{
				displayName: 'Text',
				name: 'text',
				type: 'string',
				default: "={{ $('Trigger').item.json.data.agentId }}",
			},
		],
	},
	execute() {
		if (failing.has(this.getNode().name)) throw new Error('The node was told to fail');
		const text = this.getNodeParameter('text', 0);
		return Promise.resolve([this.getInputData().map(({ json }) => ({ json: { ...json, text } }))]);
	},
});

let nextWorkflow = 0;

/** What differs in the node and its credential. */
export interface TriggerSetup {
	parameters?: INode['parameters'];
	secret?: unknown;
	credential?: INode['credentials'] | null;
	connections?: IConnections;
	/** The node as another n8n process has it, see {@link triggerOfAnotherProcess}. */
	trigger?: INodeType;
	/** Id of a workflow that another process has too. */
	workflowId?: string;
}

/** The node with a memory of its own; n8n's database is the same. */
export function triggerOfAnotherProcess(): INodeType {
	let trigger: INodeType = new OpenClawTrigger();
	jest.isolateModules(() => {
		const path = '../../../../nodes/OpenClawTrigger/OpenClawTrigger.node';
		const loaded = jest.requireActual<{ OpenClawTrigger: new () => INodeType }>(path);
		trigger = new loaded.OpenClawTrigger();
	});
	return trigger;
}

/** A workflow of its own with the trigger, and a node 'A' behind it. */
export function open({
	parameters = {},
	secret = SECRET,
	credential,
	connections,
	trigger = new OpenClawTrigger(),
	workflowId,
}: TriggerSetup = {}) {
	// Caches and reservations outlive a test: each has its own workflow and credential.
	nextWorkflow += 1;
	const id = workflowId ?? `workflow-${nextWorkflow}`;
	const credentials: Record<string, Record<string, unknown> | Error> = {
		[id]: { signingSecret: secret },
	};
	const failing = new Set<string>();
	const keep = (name: string): INode => ({
		id: name,
		name,
		type: 'keep',
		typeVersion: 1,
		position: [0, 0],
		parameters: {},
	});
	const harness = new CoreHarness({
		id,
		nodeTypes: { trigger, keep: passThrough(failing) },
		nodes: [
			{
				id: 'node-1',
				name: TRIGGER,
				type: 'trigger',
				typeVersion: 1.1,
				position: [0, 0],
				parameters: { events: ['*'], endpointSetup: 'manual', ...parameters },
				...(credential === null
					? {}
					: { credentials: credential ?? { openClawApi: { id, name: 'OpenClaw' } } }),
			},
			keep('A'),
			keep('B'),
		],
		connections: connections ?? { [TRIGGER]: { main: [[{ node: 'A', type: 'main', index: 0 }]] } },
		credentials: credentials as never,
	});
	return { harness, credentials, id, failing };
}

/** An event with an id of its own. */
export function event(changes: Record<string, unknown> = {}) {
	return {
		id: createEventId(),
		type: 'message.sent',
		timestamp: '2026-03-14T10:30:00Z',
		instanceId: 'node-1',
		data: { agentId: 'main', message: { role: 'assistant', content: '你好 🚨' } },
		...changes,
	};
}

/** What differs in a request. */
export interface SignOptions {
	/** What Standard Webhooks has as the id of the message. */
	id?: string;
	secret?: string;
	timestamp?: number;
	contentType?: string;
	headers?: Record<string, string | string[] | undefined>;
}

/** A request as n8n hands it over, signed now unless told otherwise. */
export function signed(
	body: string | Buffer | object,
	{ id = 'unused', secret = SECRET, timestamp, contentType, headers = {} }: SignOptions = {},
) {
	const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
	const signature = signEvent({
		id,
		body: bytes,
		secret,
		...(timestamp === undefined ? {} : { timestamp }),
	});
	return coreRequest(bytes, { ...signature, ...headers }, contentType);
}
