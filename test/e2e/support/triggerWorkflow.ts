import { randomBytes } from 'node:crypto';
import { capturedEvent } from '../../../testbed/capturedEvents';
import type { JsonObject } from '../../../testbed/json';
import { isQueueMode } from '../../../testbed/n8n/anyInstance';
import type { N8nClient, Workflow } from '../../../testbed/n8n/client';
import type { Execution } from '../../../testbed/n8n/execution';
import { CREDENTIAL_TYPE, triggerNode } from '../../../testbed/n8n/openclawNodes';
import { chain, noOp, type CredentialReference } from '../../../testbed/n8n/workflow';
import { USUAL_SIZE } from '../../../testbed/queue/instance';
import { sendEvent, type Delivery, type RawAnswer } from '../../../testbed/sendEvent';
import { credentialData } from '../../../testbed/stack';
import { waitFor } from '../../../testbed/waitFor';

/** Name of the trigger node in these workflows. */
export const TRIGGER = 'OpenClaw Trigger';

/**
 * Processes of the shared n8n that receive events. Each keeps the copies that reach it from starting an
 * execution.
 */
export const RECEIVERS = isQueueMode() ? USUAL_SIZE.processors : 1;

/** A published workflow: OpenClaw Trigger, then a node that shows what arrives. */
export interface TriggerWorkflow {
	readonly workflow: Workflow;
	readonly credential: CredentialReference;
	readonly secret: string;
	/** Production address. */
	readonly url: string;
	/** Address while the workflow listens for a test event. */
	readonly testUrl: string;
	/** Sends to the production address, signed with the workflow's secret unless told otherwise. */
	send(delivery: Partial<Delivery>): Promise<RawAnswer>;
	/** Waits until the workflow has `count` executions; returns all, oldest first. */
	executions(count: number): Promise<Execution[]>;
	/**
	 * Executions that exist now. It sends one more event and waits for that one's execution, so that
	 * whatever an earlier request may have caused is there too; that one isn't in the list.
	 */
	executionsSoFar(): Promise<Execution[]>;
}

/** Makes a signing secret. */
export function newSecret(): string {
	return `whsec_${randomBytes(24).toString('base64url')}`;
}

/**
 * Creates a credential and a workflow with the trigger, and publishes it.
 *
 * @param parameters of the trigger, what differs from: all events, one output
 * @param secret value of the credential's *Signing Secret*
 * @example
 * const hook = await publishTrigger(n8n, { options: { includeHeaders: true } });
 * const answer = await hook.send({ event: capturedEvent('message.sent') });
 */
export async function publishTrigger(
	n8n: N8nClient,
	parameters: JsonObject = {},
	secret = newSecret(),
): Promise<TriggerWorkflow> {
	const credential = await n8n.createCredential(
		CREDENTIAL_TYPE,
		credentialData('http://127.0.0.1:9', { accessToken: '', signingSecret: secret }),
	);
	const workflow = await n8n.createWorkflow({
		name: `Trigger ${credential.id}`,
		nodes: [triggerNode(credential, parameters, TRIGGER), noOp('Arrived')],
		connections: chain(TRIGGER, 'Arrived'),
	});
	await n8n.publish(workflow);
	const url = n8n.webhookUrl(workflow, TRIGGER);
	const send = async (delivery: Partial<Delivery>) => sendEvent(url, { secret, ...delivery });
	return {
		workflow,
		credential,
		secret,
		url,
		testUrl: n8n.webhookUrl(workflow, TRIGGER, 'webhook-test'),
		send,
		executions: async (count) => n8n.waitForExecutions(workflow, count),
		executionsSoFar: async () => {
			const marker = capturedEvent('message.received');
			const answer = await send({ event: marker });
			if (answer.status !== 200) throw new Error(`The marker got ${String(answer.status)}`);
			const isMarker = (execution: Execution) =>
				execution.json(TRIGGER).some((item) => item.id === marker.id);
			return await waitFor("the marker's execution", async () => {
				const all = await n8n.waitForExecutions(workflow, 1);
				return all.some(isMarker) && all.filter((execution) => !isMarker(execution));
			});
		},
	};
}
