import type { ILoadOptionsFunctions, INodePropertyOptions } from 'n8n-workflow';
import { agentChoices, listAgents, listChannels, searchChoices } from '../../shared/gatewayLists';
import type { ListAdvice } from '../../shared/gatewayLists';

const ADVICE: ListAdvice = {
	withoutCredential: {
		message: 'Choose a credential first',
		description:
			"The list comes from the gateway. Without it add 'Agent IDs' or 'Channels' and type.",
	},
	withoutList: "Add 'Agent IDs' or 'Channels' instead and type the IDs.",
};

/** The choices of 'Agents From List'. */
export async function getAgents(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
	return searchChoices(agentChoices(await listAgents(this, ADVICE)), undefined).results;
}

/** The choices of 'Channels From List'. */
export async function getChannels(this: ILoadOptionsFunctions): Promise<INodePropertyOptions[]> {
	const channels = await listChannels(this, ADVICE);
	return searchChoices(
		channels.map(({ id }) => ({ name: id, value: id })),
		undefined,
	).results;
}
