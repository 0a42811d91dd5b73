import type {
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
} from 'n8n-workflow';

import { listAgents, listEndpoints } from './gatewayLists';

/** The choices of 'Endpoint'. */
export async function searchEndpoints(
	this: ILoadOptionsFunctions,
	filter?: string,
): Promise<INodeListSearchResult> {
	const endpoints = await listEndpoints(this);
	return search(
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
	const agents = await listAgents(this);
	return search(
		agents.map(({ id, name }) => ({
			name: name === undefined || name === id ? id : `${name} (${id})`,
			value: id,
		})),
		filter,
	);
}

function search(
	choices: readonly INodeListSearchItems[],
	filter: string | undefined,
): INodeListSearchResult {
	const wanted = (filter ?? '').trim().toLowerCase();
	const results = choices.filter(({ name }) => name.toLowerCase().includes(wanted));
	return { results: results.sort((a, b) => a.name.localeCompare(b.name)) };
}
