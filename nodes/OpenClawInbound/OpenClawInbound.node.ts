import { NodeConnectionTypes } from 'n8n-workflow';
import type {
	IExecuteFunctions,
	INodeExecutionData,
	INodeType,
	INodeTypeDescription,
} from 'n8n-workflow';

import { testOpenClawApi } from '../shared/credentialTest';
import { inboundProperties } from './description';
import { searchAgents, searchEndpoints } from './methods/listSearch';
import { getTemplateFields } from './methods/resourceMapping';
import { sendItems } from './sendItems';

export class OpenClawInbound implements INodeType {
	description: INodeTypeDescription = {
		displayName: 'OpenClaw Inbound',
		name: 'openClawInbound',
		icon: { light: 'file:../../icons/openclaw.svg', dark: 'file:../../icons/openclaw.dark.svg' },
		group: ['output'],
		version: 1,
		subtitle:
			'={{ ($parameter.operation === "wake" ? "Wake" : "Send") + ((target) => target ? ": " + target : "")($parameter.operation === "wake" || $parameter.source === "define" ? $parameter.agent : $parameter.endpoint) }}',
		description: 'Tell an OpenClaw agent something',
		defaults: { name: 'OpenClaw Inbound' },
		usableAsTool: true,
		inputs: [NodeConnectionTypes.Main],
		outputs: [NodeConnectionTypes.Main],
		credentials: [{ name: 'openClawApi', required: true, testedBy: 'testOpenClawApi' }],
		properties: inboundProperties,
	};

	methods = {
		credentialTest: { testOpenClawApi },
		listSearch: { searchAgents, searchEndpoints },
		resourceMapping: { getTemplateFields },
	};

	async execute(this: IExecuteFunctions): Promise<INodeExecutionData[][]> {
		return [await sendItems(this)];
	}
}
