import { setTimeout as delay } from 'node:timers/promises';
import type { AgentRuns } from '../gatewayApi';
import { judgeEnded, judgeThrown, readTurn, readWaitAnswer } from './gatewayAnswers';
import type { RunFault, TranscriptReader, Turn } from './gatewayAnswers';
import { gatewayRunId } from './message';
import type { FailureCode, InboundMessage, RunResult } from './message';
import type { MessageStore } from './messageStore';

/** What became of a message. */
export type RunOutcome =
	| { readonly kind: 'ended'; readonly result: RunResult }
	/** To be tried again; `isTaken` as in {@link RunFault}. */
	| { readonly kind: 'postponed'; readonly message: string; readonly isTaken: boolean }
	/** The runner ends; the run may well go on. */
	| { readonly kind: 'left' };

/** Milliseconds. */
export interface RunTiming {
	/** How long the gateway is asked to wait for the end of a run at once. */
	readonly waitMs: number;
	/** Between two looks whether the gateway's own recovery has brought a reply. */
	readonly recoveryPollMs: number;
	/** How long that may take. */
	readonly recoveryLimitMs: number;
	/** Until the database is tried again when it could not be read or written. */
	readonly storeRetryMs: number;
	/** Between two tries to end a run that somebody has canceled: it may not have begun. */
	readonly cancelMs: number;
}

/**
 * Ends a run that is at work.
 *
 * @param runId the gateway's own
 * @returns false where it is not at work, or cannot be ended now
 */
export type StopRun = (runId: string) => Promise<boolean>;

export const RUN_TIMING: RunTiming = {
	waitMs: 30_000,
	recoveryPollMs: 2000,
	recoveryLimitMs: 600_000,
	storeRetryMs: 5000,
	cancelMs: 500,
};

/** What running a message takes. */
export interface RunTools {
	readonly runs: AgentRuns & Partial<TranscriptReader>;
	readonly messages: MessageStore;
	/** See `Signals`. */
	readonly started: Map<string, string>;
	readonly now: () => number;
	readonly timing: RunTiming;
	/** Absent where the gateway has no way. */
	readonly stopRun?: StopRun | undefined;
	/** Ends waiting, not the run. */
	readonly signal: AbortSignal;
	/** Ends the run. */
	readonly canceled: AbortSignal;
}

/** How a message ends that somebody has canceled. */
export const CANCELED = {
	ok: false,
	code: 'canceled',
	message: 'The run was canceled by who sent the message',
} as const satisfies RunResult;

/**
 * Brings a message to its agent and waits for the reply; never throws.
 *
 * A message that was running when the process ended is not simply started again: the gateway resumes by
 * itself the turns that a crash of its own has cut off. The session's transcript tells whether the agent
 * has the message already.
 */
export async function runMessage(message: InboundMessage, tools: RunTools): Promise<RunOutcome> {
	if (message.state === 'queued' && tools.canceled.aborted) return CANCELED_OUTCOME;
	if (message.state === 'running') {
		const outcome = await takeUp(message, tools);
		if (outcome !== undefined) return outcome;
	}
	return await startRun(message, tools);
}

/** Undefined when the agent never got the message. */
async function takeUp(message: InboundMessage, tools: RunTools): Promise<RunOutcome | undefined> {
	const { now, timing, signal } = tools;
	const known = tools.started.get(message.runId);
	if (known !== undefined) return await followUnlessCanceled(message, known, tools);
	const deadline = now() + timing.recoveryLimitMs;
	let isBegun = false;
	do {
		const turn = await lookUp(message, tools);
		if (turn?.kind === 'absent') return undefined;
		if (turn?.kind === 'answered') return replied(turn.reply, turn);
		isBegun ||= turn?.kind === 'begun';
		await pause(timing.recoveryPollMs, signal);
		if (signal.aborted) return { kind: 'left' };
	} while (now() < deadline);
	if (!isBegun) return undefined;
	return failed(
		'interrupted',
		'A restart of the gateway cut the run off. Whether the agent finished it is not known',
	);
}

async function startRun(message: InboundMessage, tools: RunTools): Promise<RunOutcome> {
	const { runs, messages, signal } = tools;
	const { sessionKey, prompt, options } = message;
	const runId = gatewayRunId(message.runId, message.starts + 1);
	if (signal.aborted) return { kind: 'left' };
	messages.markStarting(message.runId);
	tools.started.set(message.runId, runId);
	try {
		const deliver = options.deliver === true;
		const { model } = options;
		const asked = { sessionKey, message: prompt, deliver, idempotencyKey: runId };
		await runs.run(model === undefined ? asked : { ...asked, model });
	} catch (error) {
		return toOutcome(judgeThrown(error, message.agentId), 'refused');
	}
	return await followUnlessCanceled(message, runId, tools);
}

const CANCELED_OUTCOME: RunOutcome = { kind: 'ended', result: CANCELED };

/** Who cancels a run that ends by itself meanwhile gets its reply. */
async function followUnlessCanceled(
	message: InboundMessage,
	runId: string,
	tools: RunTools,
): Promise<RunOutcome> {
	const over = new AbortController();
	const signal = AbortSignal.any([tools.signal, over.signal]);
	const end = { isMade: false };
	const stop = async () => {
		while (!signal.aborted) {
			end.isMade = (await tools.stopRun?.(runId).catch(() => false)) ?? false;
			if (end.isMade) return;
			await pause(tools.timing.cancelMs, signal);
		}
	};
	const onCancel = () => void stop();
	tools.canceled.addEventListener('abort', onCancel);
	if (tools.canceled.aborted) onCancel();
	const outcome = await followRun(message, runId, tools);
	tools.canceled.removeEventListener('abort', onCancel);
	over.abort();
	if (outcome.kind === 'left') return outcome;
	const isInVain = outcome.kind === 'postponed' && tools.canceled.aborted;
	return end.isMade || isInVain ? CANCELED_OUTCOME : outcome;
}

async function followRun(
	message: InboundMessage,
	runId: string,
	tools: RunTools,
): Promise<RunOutcome> {
	const { runs, timing, signal } = tools;
	for (;;) {
		const asked = runs.waitForRun({ runId, timeoutMs: timing.waitMs }).then(readWaitAnswer);
		const answer = await unlessAborted(asked, signal);
		if (signal.aborted) return { kind: 'left' };
		if (answer?.kind === 'ended') return await describeReply(message, answer.reply, tools);
		if (answer?.kind === 'failed') return toOutcome(judgeEnded(answer.error), 'agent-failed');
		if (answer?.kind === 'timed-out') {
			return failed('agent-timeout', 'The agent ran out of time');
		}
		const turn = await lookUp(message, tools);
		if (turn?.kind === 'answered') return replied(turn.reply, turn);
		if (answer === undefined) await pause(timing.recoveryPollMs, signal);
	}
}

/** The whole reply, and what it cost where somebody waits to know. */
async function describeReply(
	message: InboundMessage,
	told: string | undefined,
	tools: RunTools,
): Promise<RunOutcome> {
	if (told !== undefined && !isCut(told) && message.options.detailed !== true) return replied(told);
	const found = await lookUp(message, tools);
	const turn = found?.kind === 'answered' ? found : undefined;
	if (told === undefined) return replied(turn?.reply ?? '', turn);
	if (!isCut(told)) return replied(told, turn);
	const whole = turn === undefined ? undefined : findWhole(told, turn);
	return whole === undefined ? replied(told, turn, true) : replied(whole, turn);
}

/** The gateway cuts a reply after 4,096 characters, and ends it so; blanks before that are gone. */
const CUT_LENGTH = 4000;
const CUT_END = '…';

function isCut(text: string): boolean {
	return text.length >= CUT_LENGTH && text.endsWith(CUT_END);
}

/** The text of the turn that the gateway has cut; undefined when none begins so. */
function findWhole(cut: string, { reply, texts }: AnsweredTurn): string | undefined {
	const beginning = cut.slice(0, -CUT_END.length);
	return [reply, ...['\n\n', '\n', ''].map((between) => texts.join(between))]
		.map((text) => text.trim())
		.find((text) => text.startsWith(beginning));
}

type AnsweredTurn = Extract<Turn, { kind: 'answered' }>;

function replied(
	reply: string,
	turn?: Pick<AnsweredTurn, 'usage'>,
	isTruncated = false,
): RunOutcome {
	const usage = turn?.usage;
	const result: RunResult = {
		ok: true,
		reply,
		...(isTruncated ? { truncated: true } : {}),
		...(usage === undefined ? {} : { usage }),
	};
	return { kind: 'ended', result };
}

function failed(code: FailureCode, message: string): RunOutcome {
	return { kind: 'ended', result: { ok: false, code, message } };
}

/** Undefined when the transcript cannot be read now. */
async function lookUp(message: InboundMessage, { runs }: RunTools): Promise<Turn | undefined> {
	if (runs.getSessionMessages === undefined) return { kind: 'absent' };
	const reader = { getSessionMessages: runs.getSessionMessages.bind(runs) };
	const runIds = Array.from({ length: message.starts + 1 }, (_, index) =>
		gatewayRunId(message.runId, index + 1),
	);
	try {
		return await readTurn(reader, message.sessionKey, runIds);
	} catch {
		return undefined;
	}
}

function toOutcome(fault: RunFault, code: FailureCode): RunOutcome {
	const { message } = fault;
	return fault.kind === 'final'
		? failed(code, message)
		: { kind: 'postponed', message, isTaken: fault.isTaken };
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
	await delay(milliseconds, undefined, { signal }).catch(() => undefined);
}

/** The value, or undefined when there is none or the signal came first. */
async function unlessAborted<Value>(
	value: Promise<Value>,
	signal: AbortSignal,
): Promise<Value | undefined> {
	return await new Promise((resolve) => {
		const finish = (result?: Value) => {
			signal.removeEventListener('abort', onAbort);
			resolve(result);
		};
		const onAbort = () => {
			finish();
		};
		signal.addEventListener('abort', onAbort);
		value.then(finish, onAbort);
		if (signal.aborted) finish();
	});
}
