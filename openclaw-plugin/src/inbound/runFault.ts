/** Why a run could not be started, or did not come to its end. */
export type RunFault =
	/** It never will. */
	| { readonly kind: 'final'; readonly message: string }
	/** It may later. `isTaken`: whether the gateway knows the run's id now, and would refuse it. */
	| { readonly kind: 'passing'; readonly message: string; readonly isTaken: boolean };

const MAX_LENGTH = 300;

/** What a gateway says while it starts, stops, or has something else to do in the session. */
const PASSING = [
	/unavailable during gateway/i,
	/gateway is draining/i,
	/GatewayDraining/i,
	/SESSION_WORK_START_CHANGED/,
	/lost active execution context/i,
	/authority closed/i,
	/missing scope/i,
];
/** The gateway took this run id once, and the run ended before the agent had the message. */
const TAKEN = /^Pending input/i;
const NO_AGENT = [/^Agent ".*" no longer exists/, /unknown agent/i, /Invalid explicit agent id/];

/**
 * Judges what `subagent.run` threw. The texts and codes are those of OpenClaw 2026.9.6; what is not
 * known counts as passing.
 *
 * @param agentId named in the message when the gateway does not have it
 */
export function judgeThrown(error: unknown, agentId: string): RunFault {
	const message = toLine(error instanceof Error ? error.message : String(error));
	if (NO_AGENT.some((pattern) => pattern.test(message))) {
		const text = `The gateway has no agent '${agentId}'. Add it to the gateway's agents, or change 'agentId' of the inbound endpoint`;
		return { kind: 'final', message: text };
	}
	const isPassing = PASSING.some((pattern) => pattern.test(message));
	const code = error instanceof Error && 'code' in error ? error.code : undefined;
	if (code === 'INVALID_REQUEST' && !isPassing) {
		return { kind: 'final', message: `The gateway did not start the agent: ${message}` };
	}
	return { kind: 'passing', message, isTaken: TAKEN.test(message) };
}

/** Judges the error with which a run ended. */
export function judgeEnded(error: string): RunFault {
	const message = toLine(error);
	return PASSING.some((pattern) => pattern.test(message))
		? { kind: 'passing', message, isTaken: true }
		: { kind: 'final', message };
}

/** One line that fits into an answer and a log. */
function toLine(text: string): string {
	const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
	return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH)}…` : line;
}
