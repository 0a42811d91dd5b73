import { randomBytes } from 'node:crypto';
import type { OpenClawEvent } from '../../index';
import type { N8nClient } from '../../testbed/n8n/client';
import type { Progress } from '../../testbed/progress';
import { sendEvent } from '../../testbed/sendEvent';
import type { PublishedWorkflow } from './publishedWorkflow';

/**
 * Sends an event that was signed with another secret, and shows that n8n doesn't run it.
 *
 * @param event a real one, to forge
 * @throws Error when it is not refused
 */
export async function showForgery(
	client: N8nClient,
	{ workflow, triggerName }: PublishedWorkflow,
	event: OpenClawEvent,
	progress: Progress,
): Promise<void> {
	const before = (await client.executions(workflow)).length;
	const { status } = await progress.step('Somebody sends one with a forged signature', async () =>
		sendEvent(client.webhookUrl(workflow, triggerName), {
			event: { ...event, id: `${event.id}x` },
			secret: randomBytes(16).toString('hex'),
		}),
	);
	const after = (await client.executions(workflow)).length;
	if (status !== 401 || after !== before) {
		throw new Error(`The forged ${event.type} was not refused: ${String(status)}`);
	}
	progress.line(`   ${event.type.padEnd(18)} ${String(status)}   no execution`);
}
