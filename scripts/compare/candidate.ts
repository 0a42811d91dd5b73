import type { JsonObject } from '../../testbed/json';
import type { Workflow } from '../../testbed/n8n/client';
import type { WorkflowDefinition } from '../../testbed/n8n/workflow';

/** Ways to receive events in n8n; also the path at the sink that a workflow hands its events on to. */
export type CandidateKey = 'trigger' | 'headerAuth' | 'chain' | 'carefulChain';

/** The first node that is the user's own, behind everything that receives and verifies. */
export const HAND_ON = 'Hand On';

/** A way to receive events. */
export interface Candidate {
	readonly key: CandidateKey;
	/** What it is called in the tables. */
	readonly letter: 'A' | 'B' | 'C' | 'D';
	readonly title: string;
	readonly definition: WorkflowDefinition;
	/** Name of the node that receives. */
	readonly receiver: string;
	/** Path of a built-in Webhook. */
	readonly path?: string;
	/** What the user fills in in the credential. */
	readonly filled: JsonObject;
	/** What the gateway's endpoint has besides name, URL and events. */
	readonly endpoint: {
		readonly secret?: string;
		readonly headers?: Readonly<Record<string, string>>;
	};
}

/** A candidate whose workflow is published. */
export interface Receiver extends Candidate {
	readonly workflow: Workflow;
	readonly url: string;
}
