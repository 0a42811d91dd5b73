import { NodeOperationError } from 'n8n-workflow';
import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';

import { parseConfig } from '../../../protocol/config';
import type { WebhooksConfig } from '../../../protocol/config';
import type { GatewayAgent, GatewayEndpoint } from '../../../protocol/gateway';
import { agentChoices, listAgents, listEndpoints, searchChoices } from '../../shared/gatewayLists';
import type { ListAdvice } from '../../shared/gatewayLists';

/** The choices of 'Endpoint'. */
export async function searchEndpoints(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	const endpoints = await knownEndpoints(this);
	return searchChoices(
		endpoints.map(({ name, agentId }) => ({
			name: agentId === '' ? name : `${name} (${agentId})`,
			value: name,
		})),
		filter,
	);
}

/** The choices of 'Agent'. */
export async function searchAgents(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	return searchChoices(agentChoices(await knownAgents(this)), filter);
}

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
async function knownAgents(context: ILoadOptionsFunctions): Promise<readonly GatewayAgent[]> {
	const pasted = pastedConfig(context);
	return pasted === undefined
		? await listAgents(context, ADVICE)
		: pasted.agentIds.map((id) => ({ id }));
}

/**
 * What is pasted into the option 'Config (JSON5)'.
 *
 * @param context the `this` of a list method
 * @returns `undefined` when the option is empty; throws a `NodeOperationError` that names the place
 *   where the text cannot be read
 */
function pastedConfig(context: ILoadOptionsFunctions): WebhooksConfig | undefined {
	const text = context.getCurrentNodeParameter('options.config');
	if (typeof text !== 'string' || text.trim() === '') return undefined;
	const parsed = parseConfig(text);
	if (parsed.ok) return parsed.config;
	const { line, path, message } = parsed.issues[0];
	const place = line === undefined ? path : `Line ${String(line)}`;
	throw new NodeOperationError(
		context.getNode(),
		place === ''
			? "'Config (JSON5)' could not be read"
			: `${place} of 'Config (JSON5)' could not be read`,
		{ description: path === '' ? message : `'${path}' ${message}` },
	);
}
