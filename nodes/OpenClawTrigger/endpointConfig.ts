import type { INodeProperties } from 'n8n-workflow';

const MANUAL = { endpointSetup: ['manual'] };
const SHOWN = { ...MANUAL, showGatewayConfig: [true] };

/**
 * Shows the block for openclaw.json5 in the editor, on demand: the webhook's id is known to expressions
 * only, and while a parameter holds one, n8n starts its expression engine for every request.
 */
export const GATEWAY_CONFIG: INodeProperties[] = [
	{
		displayName: 'Show Gateway Configuration',
		name: 'showGatewayConfig',
		type: 'boolean',
		noDataExpression: true,
		default: false,
		displayOptions: { show: MANUAL },
		description:
			'Whether to show what to add to openclaw.json5 of your gateway. Turn it off when you have copied it: while it is on, n8n takes longer for each event.',
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
				'filters.userIds',
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
