import { listAgents } from '../../../openclaw-plugin/src/inbound/agents';

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
