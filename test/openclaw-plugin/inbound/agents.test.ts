import { describeMissingAgents, listAgents } from '../../../openclaw-plugin/src/inbound/agents';
import { ARTICLE_ENDPOINTS, inboundConfig } from './support/inboundGateway';

it.each([
	[undefined, [{ id: 'main' }]],
	[{}, [{ id: 'main' }]],
	[{ agents: { entries: [] } }, [{ id: 'main' }]],
	[
		{ agents: { entries: { main: {}, ops: { identity: { name: 'Operations' } }, x: null } } },
		[{ id: 'main' }, { id: 'ops', name: 'Operations' }, { id: 'x' }],
	],
	[
		{ agents: { list: [{ id: 'a' }, { id: 'b', name: 'Bee' }, { name: 'none' }, 7] } },
		[{ id: 'a' }, { id: 'b', name: 'Bee' }],
	],
])('%j defines %j', (config, agents) => {
	expect(listAgents(config)).toEqual(agents);
});

it('tells of endpoints whose agent does not exist', () => {
	const inbound = inboundConfig({ endpoints: ARTICLE_ENDPOINTS });
	const agents = [{ id: 'Alert-Handler' }, { id: 'support-bot' }];
	expect(describeMissingAgents(inbound, agents)).toEqual([
		{
			path: 'inbound.endpoints["deploy"].agentId',
			message:
				"The inbound endpoint 'deploy' is for the agent 'devops-agent', which this gateway does not have",
		},
	]);
});
