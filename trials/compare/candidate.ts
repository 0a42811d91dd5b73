import type { JsonObject } from '../../testbed/json';
import type { Workflow } from '../../testbed/n8n/client';
import type { WorkflowDefinition } from '../../testbed/n8n/workflow';

/** Ways to receive events in n8n; also the path at the sink that a workflow hands its events on to. */
export type CandidateKey = 'connection' | 'trigger' | 'headerAuth' | 'chain' | 'carefulChain';

/** The first node that is the user's own, behind everything that receives and verifies. */
export const HAND_ON = 'Hand On';

interface AnyCandidate {
	readonly key: CandidateKey;
	/** What it is called in the tables. */
	readonly letter: 'A' | 'B' | 'C' | 'D' | 'E';
	readonly title: string;
	readonly definition: WorkflowDefinition;
	/** Name of the node that receives. */
	readonly receiver: string;
	/** What the user fills in in the credential. */
	readonly filled: JsonObject;
}

/** Events are sent to a webhook. */
export interface SentCandidate extends AnyCandidate {
	readonly way: 'sent';
	/** Path of a built-in Webhook. */
	readonly path?: string;
	/** What the gateway's endpoint has besides name, URL and events. */
	readonly endpoint: {
		readonly secret?: string;
		readonly headers?: Readonly<Record<string, string>>;
	};
}

/** n8n fetches the events, and makes the endpoint itself. */
export interface FetchedCandidate extends AnyCandidate {
	readonly way: 'fetched';
}

/** A way to receive events. */
export type Candidate = SentCandidate | FetchedCandidate;

/** A candidate whose workflow is published. */
export interface SentReceiver extends SentCandidate {
	readonly workflow: Workflow;
	readonly url: string;
}

/** A candidate whose workflow is published. */
export interface FetchedReceiver extends FetchedCandidate {
	readonly workflow: Workflow;
	/** Name of what it has registered at the gateway. */
	readonly registered: string;
}

export type Receiver = SentReceiver | FetchedReceiver;
