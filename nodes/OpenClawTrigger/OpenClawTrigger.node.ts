import type {
	IExecuteFunctions,
	IHookFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import { testOpenClawApi } from '../shared/credentialTest';
import { isRegistered, unregisterEndpoint } from './automaticSetup';
import { PROPERTIES, TRIGGER_PANEL, WEBHOOK } from './description';
import { isAutomatic, prepareEndpoint } from './endpointSetup';
import { getAgents, getChannels } from './methods/filterLists';
import { getGatewayConfig } from './methods/gatewayConfig';
import { OUTPUTS_EXPRESSION } from './outputs';
import { receiveEvent } from './receive';
import { routeEvents } from './route';

export class OpenClawTrigger implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'OpenClaw Trigger',
		name: 'openClawTrigger',
		icon: { light: 'file:../../icons/openclaw.svg', dark: 'file:../../icons/openclaw.dark.svg' },
		group: ['trigger'],
		// For webhook nodes of version 1 n8n evaluates an expression of its own in every request, forged
		// ones too, which costs an isolate; and it reads bodies of any type and size before the node can.
		// So new nodes are 1.1, which differs in nothing else; 1 is for workflows made without the editor.
		version: [1, 1.1],
		defaultVersion: 1.1,
		subtitle:
			'={{$parameter["events"].includes("*") ? "All events" : $parameter["events"].join(", ")}}',
		description: 'Starts the workflow when something happens in OpenClaw',
		eventTriggerDescription: 'Waiting for an event from your OpenClaw gateway',
		activationMessage: 'Your OpenClaw gateway can now send events to this workflow.',
		triggerPanel: TRIGGER_PANEL,
		defaults: { name: 'OpenClaw Trigger' },
		inputs: [],
		outputs: OUTPUTS_EXPRESSION,
		credentials: [{ name: 'openClawApi', required: true, testedBy: 'testOpenClawApi' }],
		webhooks: [WEBHOOK],
		properties: PROPERTIES,
	};

	methods = {
		credentialTest: { testOpenClawApi },
		loadOptions: { getAgents, getChannels },
		resourceMapping: { getGatewayConfig },
	};

	webhookMethods = {
		default: {
			/** Not on publishing: what is checked then has to be checked each time. */
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return await Promise.resolve(isAutomatic(this) && isRegistered(this));
			},
			async create(this: IHookFunctions): Promise<boolean> {
				return await prepareEndpoint(this);
			},
			/** With manual setup, the owner of the gateway removes what the owner added. */
			async delete(this: IHookFunctions): Promise<boolean> {
				if (isAutomatic(this)) await unregisterEndpoint(this);
				return true;
			},
		},
	};

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await receiveEvent(this);
	}

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await routeEvents(this);
	}
}
