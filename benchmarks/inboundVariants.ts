import { AUTO_MAPPED_FIELDS, byId, inboundNode, mappedFields } from '../testbed/n8n/openclawNodes';
import { GATEWAY_TOKENS } from '../testbed/gatewayConfig';
import type { JsonObject } from '../testbed/json';
import { chain, manualTrigger, node, type WorkflowNode } from '../testbed/n8n/workflow';
import type { CredentialReference, WorkflowDefinition } from '../testbed/n8n/workflow';

export const ITEMS = 1000;
export const START = 'Start';

/** A way to send the items. */
export interface InboundVariant {
	readonly title: string;
	readonly side: 'inbound' | 'httpRequest';
	/** Whether the node is as the editor adds it, apart from what has to be filled in. */
	readonly isDefault: boolean;
	/** Name of the node that sends. */
	readonly sender: string;
	readonly workflow: WorkflowDefinition;
}

const MAKE_ITEMS = `return Array.from({ length: ${ITEMS} }, (_, i) => ({ json: {
	title: 'Disk ' + i + ' is full',
	severity: i % 2 ? 'high' : 'low',
	text: 'x'.repeat(300),
} }));`;

const TEMPLATE = 'Alert: {{body.title}} ({{body.severity}})\n{{body.text}}';
const FIELDS = ['title', 'severity', 'text'];

/** The same body as our node sends. */
const JSON_BODY =
	"={{ JSON.stringify({ message: 'Alert: ' + $json.title + ' (' + $json.severity + ')\\n' + $json.text, agentId: 'main', name: 'n8n' }) }}";

function workflow(name: string, sender: WorkflowNode): WorkflowDefinition {
	return {
		name,
		nodes: [
			manualTrigger(START),
			node('Items', 'n8n-nodes-base.code', 2, { jsCode: MAKE_ITEMS }),
			sender,
		],
		connections: chain(START, 'Items', sender.name),
		// Saving what a thousand items did is the same for both, and nothing of either node.
		settings: { saveManualExecutions: true },
	};
}

function inbound(
	title: string,
	credential: CredentialReference,
	fields: JsonObject,
	options: JsonObject = {},
): InboundVariant {
	const sender = inboundNode(credential, {
		source: 'define',
		agent: byId('main'),
		template: TEMPLATE,
		fields,
		options,
	});
	const isDefault = Object.keys(options).length === 0;
	return {
		title,
		side: 'inbound',
		isDefault,
		sender: sender.name,
		workflow: workflow(title, sender),
	};
}

function httpRequest(title: string, gatewayUrl: string, options: JsonObject): InboundVariant {
	const authorization = { name: 'Authorization', value: `Bearer ${GATEWAY_TOKENS.hooks}` };
	const sender = node('HTTP Request', 'n8n-nodes-base.httpRequest', 4.5, {
		method: 'POST',
		url: `${gatewayUrl}/hooks/agent`,
		// In the node itself: a credential would be decrypted again for each item.
		sendHeaders: true,
		headerParameters: { parameters: [authorization] },
		sendBody: true,
		specifyBody: 'json',
		jsonBody: JSON_BODY,
		options,
	});
	return {
		title,
		side: 'httpRequest',
		isDefault: Object.keys(options).length === 0,
		sender: sender.name,
		workflow: workflow(title, sender),
	};
}

/** All variants, each with a workflow of its own. */
export function inboundVariants(
	credential: CredentialReference,
	gatewayUrl: string,
): InboundVariant[] {
	const mapped = mappedFields(
		Object.fromEntries(FIELDS.map((name) => [name, `={{ $json.${name} }}`])),
	);
	const batching = (batchSize: number, batchInterval: number) => ({
		batching: { batch: { batchSize, batchInterval } },
	});
	return [
		inbound('OpenClaw Inbound, fields mapped by expressions', credential, mapped),
		inbound('OpenClaw Inbound, fields mapped automatically', credential, AUTO_MAPPED_FIELDS),
		inbound('OpenClaw Inbound, 50 at a time', credential, mapped, { maxConcurrency: 50 }),
		httpRequest('HTTP Request, no batching (all at once)', gatewayUrl, {}),
		httpRequest('HTTP Request, 50 per batch, interval 0', gatewayUrl, batching(50, 0)),
		httpRequest('HTTP Request, 50 per batch, interval 1 ms', gatewayUrl, batching(50, 1)),
	];
}
