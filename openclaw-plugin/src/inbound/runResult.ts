import type { Usage } from '../events/usage';

/** Tokens that a run used, over all its model calls. */
export type RunUsage = Usage;

/**
 * Why a message led to no reply: the gateway has no such agent or would not start the run (`refused`),
 * could not for a day (`not-started`), the run failed (`agent-failed`), took too long (`agent-timeout`),
 * or a restart of the gateway cut it off and it was not taken up again (`interrupted`).
 */
export type FailureCode =
	| 'refused'
	| 'not-started'
	| 'agent-failed'
	| 'agent-timeout'
	| 'interrupted';

/** How a run ended. */
export type RunResult =
	| { readonly ok: true; readonly reply: string; readonly usage?: RunUsage }
	| { readonly ok: false; readonly code: FailureCode; readonly message: string };
