import * as n8nWorkflow from 'n8n-workflow';
import type { INodeProperties, IWebhookDescription, TriggerPanelDefinition } from 'n8n-workflow';
import { GATEWAY_CONFIG } from './endpointConfig';
import { EVENT_OPTIONS } from './eventTypes';
import { FILTERS } from './filterDescription';
import { OPTIONS } from './optionDescription';

const RESPOND_PATH = ['options', 'respond'];
const RESPOND_IMMEDIATELY = 'onReceived';

/**
 * Everything but the response mode is constant, and n8n resolves that one without its expression
 * engine where it can: an expression here would start an isolate for every request, forged ones too.
 */
function responseMode(): Record<string, string> {
	const { fromParameter, webhookDescriptionFields } = n8nWorkflow as Partial<typeof n8nWorkflow>;
	// Earlier releases of n8n 2 have no such fields.
	if (!webhookDescriptionFields || !fromParameter) {
		return {
			responseMode: `={{$parameter["${RESPOND_PATH.join('"]["')}"] || "${RESPOND_IMMEDIATELY}"}}`,
		};
	}
	return webhookDescriptionFields({
		responseMode: fromParameter(RESPOND_PATH, RESPOND_IMMEDIATELY),
	});
}

/** Last part of the webhook's address. */
export const WEBHOOK_PATH = 'webhook';

export const WEBHOOK: IWebhookDescription = {
	name: 'default',
	httpMethod: 'POST',
	path: WEBHOOK_PATH,
	// Left out, n8n answers with the text "firstEntryJson" and ignores what the node returns.
	responseData: '',
	...responseMode(),
};

const WHILE_BUILDING =
	"<b>While building your workflow</b>, click the 'execute step' button. n8n then waits at the test URL for one event. With automatic setup your gateway sends the next one there, with manual setup openclaw.json5 needs a second endpoint with that URL.";
const EXECUTIONS_LIST =
	'These executions will show up in the <a data-key="executions">executions list</a>, but not in the editor.';

/** The texts beside the parameters. n8n's own ones know one kind of setup only. */
export const TRIGGER_PANEL: TriggerPanelDefinition = {
	executionsHelp: {
		inactive: `${WHILE_BUILDING}<br /><br /><b>Once you're happy with your workflow</b>, publish it. Then every event that is sent to the production URL will run it. ${EXECUTIONS_LIST}`,
		active: `${WHILE_BUILDING}<br /><br /><b>Your workflow is published</b>, so every event that is sent to the production URL runs it. ${EXECUTIONS_LIST}`,
	},
};

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
		default: 'automatic',
		options: [
			{
				name: 'Automatic',
				value: 'automatic',
				description:
					'Publishing the workflow registers the webhook at your OpenClaw gateway, unpublishing removes it',
			},
			{
				name: 'Manual',
				value: 'manual',
				description: 'Add the webhook to the configuration of your OpenClaw gateway yourself',
			},
		],
		description: 'How your OpenClaw gateway gets to know the URL of this webhook',
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
