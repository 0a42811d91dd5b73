import * as n8nWorkflow from 'n8n-workflow';
import type {
	INodeParameters,
	INodeProperties,
	IWebhookDescription,
	TriggerPanelDefinition,
} from 'n8n-workflow';
import { EVENT_OPTIONS } from './events';
import { FILTERS } from './filters';
import { OPTIONS } from './options';

/** How the events come to n8n. */
export type EndpointSetup = 'connection' | 'automatic' | 'manual';

const RESPOND_PATH = ['options', 'respond'];
const RESPOND_IMMEDIATELY = 'onReceived';

/** Without a method n8n registers no webhook. Runs in n8n's expression sandbox from its source text, too. */
function httpMethod(parameters: INodeParameters): string {
	const setup = parameters['endpointSetup'];
	return setup === 'automatic' || setup === 'manual' ? 'POST' : '';
}

/** Runs in the sandbox, too. */
function hidesUrl(parameters: INodeParameters): boolean {
	const setup = parameters['endpointSetup'];
	return setup !== 'automatic' && setup !== 'manual';
}

/**
 * What follows a parameter is resolved by n8n without its expression engine where it can: an expression
 * would start an isolate for every request, forged ones too.
 */
function resolvedFields(): Pick<IWebhookDescription, 'httpMethod' | 'responseMode' | 'ndvHideUrl'> {
	const { fromFunction, fromParameter, webhookDescriptionFields } = n8nWorkflow as Partial<
		typeof n8nWorkflow
	>;
	// Earlier releases of n8n 2 have no such fields.
	if (!webhookDescriptionFields || !fromParameter || !fromFunction) {
		return {
			httpMethod: `={{(${httpMethod.toString()})($parameter)}}`,
			responseMode: `={{$parameter["${RESPOND_PATH.join('"]["')}"] || "${RESPOND_IMMEDIATELY}"}}`,
			ndvHideUrl: `={{(${hidesUrl.toString()})($parameter)}}`,
		};
	}
	return webhookDescriptionFields({
		httpMethod: fromFunction(httpMethod),
		responseMode: fromParameter(RESPOND_PATH, RESPOND_IMMEDIATELY),
		ndvHideUrl: fromFunction(hidesUrl),
	});
}

/** Last part of the webhook's address. */
export const WEBHOOK_PATH = 'webhook';

export const WEBHOOK: IWebhookDescription = {
	name: 'default',
	path: WEBHOOK_PATH,
	// Left out, n8n answers with the text "firstEntryJson" and ignores what the node returns.
	responseData: '',
	...resolvedFields(),
};

const WHILE_BUILDING =
	"<b>While building your workflow</b>, click the 'execute step' button. n8n then waits for one event: with a connection it fetches the next one, or makes a sample when none comes; with automatic setup your gateway sends the next one to the test URL; with manual setup your gateway needs a second endpoint with that URL.";
const EXECUTIONS_LIST =
	'These executions will show up in the <a data-key="executions">executions list</a>, but not in the editor.';

/** The texts beside the parameters. n8n's own ones know one kind of setup only. */
export const TRIGGER_PANEL: TriggerPanelDefinition = {
	executionsHelp: {
		inactive: `${WHILE_BUILDING}<br /><br /><b>Once you're happy with your workflow</b>, publish it. Then every event of your gateway will run it. ${EXECUTIONS_LIST}`,
		active: `${WHILE_BUILDING}<br /><br /><b>Your workflow is published</b>, so every event of your gateway runs it. ${EXECUTIONS_LIST}`,
	},
};

const MANUAL = { endpointSetup: ['manual'] };
const SHOWN = { ...MANUAL, showGatewayConfig: [true] };

/**
 * Shows the block for openclaw.json5 in the editor, on demand: the webhook's id is known to expressions
 * only, and while a parameter holds one, n8n starts its expression engine for every request.
 */
const GATEWAY_CONFIG: INodeProperties[] = [
	{
		displayName: 'Show Gateway Configuration',
		name: 'showGatewayConfig',
		type: 'boolean',
		noDataExpression: true,
		default: false,
		displayOptions: { show: MANUAL },
		description:
			'Whether to show what to add at your gateway. Turn it off when you have copied it: while it is on, n8n takes longer for each event.',
	},
	{
		displayName: 'Webhook ID',
		name: 'webhookId',
		type: 'hidden',
		default: '={{ $webhookId }}',
		displayOptions: { show: SHOWN },
	},
	{
		displayName: 'Gateway Configuration',
		name: 'gatewayConfig',
		// Without fields a resource mapper is a notice whose text comes from the node.
		type: 'resourceMapper',
		noDataExpression: true,
		default: { mappingMode: 'defineBelow', value: null },
		typeOptions: {
			loadOptionsDependsOn: [
				'events',
				'filters.agentIds',
				'filters.agentList',
				'filters.channelList',
				'filters.channels',
				'filters.instanceIds',
				'filters.sessionIds',
				'filters.toolNames',
				'filters.triggers',
				'filters.userIds',
				'options.respond',
			],
			resourceMapper: {
				resourceMapperMethod: 'getGatewayConfig',
				mode: 'map',
				supportAutoMap: false,
				fieldWords: { singular: 'configuration', plural: 'configuration' },
			},
		},
		displayOptions: { show: SHOWN },
	},
];

export const PROPERTIES: INodeProperties[] = [
	{
		displayName: 'Trigger On',
		name: 'events',
		type: 'multiOptions',
		required: true,
		default: [],
		options: EVENT_OPTIONS,
	},
	{
		displayName: 'Endpoint Setup',
		name: 'endpointSetup',
		type: 'options',
		noDataExpression: true,
		default: 'connection',
		options: [
			{
				name: 'Connection',
				value: 'connection',
				description:
					'Fetches the events from your gateway, which needs no way to n8n: it works behind NAT, tunnels and login pages',
			},
			{
				name: 'Webhook, Automatic',
				value: 'automatic',
				description:
					'Your gateway sends the events to n8n. Publishing the workflow registers the webhook there, unpublishing removes it.',
			},
			{
				name: 'Webhook, Manual',
				value: 'manual',
				description:
					'Add the webhook to your gateway yourself, or receive the events of another sender',
			},
		],
		description: 'How the events of your OpenClaw gateway come to n8n',
	},
	{
		displayName:
			"The gateway sends to n8n's webhook address. If the 'Production URL' above is not the address by which your gateway reaches n8n, set N8N_WEBHOOK_URL of n8n (WEBHOOK_URL in older releases) and restart it.",
		name: 'webhookAddressNotice',
		type: 'notice',
		default: '',
		displayOptions: { show: { endpointSetup: ['automatic', 'manual'] } },
	},
	...GATEWAY_CONFIG,
	{
		displayName: 'Output Mode',
		name: 'outputMode',
		type: 'options',
		noDataExpression: true,
		default: 'single',
		options: [
			{
				name: 'One Output per Event',
				value: 'perEvent',
				description: 'Each chosen event has an output of its own, named after it',
			},
			{
				name: 'Single Output',
				value: 'single',
				description: 'All events leave by the same output',
			},
		],
	},
	FILTERS,
	OPTIONS,
];
