import { NodeConnectionTypes } from 'n8n-workflow';
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
import { inboundProperties } from './description/properties';
import { searchAgents, searchEndpoints } from './methods/listSearch';
import { getTemplateFields } from './methods/resourceMapping';
import { decideApprovals } from './operations/decide';
import { getRuns } from './operations/getRun';
import { RESUME_WEBHOOK, resumeExecution } from './operations/resume';
import { sendItems } from './operations/send';
import { sendAndWait } from './operations/sendAndWait';

export class OpenClawInbound implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'OpenClaw Inbound',
		name: 'openClawInbound',
		icon: { light: 'file:../../icons/openclaw.svg', dark: 'file:../../icons/openclaw.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle:
			'={{ ($parameter.operation === "wake" ? "Wake" : $parameter.operation === "sendAndWait" ? "Ask" : $parameter.operation === "getRun" ? "Get Run" : $parameter.operation === "decide" ? "Decide" : "Send") + ((target) => target ? ": " + target : "")($parameter.operation === "getRun" ? $parameter.runId : $parameter.operation === "decide" ? $parameter.decision : $parameter.operation === "wake" || $parameter.source === "define" ? $parameter.agent : $parameter.endpoint) }}',
		description: 'Tell an OpenClaw agent something, or decide on its tool calls',
		defaults: { name: 'OpenClaw Inbound' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'openClawApi', required: true, testedBy: 'testOpenClawApi' }],
		webhooks: [RESUME_WEBHOOK],
		waitingNodeTooltip: 'Execution will continue when OpenClaw brings the answer',
		properties: inboundProperties,
	};

	methods = {
		credentialTest: { testOpenClawApi },
		listSearch: { searchAgents, searchEndpoints },
		resourceMapping: { getTemplateFields },
	};

	/** The webhook only resumes executions; n8n registers nothing for it when a workflow is published. */
	webhookMethods = {
		default: {
			async checkExists(this: IHookFunctions): Promise<boolean> {
				return await Promise.resolve(true);
			},
			async create(this: IHookFunctions): Promise<boolean> {
				return await Promise.resolve(true);
			},
			async delete(this: IHookFunctions): Promise<boolean> {
				return await Promise.resolve(true);
			},
		},
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		const operation = this.getNodeParameter('operation', 0);
		if (operation === 'sendAndWait') return [await sendAndWait(this)];
		if (operation === 'decide') return [await decideApprovals(this)];
		return [operation === 'getRun' ? await getRuns(this) : await sendItems(this)];
	}

	async webhook(this: IWebhookFunctions): Promise<IWebhookResponseData> {
		return await resumeExecution(this);
	}
}
