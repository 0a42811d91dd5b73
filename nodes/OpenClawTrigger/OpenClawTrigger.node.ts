import type {
	IExecuteFunctions,
	IHookFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
	ITriggerFunctions,
	ITriggerResponse,
	IWebhookFunctions,
	IWebhookResponseData,
} from 'n8n-workflow';
import { testOpenClawApi } from '../shared/credentialTest';
import { getAgents, getChannels } from './description/filters';
import { PROPERTIES, TRIGGER_PANEL, WEBHOOK } from './description/properties';
import { OUTPUTS_EXPRESSION } from './event/outputs';
import { routeEvents } from './event/route';
import { readSetup } from './event/settings';
import { connect } from './fetch/connect';
import { receiveEvent } from './receive/receive';
import { isRegistered, registerEndpoint, unregisterEndpoint } from './setup/automatic';
import { checkFileAccess, checkParameters, checkSecret } from './setup/check';
import { getGatewayConfig } from './setup/manual';

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
			'={{$parameter["events"].includes("*") ? "All events" : [].concat($parameter["events"]).join(", ")}}',
		description: 'Starts the workflow when something happens in OpenClaw',
		eventTriggerDescription: 'Waiting for an event from your OpenClaw gateway',
		activationMessage: 'Events of your OpenClaw gateway now run this workflow.',
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
				return readSetup(this) === 'automatic' && (await isRegistered(this));
			},
			async create(this: IHookFunctions): Promise<boolean> {
				checkParameters(this);
				if (readSetup(this) === 'automatic') {
					await registerEndpoint(this);
				} else {
					await checkSecret(this);
					await checkFileAccess(this);
				}
				return true;
			},
			/** With manual setup, the owner of the gateway removes what the owner added. */
			async delete(this: IHookFunctions): Promise<boolean> {
				if (readSetup(this) === 'automatic') await unregisterEndpoint(this);
				return true;
			},
		},
	};

	/** Fetches the events of a connection. */
	async trigger(this: ITriggerFunctions): Promise<ITriggerResponse> {
		return await connect(this);
	}

	/** Receives an event that is sent. */
	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await receiveEvent(this);
	}

	/** Begins each execution, however its events came. */
	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return await routeEvents(this);
	}
}
