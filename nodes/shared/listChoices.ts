import type { INodeListSearchItems, INodeListSearchResult } from 'n8n-workflow';
import type { GatewayAgent } from '../../protocol/gateway';

/**
 * What a resource locator shows of a list, in the order of the alphabet.
 *
 * @param filter what has been typed into the search of the list
 */
export function searchChoices(
	choices: readonly INodeListSearchItems[],
	filter: string | undefined,
): INodeListSearchResult {
	const wanted = (filter ?? '').trim().toLowerCase();
	const results = choices.filter(({ name }) => name.toLowerCase().includes(wanted));
	return { results: results.sort((a, b) => a.name.localeCompare(b.name)) };
}

/**
 * Agents as choices, with the names that people call them by.
 *
 * @example
 * agentChoices([{ id: 'ops', name: 'Operations' }]); // [{ name: 'Operations (ops)', value: 'ops' }]
 */
export function agentChoices(agents: readonly GatewayAgent[]): INodeListSearchItems[] {
	return agents.map(({ id, name }) => {
		// n8n saves the shown text in the workflow, and takes one that starts so for an expression.
		const isShown = name !== undefined && name !== id && !name.startsWith('=');
		return { name: isShown ? `${name} (${id})` : id, value: id };
	});
}
