import type { OpenClawEvent } from '../../index';
import { fillInExample, readExample, type ExampleName } from '../../testbed/exampleWorkflow';
import type { ImapStandIn } from '../../testbed/imapStandIn';
import type { N8nClient, Workflow } from '../../testbed/n8n/client';
import type { Execution } from '../../testbed/n8n/execution';
import { CREDENTIAL_TYPE } from '../../testbed/n8n/openclawNodes';
import { sendEvent, type RawAnswer } from '../../testbed/sendEvent';
import { credentialData } from '../../testbed/stack';
import { newSecret } from '../e2e/support/triggerWorkflow';

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

/** What an example is published with. */
export interface ExampleSystems {
	readonly gatewayUrl: string;
	/** Stands in for Slack, the CRM or the ticket system. */
	readonly outside: { readonly url: string };
	/** Stands in for the mail server. */
	readonly mailbox?: Pick<ImapStandIn, 'credential'>;
	/** Token of the plugin, for the trigger to register itself; without it events are sent by hand. */
	readonly accessToken?: string;
	/** Takes the place of the agents that the trigger is for. */
	readonly agentIds?: string;
}

/** Imports an example, fills in what its notes ask for and publishes it. */
export async function publishExample(
	n8n: N8nClient,
	name: ExampleName,
	{ gatewayUrl, outside, mailbox, accessToken, agentIds }: ExampleSystems,
): Promise<PublishedExample> {
	const signingSecret = newSecret();
	const access = accessToken === undefined ? { signingSecret } : { accessToken };
	const openClaw = await n8n.createCredential(CREDENTIAL_TYPE, credentialData(gatewayUrl, access));
	const headerAuth = await n8n.createCredential('httpHeaderAuth', OUTSIDE_HEADER);
	const imap = mailbox && (await n8n.createCredential('imap', mailbox.credential));
	const definition = fillInExample(readExample(name), {
		openClaw,
		headerAuth,
		outsideUrl: outside.url,
		...(imap === undefined ? {} : { imap }),
		...(accessToken === undefined ? { endpointSetup: 'manual' } : {}),
		...(agentIds === undefined ? {} : { agentIds }),
	});
	const workflow = await n8n.createWorkflow(definition);
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
