import { HAND_ON } from '../../../trials/compare/candidate';
import { countSetUp } from '../../../trials/compare/setUp';
import { builtInWebhook, verifyingNodes } from '../../../testbed/n8n/handBuiltNodes';
import { triggerNode } from '../../../testbed/n8n/openclawNodes';
import { chain, node, type WorkflowNode } from '../../../testbed/n8n/workflow';

const reference = { id: '1', name: 'credential' };
const workflow = (...nodes: WorkflowNode[]) => ({
	name: 'Workflow',
	nodes: [
		...nodes,
		node(HAND_ON, 'n8n-nodes-base.httpRequest', 4.2, { url: 'http://x', a: '={{ 1 }}' }),
	],
	connections: chain(...nodes.map(({ name }) => name), HAND_ON),
});

describe('what has to be set up', () => {
	it("leaves out the user's own node", () => {
		expect(
			countSetUp({
				way: 'sent',
				definition: workflow(triggerNode(reference)),
				filled: { signingSecret: 'whsec_1' },
				endpoint: { secret: 'whsec_1' },
			}),
		).toEqual({ steps: 3, nodes: 1, parameters: 3, expressions: 0, copied: 2 });
	});

	it('takes no endpoint at the gateway where events are fetched, but its address and a token', () => {
		const trigger = { ...triggerNode(reference), parameters: { events: ['*'] } };
		expect(
			countSetUp({
				way: 'fetched',
				definition: workflow(trigger),
				filled: { gatewayUrl: 'http://gateway', accessToken: 'ocw_1' },
			}),
		).toEqual({ steps: 3, nodes: 1, parameters: 3, expressions: 0, copied: 2 });
	});

	it('counts name and value of a header, but not the path that the editor makes up', () => {
		expect(
			countSetUp({
				way: 'sent',
				definition: workflow(builtInWebhook({ authentication: 'headerAuth' }).webhook),
				filled: { name: 'X-Token', value: 'secret' },
				endpoint: { headers: { 'X-Token': 'secret' } },
			}),
		).toEqual({ steps: 3, nodes: 1, parameters: 4, expressions: 0, copied: 3 });
	});

	it("counts a condition's two sides and its operator", () => {
		const count = (conditions: Parameters<typeof verifyingNodes>[1]) =>
			countSetUp({
				way: 'sent',
				definition: workflow(...verifyingNodes(reference, conditions)),
				filled: {},
				endpoint: {},
			});
		const plain = count({});
		expect(plain).toEqual({ steps: 5, nodes: 3, parameters: 8, expressions: 3, copied: 1 });
		const condition = {
			leftValue: '={{ 1 }}',
			rightValue: 2,
			operator: { type: 'number', operation: 'lte' },
		};
		expect(count({ conditions: [condition] })).toEqual({
			...plain,
			parameters: 11,
			expressions: 4,
		});
	});
});
