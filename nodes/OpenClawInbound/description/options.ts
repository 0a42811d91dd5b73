import type { INodeProperties } from 'n8n-workflow';

const SEND = { show: { '/operation': ['send'] } };
/** In the review of a tool call there is no agent. */
const NO_REVIEW = { '/responseType': ['approval'] };
const SEND_BOTH = { show: { '/operation': ['send', 'sendAndWait'] }, hide: NO_REVIEW };
const DEFINE = { show: { '/operation': ['send'], '/source': ['define'] } };
const DEFINE_BOTH = {
	show: { '/operation': ['send', 'sendAndWait'], '/source': ['define'] },
	hide: NO_REVIEW,
};
const WAITING = { show: { '/operation': ['sendAndWait'] } };
const REPLIES = { show: { '/operation': ['send', 'getRun'] } };
const MESSAGES = { hide: { '/operation': ['decide', 'getRun'], ...NO_REVIEW } };
const DECIDING = { show: { '/operation': ['decide'] } };

/** In the form of n8n's own nodes that wait. */
const limitWaitTime: INodeProperties = {
	displayName: 'Limit Wait Time',
	name: 'limitWaitTime',
	type: 'fixedCollection',
	default: { values: { limitType: 'afterTimeInterval', resumeAmount: 45, resumeUnit: 'minutes' } },
	description:
		"How long the workflow waits for an answer at most. Then it goes on with 'ok: false' and the error code 'wait-timeout' in every item; a tool call that nobody has approved is denied.",
	displayOptions: WAITING,
	options: [
		{
			displayName: 'Values',
			name: 'values',
			values: [
				{
					displayName: 'Amount',
					name: 'resumeAmount',
					type: 'number',
					typeOptions: { minValue: 0, numberPrecision: 2 },
					default: 1,
					displayOptions: { show: { limitType: ['afterTimeInterval'] } },
				},
				{
					displayName: 'Limit Type',
					name: 'limitType',
					type: 'options',
					options: [
						{
							name: 'After Time Interval',
							value: 'afterTimeInterval',
							description: 'Wait for a certain time',
						},
						{
							name: 'At Specified Time',
							value: 'atSpecifiedTime',
							description: 'Wait until a date and time',
						},
					],
					default: 'afterTimeInterval',
				},
				{
					displayName: 'Max Date and Time',
					name: 'maxDateAndTime',
					type: 'dateTime',
					default: '',
					displayOptions: { show: { limitType: ['atSpecifiedTime'] } },
				},
				{
					displayName: 'Unit',
					name: 'resumeUnit',
					type: 'options',
					options: [
						{ name: 'Days', value: 'days' },
						{ name: 'Hours', value: 'hours' },
						{ name: 'Minutes', value: 'minutes' },
					],
					default: 'hours',
					displayOptions: { show: { limitType: ['afterTimeInterval'] } },
				},
			],
		},
	],
};

/** The collection 'Options' of OpenClaw Inbound. */
export const optionsProperty: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	options: [
		{
			displayName: 'Backoff (Ms)',
			name: 'backoffMs',
			type: 'number',
			typeOptions: { minValue: 0 },
			default: 1000,
			description:
				'Milliseconds before the second attempt. They double with each further one, up to a minute. A pause that the gateway asks for takes precedence.',
		},
		{
			displayName: 'Cancel Run',
			name: 'cancelRun',
			type: 'boolean',
			default: true,
			description:
				"Whether the agent's run ends, too, when the execution is canceled while the node waits for the reply. It needs the plugin event-webhooks on the gateway.",
			displayOptions: REPLIES,
		},
		{
			displayName: 'Channel',
			name: 'channel',
			type: 'string',
			default: '',
			placeholder: 'e.g. telegram',
			description: "Where the gateway delivers the agent's reply. Needs 'To' as well.",
			displayOptions: DEFINE,
		},
		{
			displayName: 'Config (JSON5)',
			name: 'config',
			type: 'string',
			typeOptions: { editor: 'jsEditor', rows: 8 },
			noDataExpression: true,
			default: '',
			description:
				"The gateway's openclaw.json5. When it is filled in, the lists of endpoints, agents and fields are read from it, not asked from the gateway.",
			displayOptions: MESSAGES,
		},
		{
			displayName: 'Decided By',
			name: 'by',
			type: 'string',
			default: '',
			placeholder: 'e.g. Ada',
			description:
				"Who has decided: for the event 'approval.resolved', the gateway's list and, where the call is denied, the agent",
			displayOptions: DECIDING,
		},
		{
			displayName: 'Deliver',
			name: 'deliver',
			type: 'boolean',
			default: true,
			description:
				"Whether the gateway delivers the agent's reply, to 'Channel' and 'To' when they are set, or to the conversation of 'Session Key'",
			displayOptions: SEND_BOTH,
		},
		{
			displayName: 'Idempotency Key',
			name: 'idempotencyKey',
			type: 'string',
			default: '',
			placeholder: 'e.g. ticket-1042',
			description:
				'The gateway runs messages with equal keys and contents once, and refuses other contents under a key that it knows. By default each item of an execution has its own, which stays the same when it is tried again.',
			displayOptions: SEND,
		},
		limitWaitTime,
		{
			displayName: 'Max Attempts',
			name: 'maxAttempts',
			type: 'number',
			typeOptions: { minValue: 1, maxValue: 20 },
			default: 5,
			description:
				'How often an item is tried while the gateway cannot be reached, is busy (408, 429) or fails (5xx). Other answers are final.',
		},
		{
			displayName: 'Max Concurrency',
			name: 'maxConcurrency',
			type: 'number',
			typeOptions: { minValue: 1, maxValue: 100 },
			default: 5,
			description: 'How many items are sent at the same time',
			displayOptions: { hide: NO_REVIEW },
		},
		{
			displayName: 'Model',
			name: 'model',
			type: 'string',
			default: '',
			placeholder: 'e.g. anthropic/claude-sonnet-4',
			description: "The model for this message, when it is not to be the agent's own",
			displayOptions: DEFINE_BOTH,
		},
		{
			displayName: 'Reason',
			name: 'reason',
			type: 'string',
			default: '',
			placeholder: 'e.g. Not on a Friday',
			description: 'Why it was decided so. The agent reads it where the call is denied.',
			displayOptions: DECIDING,
		},
		{
			displayName: 'Reply Schema',
			name: 'replySchema',
			type: 'json',
			typeOptions: { rows: 8 },
			noDataExpression: true,
			default: '',
			placeholder:
				'e.g. { "type": "object", "properties": { "level": { "enum": ["low", "high"] } }, "required": ["level"] }',
			description:
				"A JSON Schema for the agent's reply. The agent is told to answer by it, and the checked value comes out as 'replyJson'. With 'Send Message' the node waits for the reply, and asks once more when it does not fit.",
			displayOptions: SEND_BOTH,
		},
		{
			displayName: 'Reply Timeout (Seconds)',
			name: 'replySeconds',
			type: 'number',
			typeOptions: { minValue: 1, maxValue: 86400 },
			default: 300,
			description:
				"Seconds to wait for the agent's reply with 'Wait for Reply'. The node asks the gateway again until they are over.",
			displayOptions: REPLIES,
		},
		{
			displayName: 'Session Key',
			name: 'sessionKey',
			type: 'string',
			default: '',
			placeholder: 'e.g. hook:tickets',
			description:
				"The session that the message belongs to, for example 'data.sessionKey' of an event. A gateway without the plugin has to allow it with 'hooks.allowRequestSessionKey'.",
			displayOptions: SEND_BOTH,
		},
		{
			displayName: 'Thinking',
			name: 'thinking',
			type: 'string',
			default: '',
			placeholder: 'e.g. low',
			description: "The thinking level for this message, when it is not to be the agent's own",
			displayOptions: DEFINE,
		},
		{
			displayName: 'Timeout (Seconds)',
			name: 'timeout',
			type: 'number',
			typeOptions: { minValue: 1 },
			default: 60,
			description:
				"Seconds to wait for the gateway to take a message. How long to wait for an agent is said by 'Reply Timeout (Seconds)'.",
		},
		{
			displayName: 'To',
			name: 'to',
			type: 'string',
			default: '',
			placeholder: 'e.g. 123456789',
			description: "Who gets the agent's reply in 'Channel'",
			displayOptions: DEFINE,
		},
		{
			displayName: 'Wait for Reply',
			name: 'waitForReply',
			type: 'boolean',
			default: true,
			description:
				"Whether the node waits for the agent's reply and gives it out as 'reply'. It needs the plugin event-webhooks on the gateway. As a tool of an AI Agent the node waits unless you turn this off.",
			displayOptions: REPLIES,
		},
	],
};
