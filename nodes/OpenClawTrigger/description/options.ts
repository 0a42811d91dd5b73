import type { INodeProperties } from 'n8n-workflow';
import { DEFAULT_TOLERANCE_SECONDS } from '../../../protocol/signatureHeaders';

/** Options of events that are fetched, and of those that come to a webhook. */
const FETCHED = { show: { '/endpointSetup': ['connection'] } };
const SENT = { show: { '/endpointSetup': ['automatic', 'manual'] } };

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
			displayOptions: SENT,
			description: 'How old a request may be, and how far ahead the clock of the gateway may be',
		},
		{
			displayName: 'Batch Wait (Seconds)',
			name: 'batchSeconds',
			type: 'number',
			noDataExpression: true,
			typeOptions: { minValue: 0, maxValue: 300 },
			default: 1,
			displayOptions: FETCHED,
			description:
				"How long to wait for more events when there are fewer than 'Items per Execution'",
		},
		{
			displayName: 'Hold (Hours)',
			name: 'holdHours',
			type: 'number',
			noDataExpression: true,
			typeOptions: { minValue: 1, maxValue: 720 },
			default: 72,
			displayOptions: FETCHED,
			description: 'How long the gateway keeps events while n8n does not fetch them',
		},
		{
			displayName: 'Ignore Duplicates',
			name: 'ignoreDuplicates',
			type: 'boolean',
			default: true,
			displayOptions: SENT,
			description: 'Whether an event that the gateway sends again runs the workflow only once',
		},
		{
			displayName: 'Ignore Own Runs',
			name: 'ignoreOwnRuns',
			type: 'boolean',
			default: true,
			description:
				'Whether to leave out events of runs that this workflow has started itself, by OpenClaw Inbound. Without it a workflow that answers events may answer its own, until the gateway ends the circle.',
		},
		{
			displayName: 'Include Attachments',
			name: 'includeAttachments',
			type: 'boolean',
			default: false,
			description:
				"Whether to fetch the files that came with a message from the gateway, as binary data 'attachment_0', 'attachment_1' and so on: up to 20 MB each, and 50 MB in all. Those that cannot be fetched are in 'meta.attachments'.",
		},
		{
			displayName: 'Include Headers',
			name: 'includeHeaders',
			type: 'boolean',
			default: false,
			displayOptions: SENT,
			description:
				'Whether to add the headers of the request to the output. They are not covered by the signature.',
		},
		{
			displayName: 'Include Raw Body',
			name: 'includeRawBody',
			type: 'boolean',
			default: false,
			displayOptions: SENT,
			description: 'Whether to add the body as it was received to the output, as text',
		},
		{
			displayName: 'Items per Execution',
			name: 'itemsPerExecution',
			type: 'number',
			noDataExpression: true,
			typeOptions: { minValue: 1, maxValue: 100 },
			default: 1,
			displayOptions: FETCHED,
			description:
				'How many events one execution may have, each as an item. Several make busy workflows many times as fast.',
		},
		{
			displayName: 'Max Parallel',
			name: 'maxParallel',
			type: 'number',
			noDataExpression: true,
			typeOptions: { minValue: 1, maxValue: 100 },
			default: 8,
			displayOptions: FETCHED,
			description: 'How many executions of this workflow may run at the same time',
		},
		{
			displayName: 'On Crash',
			name: 'onCrash',
			type: 'options',
			noDataExpression: true,
			default: 'runAgain',
			options: [
				{
					name: 'Run Again',
					value: 'runAgain',
					description: 'From the start: what the workflow had done by then, it does again',
				},
				{
					name: 'Skip',
					value: 'skip',
					description: 'Never start a workflow twice for the same event',
				},
			],
			displayOptions: FETCHED,
			description: 'What to do with an event whose execution was cut off, for example by a restart',
		},
		{
			displayName: 'On Workflow Error',
			name: 'onWorkflowError',
			type: 'options',
			noDataExpression: true,
			default: 'acknowledge',
			options: [
				{
					name: 'Acknowledge',
					value: 'acknowledge',
					description: 'The event counts as delivered. The failed execution is in the list.',
				},
				{
					name: 'Retry',
					value: 'retry',
					description: 'The gateway hands the event out again later, as often as it tries',
				},
			],
			displayOptions: FETCHED,
			description: 'What to do with an event whose workflow ended with an error',
		},
		{
			displayName: 'Order',
			name: 'order',
			type: 'options',
			noDataExpression: true,
			default: 'parallel',
			options: [
				{
					name: 'One at a Time',
					value: 'sequential',
					description: 'Each event waits until the execution before it has ended',
				},
				{
					name: 'One at a Time for Each Session',
					value: 'session',
					description: 'Events of a session stay in order, different sessions run in parallel',
				},
				{
					name: 'Parallel',
					value: 'parallel',
					description: "Up to 'Max Parallel' at the same time, started in order",
				},
			],
			displayOptions: FETCHED,
			description: 'Which events may run at the same time',
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
			displayOptions: SENT,
			description:
				'When to answer the gateway. With manual setup give the endpoint a timeoutMs in which the workflow ends.',
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
