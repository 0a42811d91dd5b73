import type { INodeProperties } from 'n8n-workflow';

const REVIEW = { responseType: ['approval'] };

/**
 * What the human review of a tool call needs: who is asked. n8n makes the node for it from *Send Message and Wait for
 * Response*, adds a *Message*, and turns `responseType` into `approval`; in the node itself nothing of it is shown.
 */
export const reviewProperties: INodeProperties[] = [
	{
		displayName: 'Response Type',
		name: 'responseType',
		type: 'hidden',
		default: 'reply',
	},
	{
		displayName: 'Ask In',
		name: 'askIn',
		type: 'options',
		noDataExpression: true,
		options: [
			{
				name: 'Channel and Recipient',
				value: 'chat',
				description: 'A person or group of a channel of the gateway',
			},
			{
				name: 'Chat of a Session',
				value: 'session',
				description: 'Where the person of a session writes to the agent',
			},
		],
		default: 'chat',
		description:
			'Where the gateway asks a person whether the tool may run. It needs the plugin event-webhooks.',
		displayOptions: { show: REVIEW },
	},
	{
		displayName: 'Channel',
		name: 'askChannel',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. telegram',
		description: 'The channel of the gateway, as it stands in its settings',
		displayOptions: { show: { ...REVIEW, askIn: ['chat'] } },
	},
	{
		displayName: 'To',
		name: 'askTo',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. 123456789',
		description: 'The person or group in the channel, as the gateway names it',
		displayOptions: { show: { ...REVIEW, askIn: ['chat'] } },
	},
	{
		displayName: 'Session Key',
		name: 'askSessionKey',
		type: 'string',
		default: '',
		required: true,
		placeholder: 'e.g. agent:main:telegram:direct:123456789',
		description: "The session whose chat is asked, for example 'data.sessionKey' of an event",
		displayOptions: { show: { ...REVIEW, askIn: ['session'] } },
	},
	{
		displayName: 'Approvers',
		name: 'approvers',
		type: 'string',
		default: '',
		placeholder: 'e.g. 123456789, 987654321',
		description:
			'IDs in the channel of the people whose answer counts, separated by commas. Leave empty for everybody in the chat whom the gateway lets command its bot.',
		displayOptions: { show: REVIEW },
	},
];
