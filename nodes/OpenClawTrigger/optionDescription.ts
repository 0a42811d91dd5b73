import type { INodeProperties } from 'n8n-workflow';
import { DEFAULT_TOLERANCE_SECONDS } from '../../protocol/signature';

/** The 'Options' of the node. */
export const OPTIONS: INodeProperties = {
	displayName: 'Options',
	name: 'options',
	type: 'collection',
	placeholder: 'Add Option',
	default: {},
	options: [
		{
			displayName: 'Allowed Clock Difference (Seconds)',
			name: 'toleranceSeconds',
			type: 'number',
			// An expression could read the request here before its signature has been checked.
			noDataExpression: true,
			typeOptions: { minValue: 1, maxValue: 86400 },
			default: DEFAULT_TOLERANCE_SECONDS,
			description: 'How old a request may be, and how far ahead the clock of the gateway may be',
		},
		{
			displayName: 'Ignore Duplicates',
			name: 'ignoreDuplicates',
			type: 'boolean',
			default: true,
			description: 'Whether an event that the gateway sends again runs the workflow only once',
		},
		{
			displayName: 'Include Headers',
			name: 'includeHeaders',
			type: 'boolean',
			default: false,
			description:
				'Whether to add the headers of the request to the output. They are not covered by the signature.',
		},
		{
			displayName: 'Include Raw Body',
			name: 'includeRawBody',
			type: 'boolean',
			default: false,
			description: 'Whether to add the body as it was received to the output, as text',
		},
		{
			displayName: 'Respond',
			name: 'respond',
			type: 'options',
			noDataExpression: true,
			default: 'onReceived',
			options: [
				{
					name: 'Immediately',
					value: 'onReceived',
					description: 'As soon as the execution has been started',
				},
				{
					name: 'When Last Node Finishes',
					value: 'lastNode',
					description: 'With the data of the node that is executed last',
				},
			],
			description:
				'When to answer the gateway, which waits 15 seconds and then sends the event again',
		},
		{
			displayName: 'Simplify',
			name: 'simplify',
			type: 'boolean',
			default: false,
			description: 'Whether to return a simplified version of the response instead of the raw data',
		},
	],
};
