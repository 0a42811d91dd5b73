import type { JsonObject } from '../../../testbed/json';
import type { N8nClient } from '../../../testbed/n8n/client';
import type { Execution } from '../../../testbed/n8n/execution';
import {
	AUTO_MAPPED_FIELDS,
	byId,
	CREDENTIAL_TYPE,
	inboundNode,
} from '../../../testbed/n8n/openclawNodes';
import {
	chain,
	manualTrigger,
	type WorkflowDefinition,
	type WorkflowNode,
} from '../../../testbed/n8n/workflow';
import { credentialData } from '../../../testbed/stack';

/** Name of the node in these workflows. */
export const INBOUND = 'OpenClaw Inbound';
const TIMEOUT_MS = 120_000;

/** A workflow that hands given items to OpenClaw Inbound. */
export interface InboundSetup {
	readonly gatewayUrl: string;
	/** What differs in the credential. */
	readonly credential?: JsonObject;
	readonly parameters: JsonObject;
	readonly items?: readonly JsonObject[];
	/** What differs in the node. */
	readonly node?: Partial<WorkflowNode>;
}

/** Parameters that send a template to an agent, filled from the items. */
export function toAgent(agentId: string, template: string, options: JsonObject = {}): JsonObject {
	return {
		source: 'define',
		agent: byId(agentId),
		template,
		fields: AUTO_MAPPED_FIELDS,
		options,
	};
}

/** Creates such a workflow; it can be run by `start`. */
export async function createInbound(
	n8n: N8nClient,
	{ gatewayUrl, credential = {}, parameters, items = [{}], node = {} }: InboundSetup,
) {
	const data = credentialData(gatewayUrl, credential);
	const reference = await n8n.createCredential(CREDENTIAL_TYPE, data);
	const definition: WorkflowDefinition = {
		name: `Inbound ${reference.id}`,
		nodes: [manualTrigger(), inboundNode(reference, parameters, INBOUND, node)],
		connections: chain('Start', INBOUND),
		pinData: { Start: items.map((json) => ({ json })) },
	};
	return await n8n.createWorkflow(definition);
}

/** Creates such a workflow and runs it to its end. */
export async function runInbound(n8n: N8nClient, setup: InboundSetup): Promise<Execution> {
	const workflow = await createInbound(n8n, setup);
	return await n8n.runToEnd(workflow, 'Start', { timeoutMs: TIMEOUT_MS });
}
