import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject } from './json';
import { TRIGGER_TYPE, withCredential } from './n8n/openclawNodes';
import { REPOSITORY } from './packPackage';
import type { CredentialReference, WorkflowDefinition, WorkflowNode } from './n8n/workflow';

/** Folder of the examples. */
export const EXAMPLES_FOLDER = join(REPOSITORY, 'examples');

/** The example workflows, without the ending of their files. */
export const EXAMPLES = [
	'quick-start',
	'audit-log',
	'slack-alert',
	'crm-record',
	'ticket-round-trip',
	'cost-budget',
	'delivery-trouble',
	'agent-tool',
	'mail-triage',
	'tool-approval',
	'incident-triage',
	'deploy-news',
] as const;

export type ExampleName = (typeof EXAMPLES)[number];

/** The file of an example. */
export function exampleFile(name: ExampleName): string {
	return join(EXAMPLES_FOLDER, `${name}.workflow.json`);
}

/** Reads an example as it is. */
export function readExample(name: ExampleName): WorkflowDefinition {
	return JSON.parse(readFileSync(exampleFile(name), 'utf8')) as WorkflowDefinition;
}

/** What a user fills in. */
export interface ExampleSetup {
	/** Credential of the OpenClaw nodes. */
	readonly openClaw: CredentialReference;
	/** Credential of the HTTP Request and Webhook nodes that want a header. */
	readonly headerAuth: CredentialReference;
	/** Credential of the nodes that read mails. */
	readonly imap?: CredentialReference;
	/** Address of the stand-in for Slack, the CRM or the ticket system; the paths stay. */
	readonly outsideUrl: string;
	/** As in the file, which is a connection, unless given. */
	readonly endpointSetup?: 'automatic' | 'manual';
	/** Takes the place of the agents that a trigger is for. */
	readonly agentIds?: string;
}

const HEADER_AUTH = 'httpHeaderAuth';
const READS_MAILS = 'n8n-nodes-base.emailReadImap';

function fillInTrigger(
	parameters: WorkflowNode['parameters'],
	{ endpointSetup, agentIds }: ExampleSetup,
): WorkflowNode['parameters'] {
	const { filters } = parameters;
	return {
		...parameters,
		...(endpointSetup === undefined ? {} : { endpointSetup }),
		...(agentIds === undefined || !isObject(filters) || filters.agentIds === undefined
			? {}
			: { filters: { ...filters, agentIds } }),
	};
}

function fillIn(node: WorkflowNode, setup: ExampleSetup): WorkflowNode {
	const { authentication, genericAuthType, url } = node.parameters;
	const wantsHeader = authentication === 'headerAuth' || genericAuthType === HEADER_AUTH;
	const address =
		typeof url === 'string' ? { url: setup.outsideUrl + new URL(url).pathname } : undefined;
	const parameters =
		node.type === TRIGGER_TYPE ? fillInTrigger(node.parameters, setup) : node.parameters;
	return {
		...node,
		parameters: { ...parameters, ...address },
		...(wantsHeader ? { credentials: { [HEADER_AUTH]: setup.headerAuth } } : {}),
		...(node.type === READS_MAILS && setup.imap !== undefined
			? { credentials: { imap: setup.imap } }
			: {}),
	};
}

/** Does what the notes of an example ask for: chooses credentials and puts in addresses. */
export function fillInExample(
	definition: WorkflowDefinition,
	setup: ExampleSetup,
): WorkflowDefinition {
	const nodes = definition.nodes.map((node) => fillIn(node, setup));
	return withCredential({ ...definition, nodes }, setup.openClaw);
}
