import type { INodeProperties } from 'n8n-workflow';

import { optionsProperty } from './options';
import { reviewProperties } from './review';

/**
 * Where an editor is named, n8n doesn't turn what is typed or pasted with `{{` into an expression;
 * where its name is empty, the field is a plain text area. Editors with a name complete brackets and
 * tags while one types.
 */
const PLAIN_TEXT = { editor: '' as never };

const SENDING = ['send', 'sendAndWait'];
/** In the review of a tool call, which asks a person, there is no agent. */
const NO_REVIEW = { responseType: ['approval'] };

const operation: INodeProperties = {
	displayName: 'Operation',
	name: 'operation',
	type: 'options',
	noDataExpression: true,
	options: [
		{
			name: 'Decide Approval',
			value: 'decide',
			action: 'Decide approval of tool call',
			description: 'Allow or deny a tool call that waits at the gateway',
		},
		{
			name: 'Get Run',
			value: 'getRun',
			action: 'Get run of message',
			description: 'Find out what has become of an earlier message, and what the agent replied',
		},
		{
			name: 'Send Message',
			value: 'send',
			action: 'Send message to agent',
			description: 'Hand a message to an agent and continue',
		},
		{
			name: 'Send Message and Wait for Response',
			value: 'sendAndWait',
			action: 'Send message to agent and wait for response',
			description:
				"Hand messages to agents, pause the workflow, and go on with the agents' replies",
			displayOptions: { hide: { '@tool': [true] } },
		},
		{
			name: 'Wake Agent',
			value: 'wake',
			action: 'Wake agent with fixed text',
			description: 'Give an agent a fixed reminder, now or with its next heartbeat',
		},
	],
	default: 'send',
};

const source: INodeProperties = {
	displayName: 'Message From',
	name: 'source',
	type: 'options',
	noDataExpression: true,
	options: [
		{
			name: 'Define Below',
			value: 'define',
			description: 'Agent and message template are set in this node',
		},
		{
			name: 'Inbound Endpoint',
			value: 'endpoint',
			description: 'Agent and message template are set at the gateway',
		},
	],
	default: 'endpoint',
	displayOptions: { show: { operation: SENDING }, hide: NO_REVIEW },
};

const endpoint: INodeProperties = {
	displayName: 'Endpoint',
	name: 'endpoint',
	type: 'resourceLocator',
	default: { mode: 'list', value: '' },
	required: true,
	description: 'The inbound endpoint that takes the message',
	displayOptions: { show: { operation: SENDING, source: ['endpoint'] }, hide: NO_REVIEW },
	modes: [
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			typeOptions: {
				searchListMethod: 'searchEndpoints',
				searchable: true,
				skipCredentialsCheckInRLC: true,
			},
		},
		{ displayName: 'By ID', name: 'id', type: 'string', placeholder: 'e.g. alert' },
	],
};

const agent: INodeProperties = {
	displayName: 'Agent',
	name: 'agent',
	type: 'resourceLocator',
	default: { mode: 'list', value: '' },
	required: true,
	description: 'The agent that gets the message',
	displayOptions: { show: { operation: SENDING, source: ['define'] }, hide: NO_REVIEW },
	modes: [
		{
			displayName: 'From List',
			name: 'list',
			type: 'list',
			typeOptions: {
				searchListMethod: 'searchAgents',
				searchable: true,
				skipCredentialsCheckInRLC: true,
			},
		},
		{ displayName: 'By ID', name: 'id', type: 'string', placeholder: 'e.g. main' },
	],
};

const wakeAgent: INodeProperties = {
	...agent,
	required: false,
	description: 'The agent to wake. A gateway with a single agent needs none.',
	displayOptions: { show: { operation: ['wake'] } },
};

const template: INodeProperties = {
	displayName: 'Message Template',
	name: 'template',
	type: 'string',
	typeOptions: { ...PLAIN_TEXT, rows: 5 },
	noDataExpression: true,
	default: '',
	required: true,
	placeholder: 'e.g. New issue: {{body.title}}',
	hint: "Each {{body.name}} becomes a field below. Choose 'Refresh Field List' there after you change the template.",
	displayOptions: { show: { operation: SENDING, source: ['define'] }, hide: NO_REVIEW },
};

const fields: INodeProperties = {
	displayName: 'Fields',
	name: 'fields',
	type: 'resourceMapper',
	default: { mappingMode: 'defineBelow', value: null },
	noDataExpression: true,
	description:
		'The values for the template. Pass IDs of more than 15 digits as texts: n8n rounds such numbers when it reads JSON.',
	typeOptions: {
		// Not the template: whenever one of these changes the editor drops all mapped values.
		loadOptionsDependsOn: ['source', 'endpoint.value'],
		resourceMapper: {
			resourceMapperMethod: 'getTemplateFields',
			mode: 'map',
			addAllFields: true,
			supportAutoMap: true,
			allowEmptyValues: true,
			refreshStaleSchemaOnOpen: true,
			fieldWords: { singular: 'field', plural: 'fields' },
			valuesLabel: 'Fields',
			// The editor puts a link 'Retry' behind it.
			noFieldsError: 'There are no fields to fill in yet.',
		},
	},
	displayOptions: { show: { operation: SENDING }, hide: NO_REVIEW },
};

const runId: INodeProperties = {
	displayName: 'Run ID',
	name: 'runId',
	type: 'string',
	default: '',
	required: true,
	placeholder: 'e.g. run_0m4q7c2v5x',
	description:
		"The 'runId' that this node gave out for a message. It needs the plugin event-webhooks.",
	displayOptions: { show: { operation: ['getRun'] } },
};

const approvalId: INodeProperties = {
	displayName: 'Approval ID',
	name: 'approvalId',
	type: 'string',
	default: '',
	required: true,
	placeholder: 'e.g. apr_01kb0x5v1m3q8z6t0w9y2r4c7d',
	description:
		"Which tool call is decided on: the ID in 'approval' in the data of the event 'approval.requested'. It needs the plugin event-webhooks.",
	displayOptions: { show: { operation: ['decide'] } },
};

const decision: INodeProperties = {
	displayName: 'Decision',
	name: 'decision',
	type: 'options',
	options: [
		{
			name: 'Allow',
			value: 'allow',
			description: 'The tool runs with the parameters that the event has shown',
		},
		{
			name: 'Deny',
			value: 'deny',
			description: 'The tool does not run, and the agent reads the reason',
		},
	],
	// What is left as it is allows nothing.
	default: 'deny',
	description: 'What becomes of the tool call. The first decision counts.',
	displayOptions: { show: { operation: ['decide'] } },
};

const text: INodeProperties = {
	displayName: 'Text',
	name: 'text',
	type: 'string',
	typeOptions: { ...PLAIN_TEXT, rows: 2 },
	noDataExpression: true,
	default: '',
	required: true,
	placeholder: 'e.g. Check the ticket queue',
	description:
		'A fixed text. The gateway hands it to the agent as yours, so values from outside are not allowed in it.',
	displayOptions: { show: { operation: ['wake'] } },
};

const wakeMode: INodeProperties = {
	displayName: 'When',
	name: 'wakeMode',
	type: 'options',
	options: [
		{ name: 'Next Heartbeat', value: 'next-heartbeat', description: 'When the agent wakes anyway' },
		{ name: 'Now', value: 'now', description: 'At once' },
	],
	default: 'now',
	description: 'When the agent gets the text',
	displayOptions: { show: { operation: ['wake'] } },
};

/** Everything that the editor shows for OpenClaw Inbound, in this order. */
export const inboundProperties: INodeProperties[] = [
	operation,
	source,
	endpoint,
	agent,
	wakeAgent,
	template,
	fields,
	runId,
	approvalId,
	decision,
	text,
	wakeMode,
	...reviewProperties,
	optionsProperty,
];
