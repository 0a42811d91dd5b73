import { errorText } from '../logger';
import { addUsage, parseUsage } from '../events/run';
import type { Usage } from '../events/run';
import { isObject } from '../protocol';
import type { JsonObject } from '../protocol';

/**
 * What the gateway says about a run, in words of ours: what starting it throws, what waiting for it
 * answers, and what the session's transcript tells. Texts, codes and forms are those of OpenClaw 2026.9.6.
 */

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
 * Judges what `subagent.run` threw. What is not known counts as passing.
 *
 * @param agentId named in the message when the gateway does not have it
 */
export function judgeThrown(error: unknown, agentId: string): RunFault {
	const message = toLine(errorText(error));
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

/** What `subagent.waitForRun` said about a run. */
export type WaitAnswer =
	| { readonly kind: 'running' }
	/** `reply` is absent where the gateway does not tell it, and cut after 4,096 characters. */
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

/** Reads a session's messages, oldest first: `api.runtime.subagent` has it. */
export interface TranscriptReader {
	getSessionMessages(input: {
		sessionKey: string;
		limit?: number;
	}): Promise<{ messages: readonly unknown[] }>;
}

/** What a session's transcript says about one message. */
export type Turn =
	/** The agent never got it. */
	| { readonly kind: 'absent' }
	/** The agent has it, and has not replied so far. */
	| { readonly kind: 'begun' }
	| {
			readonly kind: 'answered';
			/** What the agent said last. */
			readonly reply: string;
			/** All that it said in the turn, between calls of tools, in order. */
			readonly texts: readonly string[];
			readonly usage?: Usage;
	  };

/** As many as the gateway gives at once. */
const MESSAGES = 1000;

/** By this the gateway marks the message with which it resumes a turn after its own restart. */
const RESUMED_BY = 'main_session_restart_recovery';

/**
 * Looks in the transcript for the turn that a message began. The gateway keeps with each message of a
 * user the id of the run it started, so this is exact.
 *
 * @param runIds all ids under which the message may have been started
 * @throws whatever the gateway throws when the transcript cannot be read
 */
export async function readTurn(
	reader: TranscriptReader,
	sessionKey: string,
	runIds: readonly string[],
): Promise<Turn> {
	const { messages } = await reader.getSessionMessages({ sessionKey, limit: MESSAGES });
	const entries = messages.filter(isObject);
	const keys = new Set(runIds.map((runId) => `${runId}:user`));
	const start = entries.findLastIndex(
		(entry) => entry.role === 'user' && keys.has(String(entry.idempotencyKey)),
	);
	// A turn so long that its beginning is out of sight: better wait in vain than run it twice.
	if (start < 0) return { kind: messages.length < MESSAGES ? 'absent' : 'begun' };
	const rest = entries.slice(start + 1);
	const next = rest.findIndex((entry) => entry.role === 'user' && !isResumption(entry));
	const turn = (next < 0 ? rest : rest.slice(0, next)).filter(
		(entry) => entry.role === 'assistant',
	);
	const last = turn.at(-1);
	// With tools still to be called, or after a failure, the gateway goes on.
	if (last?.stopReason !== 'stop' && last?.stopReason !== 'length') return { kind: 'begun' };
	const usage = sumUsage(turn);
	return {
		kind: 'answered',
		reply: textOf(last.content),
		texts: turn.map(({ content }) => textOf(content)).filter((text) => text !== ''),
		...(usage === undefined ? {} : { usage }),
	};
}

function isResumption({ provenance }: JsonObject): boolean {
	return isObject(provenance) && provenance.sourceTool === RESUMED_BY;
}

function textOf(content: unknown): string {
	if (typeof content === 'string') return content;
	if (!Array.isArray(content)) return '';
	return content
		.filter(isObject)
		.flatMap(({ type, text }) => (type === 'text' && typeof text === 'string' ? [text] : []))
		.join('\n');
}

function sumUsage(turn: readonly JsonObject[]): Usage | undefined {
	return turn
		.map(({ usage }) => (isObject(usage) ? parseUsage(usage) : undefined))
		.reduce(addUsage, undefined);
}
