import { agentChoices, searchChoices } from '../../../nodes/shared/gatewayLists';

test('shows no name that n8n would take for an expression', () => {
	const agents = [
		{ id: 'ops', name: 'Operations' },
		{ id: 'odd', name: '={{ 1 }}' },
	];
	expect(searchChoices(agentChoices(agents), undefined).results).toEqual([
		{ name: 'odd', value: 'odd' },
		{ name: 'Operations (ops)', value: 'ops' },
	]);
});
