import type { ILoadOptionsFunctions, INodeListSearchResult } from 'n8n-workflow';
import { agentChoices, searchChoices } from '../../shared/gatewayLists';
import { knownAgents, knownEndpoints } from './choices';

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
