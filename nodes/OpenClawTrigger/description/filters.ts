import type { ILoadOptionsFunctions, INodeProperties, INodePropertyOptions } from 'n8n-workflow';
import { agentChoices, listAgents, listChannels, searchChoices } from '../../shared/gatewayLists';
import type { ListAdvice } from '../../shared/gatewayLists';

const OPERATORS: INodePropertyOptions[] = [
	{ name: 'Contains', value: 'contains' },
	{ name: 'Does Not Contain', value: 'notContains' },
	{ name: 'Does Not Exist', value: 'notExists' },
	{ name: 'Ends With', value: 'endsWith' },
	{ name: 'Exists', value: 'exists' },
	{ name: 'Is Equal To', value: 'equals' },
	{ name: 'Is Greater Than', value: 'gt' },
	{ name: 'Is Greater Than or Equal To', value: 'gte' },
	{ name: 'Is Less Than', value: 'lt' },
	{ name: 'Is Less Than or Equal To', value: 'lte' },
	{ name: 'Is Not Equal To', value: 'notEquals' },
	{ name: 'Starts With', value: 'startsWith' },
];

/** The 'Filters' of the node: an event that does not pass starts no execution. */
export const FILTERS: INodeProperties = {
	displayName: 'Filters',
	name: 'filters',
	type: 'collection',
	placeholder: 'Add Filter',
	default: {},
	options: [
		{
			displayName: 'Agent IDs',
			name: 'agentIds',
			type: 'string',
			default: '',
			placeholder: 'e.g. support-bot, sales-*',
			description:
				'Only events of these agents. Separate several with commas; * stands for any text, and a leading ! leaves out what fits the rest.',
		},
		{
			displayName: 'Agents From List',
			name: 'agentList',
			type: 'multiOptions',
			default: [],
			typeOptions: { loadOptionsMethod: 'getAgents' },
			description:
				'Choose from the list, or specify IDs using an <a href="https://docs.n8n.io/code/expressions/">expression</a>',
		},
		{
			displayName: 'Channels',
			name: 'channels',
			type: 'string',
			default: '',
			placeholder: 'e.g. telegram, slack',
			description:
				'Only events of these channels. Separate several with commas; * stands for any text, and a leading ! leaves out what fits the rest.',
		},
		{
			displayName: 'Channels From List',
			name: 'channelList',
			type: 'multiOptions',
			default: [],
			typeOptions: { loadOptionsMethod: 'getChannels' },
			description:
				'Choose from the list, or specify IDs using an <a href="https://docs.n8n.io/code/expressions/">expression</a>',
		},
		{
			displayName: 'Conditions',
			name: 'conditions',
			type: 'fixedCollection',
			typeOptions: { multipleValues: true, sortable: true },
			placeholder: 'Add Condition',
			default: {},
			description: 'What the fields of the event must be like',
			options: [
				{
					displayName: 'Condition',
					name: 'values',
					values: [
						{
							displayName: 'Field',
							name: 'field',
							type: 'string',
							default: '',
							placeholder: 'e.g. data.message.content',
							description:
								'Where the value is in the event, e.g. data.usage.outputTokens, data.items[0] or data["key with blanks"]',
						},
						{
							displayName: 'Operator',
							name: 'operator',
							type: 'options',
							noDataExpression: true,
							default: 'equals',
							options: OPERATORS,
						},
						{
							displayName: 'Value',
							name: 'value',
							type: 'string',
							default: '',
							displayOptions: { hide: { operator: ['exists', 'notExists'] } },
							description:
								'What to compare with. Upper and lower case differ. Numbers are compared with the digits that were sent: write long ones here as they are, not as an expression.',
						},
					],
				},
			],
		},
		{
			displayName: 'Instance IDs',
			name: 'instanceIds',
			type: 'string',
			default: '',
			placeholder: 'e.g. node-1',
			description:
				'Only events of these gateways. Separate several with commas; * stands for any text, and a leading ! leaves out what fits the rest.',
		},
		{
			displayName: 'Must Match',
			name: 'mustMatch',
			type: 'options',
			noDataExpression: true,
			default: 'all',
			options: [
				{ name: 'All Conditions', value: 'all' },
				{ name: 'Any Condition', value: 'any' },
			],
			description: "Whether all of the 'Conditions' have to be met or one is enough",
		},
		{
			displayName: 'Session IDs',
			name: 'sessionIds',
			type: 'string',
			default: '',
			placeholder: 'e.g. agent:main:*',
			description:
				'Only events of these sessions, by session ID or session key. Separate several with commas; * stands for any text, and a leading ! leaves out what fits the rest.',
		},
		{
			displayName: 'Tool Names',
			name: 'toolNames',
			type: 'string',
			default: '',
			placeholder: 'e.g. exec, !read',
			description:
				'Only events of these tools. Separate several with commas; * stands for any text, and a leading ! leaves out what fits the rest.',
		},
		{
			displayName: 'Triggers',
			name: 'triggers',
			type: 'string',
			default: '',
			placeholder: 'e.g. user, !heartbeat',
			description:
				'Only events of runs that were started so: user, cron, heartbeat, webhook, subagent. Separate several with commas; * stands for any text, and a leading ! leaves out what fits the rest.',
		},
		{
			displayName: 'User IDs',
			name: 'userIds',
			type: 'string',
			default: '',
			placeholder: 'e.g. user_12345',
			description:
				'Only events of these users. Separate several with commas; * stands for any text, and a leading ! leaves out what fits the rest.',
		},
	],
};

const ADVICE: ListAdvice = {
	withoutCredential: {
		message: 'Choose a credential first',
		description:
			"The list comes from the gateway. Without it add 'Agent IDs' or 'Channels' and type.",
	},
	withoutList: "Add 'Agent IDs' or 'Channels' instead and type the IDs.",
};

/** The choices of 'Agents From List'. */
export async function getAgents(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
	return searchChoices(agentChoices(await listAgents(this, ADVICE)), undefined).results;
}

/** The choices of 'Channels From List'. */
export async function getChannels(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
	const channels = await listChannels(this, ADVICE);
	return searchChoices(
		channels.map(({ id }) => ({ name: id, value: id })),
		undefined,
	).results;
}
