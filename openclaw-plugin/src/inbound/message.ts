import type { Usage } from '../events/run';
import { createEventId } from '../protocol';

/**
 * `queued`: waits for its turn. `running`: was handed to the gateway, or may have been when the process
 * ended. `done` and `failed` are final.
 */
export type MessageState = 'queued' | 'running' | 'done' | 'failed';

/** Where the result is sent. */
export type MessageCallback =
	/** Signed by the secrets of an endpoint, and in its queue. */
	| { readonly url: string; readonly endpoint: string }
	/** Signed by a secret of its own. */
	| { readonly url: string; readonly secret: string; readonly allowPrivateHosts: boolean };

/** What the sender asked for besides. */
export interface MessageOptions {
	/** The gateway delivers the reply to the conversation that the session belongs to. */
	readonly deliver?: true;
	/** Somebody waits for the result: what it cost is looked up, too. */
	readonly detailed?: true;
	/** Of the run, instead of the agent's own. */
	readonly model?: string;
	readonly callback?: MessageCallback;
	readonly origin?: MessageOrigin;
}

/** What has caused a message. */
export interface MessageOrigin {
	/** What the sender names itself, such as a workflow. */
	readonly source?: string;
	/** Runs of agents that led to this one, itself included. */
	readonly hops: number;
}

/** In the place of an endpoint's name, which never holds a slash. */
export const DIRECT = 'direct/message';

/** A message to an agent as it was posted. */
export interface NewMessage {
	/** `run_…`; becomes the id of the agent's run. */
	readonly runId: string;
	/** Id of the token that it came with. */
	readonly caller: string;
	/** Name of the inbound endpoint; {@link DIRECT} for a message to any agent. */
	readonly endpoint: string;
	readonly agentId: string;
	readonly sessionKey: string;
	/** The filled-in template. */
	readonly message: string;
	/** What the agent is given: the message, marked as coming from outside. */
	readonly prompt: string;
	/** Values that the template uses and the request did not have. */
	readonly missingPaths: readonly string[];
	readonly options: MessageOptions;
	/** By what the same request is recognized when it comes again. */
	readonly request?: { readonly key: string; readonly hash: Uint8Array };
}

/** A message as it is kept. Times are milliseconds since 1970. */
export interface InboundMessage extends Omit<NewMessage, 'request'> {
	readonly state: MessageState;
	/** How often it was tried to start the run, without success. */
	readonly tries: number;
	/** How often the gateway took it, or may have: it refuses to start the same run id twice. */
	readonly starts: number;
	/** Whether somebody has asked for its end. */
	readonly isCanceled: boolean;
	readonly createdAt: number;
	readonly endedAt?: number;
	/** Present once it is done or failed. */
	readonly result?: RunResult;
}

/**
 * Why a message led to no reply: the gateway has no such agent or would not start the run (`refused`),
 * could not for a day (`not-started`), the run failed (`agent-failed`), took too long (`agent-timeout`),
 * a restart of the gateway cut it off and it was not taken up again (`interrupted`), or who sent it has
 * canceled it (`canceled`).
 */
export type FailureCode =
	| 'refused'
	| 'not-started'
	| 'agent-failed'
	| 'agent-timeout'
	| 'interrupted'
	| 'canceled';

/** How a run ended. */
export type RunResult =
	| {
			readonly ok: true;
			readonly reply: string;
			/** The gateway gave the beginning of the reply only. */
			readonly truncated?: true;
			/** Of all model calls of the run. */
			readonly usage?: Usage;
	  }
	| { readonly ok: false; readonly code: FailureCode; readonly message: string };

/** Makes the id of a message and of the run it leads to: `run_` and 26 characters, ascending in time. */
export function createRunId(): string {
	return createEventId().replace(/^evt_/, 'run_');
}

/**
 * The run id by which the gateway knows the n-th start of a message: the message's own for the first, so
 * that the events of the run carry it.
 *
 * @example
 * gatewayRunId('run_1', 2); // 'run_1.2'
 */
export function gatewayRunId(runId: string, start: number): string {
	return start <= 1 ? runId : `${runId}.${String(start)}`;
}
