import { askAgent } from '../../testbed/askAgent';
import { at, textAt } from '../../testbed/json';
import type { N8n } from '../../testbed/n8n/instance';
import { triggerNode } from '../../testbed/n8n/openclawNodes';
import { chain, noOp, type CredentialReference } from '../../testbed/n8n/workflow';
import { settledCpuTimeMs } from '../cpuTime';
import { endpointOf, type FeedingGateway } from './feed';

/** As many as n8n lists at once. */
export const HOOK_ROUNDS = 100;
const WARM_UP = 10;
const FIRST_NODE = 'First Node';

/** Milliseconds of one event's way to the user's first node. */
export interface HookToNode {
	/** From the gateway's hook to the start of the node behind the trigger. */
	readonly totalMs: number;
	/** Of these the plugin, the connection and the trigger. */
	readonly oursMs: number;
}

/** Lets agents of an idle gateway call a tool, one after the other, while an idle n8n waits for that. */
export async function measureHookToNode(
	n8n: N8n,
	{ gateway }: FeedingGateway,
	credential: CredentialReference,
	note: (text: string) => void,
): Promise<readonly HookToNode[]> {
	const trigger = triggerNode(credential, {
		events: ['tool.called'],
		endpointSetup: 'connection',
	});
	const workflow = await n8n.client.createWorkflow({
		name: 'Hook to first node',
		nodes: [trigger, noOp(FIRST_NODE)],
		connections: chain(trigger.name, FIRST_NODE),
	});
	await n8n.client.publish(workflow);
	await endpointOf(gateway, workflow.id);
	for (let round = -WARM_UP; round < HOOK_ROUNDS; round += 1) {
		note(`event ${String(round + 1)}`);
		await askAgent(gateway.url, { text: 'Look around [[tool]]' });
		await settledCpuTimeMs(n8n.pid);
	}
	const executions = await n8n.client.waitForExecutions(workflow, HOOK_ROUNDS);
	await n8n.client.deleteWorkflow(workflow);
	return executions.slice(-HOOK_ROUNDS).map((execution) => {
		const event = execution.json(trigger.name)[0];
		const run = (node: string, figure: string) =>
			Number(at(execution.resultData, 'runData', node, 0, figure));
		const happenedAt = Date.parse(textAt(event, 'timestamp'));
		const verifiedAt = Date.parse(textAt(event, 'meta', 'verifiedAt'));
		return {
			totalMs: run(FIRST_NODE, 'startTime') - happenedAt,
			oursMs: verifiedAt - happenedAt + run(trigger.name, 'executionTime'),
		};
	});
}
