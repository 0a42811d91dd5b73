import type { ILoadOptionsFunctions } from 'n8n-workflow';
import type { GatewayAgent, GatewayEndpoint } from '../../../protocol/gateway';
import { listAgents, listEndpoints } from '../../shared/gatewayLists';
import type { ListAdvice } from '../../shared/gatewayLists';
import { pastedConfig } from './pastedConfig';

const ADVICE: ListAdvice = {
	withoutCredential: {
		message: "Choose a credential, or paste openclaw.json5 into the option 'Config (JSON5)'",
		description: 'The list comes from the gateway or from its configuration.',
	},
	withoutList:
		"Choose 'By ID' instead, or paste the gateway's openclaw.json5 into 'Config (JSON5)' in the options.",
};

/** The inbound endpoints, from the pasted `openclaw.json5` if there is one, else from the gateway. */
export async function knownEndpoints(
	context: ILoadOptionsFunctions,
): Promise<readonly GatewayEndpoint[]> {
	const pasted = pastedConfig(context);
	if (pasted === undefined) return await listEndpoints(context, ADVICE);
	const endpoints = Object.entries(pasted.inbound?.endpoints ?? {});
	return endpoints.map(([name, { agentId, template }]) => ({ name, agentId, template }));
}

/** The agents, from the pasted `openclaw.json5` if there is one, else from the gateway. */
export async function knownAgents(
	context: ILoadOptionsFunctions,
): Promise<readonly GatewayAgent[]> {
	const pasted = pastedConfig(context);
	return pasted === undefined
		? await listAgents(context, ADVICE)
		: pasted.agentIds.map((id) => ({ id }));
}
