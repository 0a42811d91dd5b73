/** What `subagent.waitForRun` said about a run. */
export type WaitAnswer =
	| { readonly kind: 'running' }
	/** `reply` is absent where the gateway does not tell it. */
	| { readonly kind: 'ended'; readonly reply?: string }
	| { readonly kind: 'failed'; readonly error: string }
	/** The run itself ran out of time. */
	| { readonly kind: 'timed-out' };

/**
 * Reads the answer of `waitForRun`. A `timeout` is the end of the wait, or with an end of the run the
 * end of that.
 */
export function readWaitAnswer(value: unknown): WaitAnswer {
	if (typeof value !== 'object' || value === null) return { kind: 'running' };
	const { status, error, endedAt, stopReason, terminalReply } = value as Readonly<
		Record<string, unknown>
	>;
	if (status === 'ok') {
		const text =
			typeof terminalReply === 'object' && terminalReply !== null && 'text' in terminalReply
				? terminalReply.text
				: undefined;
		return { kind: 'ended', ...(typeof text === 'string' ? { reply: text } : {}) };
	}
	if (status === 'error') {
		const text = typeof error === 'string' && error.trim() !== '' ? error : 'no reason was given';
		return { kind: 'failed', error: text };
	}
	if (status !== 'timeout' || typeof endedAt !== 'number') return { kind: 'running' };
	return stopReason === 'rpc' || stopReason === 'stop'
		? { kind: 'failed', error: 'The run was stopped by hand' }
		: { kind: 'timed-out' };
}
