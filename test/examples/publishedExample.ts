import type { OpenClawEvent } from '../../index';
import type { HttpSink } from '../../testbed/httpSink';
import type { N8nClient, Workflow } from '../../testbed/n8n/client';
import type { Execution } from '../../testbed/n8n/execution';
import { CREDENTIAL_TYPE } from '../../testbed/n8n/openclawNodes';
import { sendEvent, type RawAnswer } from '../../testbed/sendEvent';
import { credentialData } from '../../testbed/stack';
import { newSecret } from '../e2e/support/triggerWorkflow';
import { fillInExample, readExample, type ExampleName } from './exampleWorkflow';

/** The header that the outside systems expect, and that the ticket system sends. */
export const OUTSIDE_HEADER = { name: 'X-API-Key', value: 'key-of-the-outside-system' } as const;

/** A published example. */
export interface PublishedExample {
	readonly workflow: Workflow;
	/** Sends a signed event to a trigger. */
	readonly send: (trigger: string, event: OpenClawEvent) => Promise<RawAnswer>;
	/** Sends events one after the other; returns their executions, which all succeeded, oldest first. */
	readonly run: (trigger: string, events: readonly OpenClawEvent[]) => Promise<Execution[]>;
	/** Runs it by hand, on what is pinned to the trigger. */
	readonly runByHand: (trigger: string) => Promise<Execution>;
	readonly remove: () => Promise<void>;
}

/**
 * Imports an example, fills in what its notes ask for and publishes it.
 *
 * @param gatewayUrl for OpenClaw Inbound
 * @param outside stands in for Slack, the CRM or the ticket system
 */
export async function publishExample(
	n8n: N8nClient,
	name: ExampleName,
	{ gatewayUrl, outside }: { readonly gatewayUrl: string; readonly outside: HttpSink },
): Promise<PublishedExample> {
	const signingSecret = newSecret();
	const openClaw = await n8n.createCredential(
		CREDENTIAL_TYPE,
		credentialData(gatewayUrl, { signingSecret }),
	);
	const headerAuth = await n8n.createCredential('httpHeaderAuth', OUTSIDE_HEADER);
	const setup = { openClaw, headerAuth, outsideUrl: outside.url };
	const workflow = await n8n.createWorkflow(fillInExample(readExample(name), setup));
	await n8n.publish(workflow);
	const send = async (trigger: string, event: OpenClawEvent) =>
		sendEvent(n8n.webhookUrl(workflow, trigger), { event, secret: signingSecret });
	return {
		workflow,
		send,
		run: async (trigger, events) => {
			for (const event of events) {
				const { status, text } = await send(trigger, event);
				if (text !== '{"received":true}') throw new Error(`Answered ${status}: ${text}`);
			}
			const executions = await n8n.waitForExecutions(workflow, events.length);
			const failed = executions.find(({ status }) => status !== 'success');
			if (failed !== undefined) throw new Error(`${failed.status}: ${failed.errorMessage}`);
			if (executions.length !== events.length) throw new Error('An event ran more than once');
			return executions;
		},
		runByHand: async (trigger) => n8n.runToEnd(workflow, trigger),
		remove: async () => n8n.deleteWorkflow(workflow),
	};
}
