/** What became of a delivery. */
export type DeliveryState = 'pending' | 'delivered' | 'failed';

/** An event in the plugin's outbox. */
export interface EmittedEvent {
	readonly id: string;
	readonly type: string;
	/** `''` where the event names none. */
	readonly agentId: string;
	readonly userId: string;
	/** Its delivery to n8n; undefined when the plugin made none. */
	readonly n8n: DeliveryState | undefined;
	readonly receiver: DeliveryState | undefined;
}

/** An execution of the workflow. */
export interface RunEntry {
	readonly executionId: string;
	/** The event it was started with; undefined when n8n's row does not tell. */
	readonly eventId: string | undefined;
	readonly status: string;
	/** Whether the trigger has put nothing out: it knew the event already. */
	readonly isEmpty: boolean;
	/** Whether a node behind the trigger ran, or began to. */
	readonly ranDownstream: boolean;
	/** Milliseconds since 1970. */
	readonly startedAt: number;
	/** The run id with which the plugin took the message that the execution posted. */
	readonly toldRunId: string | undefined;
	/** Whether posting a message failed for good. */
	readonly couldNotTell: boolean;
}

/** A message to an agent that the plugin has taken. */
export interface TakenMessage {
	readonly runId: string;
	/** The numbered text that the agent is told of. */
	readonly text: string;
	/** `queued`, `running`, `done` or `failed`. */
	readonly state: string;
}
