import type { N8nClient, Workflow } from '../../testbed/n8n/client';
import type { Progress } from '../../testbed/progress';
import type { ScriptedModel } from '../../testbed/scriptedModel';

/** What the message is sent with. */
export interface Sender {
	readonly client: N8nClient;
	readonly workflow: Workflow;
	/** The manual trigger that starts the sending half. */
	readonly startName: string;
	readonly inboundName: string;
	readonly model: ScriptedModel;
}

/**
 * Lets n8n answer: a POST to `/webhooks/inbound/<name>` becomes a message to an agent. Shows what its
 * model was asked and answered.
 *
 * @throws Error when the message doesn't arrive as n8n says it was sent
 */
export async function showMessage(sender: Sender, progress: Progress): Promise<void> {
	const { client, workflow, startName, inboundName, model } = sender;
	const item = await progress.step('n8n posts to /webhooks/inbound/alert', async () => {
		const execution = await client.runToEnd(workflow, startName);
		const [sent] = execution.json(inboundName);
		if (execution.status !== 'success' || sent === undefined) {
			throw new Error(`n8n could not send the message: ${execution.errorMessage}`);
		}
		return sent;
	});
	progress.line(`   n8n sent to agent '${String(item.agentId)}':  ${String(item.message)}`);
	progress.line(`   the gateway's run:  ${String(item.runId)}`);

	const asked = await progress.step('Waiting until the agent has asked its model', async () =>
		model.waitForRequest(({ message }) => message === item.message, { timeoutMs: 90_000 }),
	);
	progress.line(`   the model of agent '${asked.agentId}' was asked:  ${asked.message}`);
	const answer = asked.reply.kind === 'text' ? asked.reply.text : `(${asked.reply.kind})`;
	progress.line(`   and answered:  ${answer}`);
	if (asked.agentId !== item.agentId) throw new Error('The message reached another agent');
}
