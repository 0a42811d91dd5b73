import type { INodeProperties } from 'n8n-workflow';

const SEND = { show: { '/operation': ['send'] } };
const DEFINE = { show: { '/operation': ['send'], '/source': ['define'] } };

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
		},
		{
			displayName: 'Deliver',
			name: 'deliver',
			type: 'boolean',
			default: true,
			description:
				"Whether the gateway delivers the agent's reply, to 'Channel' and 'To' when they are set, or to the conversation of 'Session Key'",
			displayOptions: SEND,
		},
		{
			displayName: 'Idempotency Key',
			name: 'idempotencyKey',
			type: 'string',
			default: '',
			placeholder: 'e.g. ticket-1042',
			description:
				'The gateway runs messages with equal keys and contents once. By default each item of an execution has its own, which stays the same when it is tried again.',
			displayOptions: SEND,
		},
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
		},
		{
			displayName: 'Model',
			name: 'model',
			type: 'string',
			default: '',
			placeholder: 'e.g. anthropic/claude-sonnet-4',
			description: "The model for this message, when it is not to be the agent's own",
			displayOptions: DEFINE,
		},
		{
			displayName: 'Session Key',
			name: 'sessionKey',
			type: 'string',
			default: '',
			placeholder: 'e.g. hook:tickets',
			description:
				"The session that the message belongs to, for example 'data.sessionKey' of an event. A gateway without the plugin has to allow it with 'hooks.allowRequestSessionKey'.",
			displayOptions: SEND,
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
				"Seconds to wait for an answer to one attempt, or for the agent's reply with 'Wait for Reply' (300 at most)",
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
			displayOptions: SEND,
		},
	],
};
