import { randomUUID } from 'node:crypto';
import type { JsonObject } from '../json';
import {
	node,
	type CredentialReference,
	type WorkflowDefinition,
	type WorkflowNode,
} from './workflow';

/** Names of our types as n8n saves them in workflows. */
export const TRIGGER_TYPE = 'n8n-nodes-openclaw-webhooks.openClawTrigger';
export const INBOUND_TYPE = 'n8n-nodes-openclaw-webhooks.openClawInbound';
export const CREDENTIAL_TYPE = 'openClawApi';
/** Name of the trigger as the editor gives it. */
export const OPENCLAW_TRIGGER = 'OpenClaw Trigger';

/**
 * An OpenClaw Trigger node.
 *
 * @param parameters what differs from: all events, manual setup, one output
 */
export function triggerNode(
	credential: CredentialReference | undefined,
	parameters: JsonObject = {},
	name = OPENCLAW_TRIGGER,
): WorkflowNode {
	const credentials = credential === undefined ? {} : { [CREDENTIAL_TYPE]: credential };
	return node(
		name,
		TRIGGER_TYPE,
		1.1,
		{ events: ['*'], endpointSetup: 'manual', ...parameters },
		// The editor gives it one; an n8n that doesn't by itself would make the address of the node's name.
		{ credentials, webhookId: randomUUID() },
	);
}

/**
 * An OpenClaw Inbound node.
 *
 * @param parameters such as `{ source: 'define', agent: byId('main'), template: 'Hello' }`
 */
export function inboundNode(
	credential: CredentialReference | undefined,
	parameters: JsonObject,
	name = 'OpenClaw Inbound',
	more: Partial<WorkflowNode> = {},
): WorkflowNode {
	const credentials = credential === undefined ? {} : { [CREDENTIAL_TYPE]: credential };
	return node(
		name,
		INBOUND_TYPE,
		1,
		{ operation: 'send', ...parameters },
		{ credentials, ...more },
	);
}

/** Value of a resource locator in its *By ID* mode. */
export function byId(value: string): JsonObject {
	return { __rl: true, mode: 'id', value };
}

/** Value of the *Fields* parameter that takes each item's JSON as it is. */
export const AUTO_MAPPED_FIELDS = { mappingMode: 'autoMapInputData', value: null } as const;

/** Value of the *Fields* parameter with values for each field. */
export function mappedFields(value: JsonObject): JsonObject {
	const schema = Object.keys(value).map((id) => ({
		id,
		displayName: id,
		type: 'string',
		required: false,
		defaultMatch: false,
		display: true,
	}));
	return { mappingMode: 'defineBelow', value, schema };
}

/** Gives all OpenClaw nodes of a workflow the same credential. */
export function withCredential(
	definition: WorkflowDefinition,
	credential: CredentialReference,
): WorkflowDefinition {
	const isOurs = ({ type }: WorkflowNode) => type === TRIGGER_TYPE || type === INBOUND_TYPE;
	return {
		...definition,
		nodes: definition.nodes.map((node) =>
			isOurs(node) ? { ...node, credentials: { [CREDENTIAL_TYPE]: credential } } : node,
		),
	};
}
