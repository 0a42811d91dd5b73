import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { eventState } from '../events/eventState';
import type { AgentRuns, Logger } from '../gatewayApi';
import type { ErrorData } from '../protocol';
import { outboxClock } from '../store/clock';
import { inTransaction } from '../store/databaseAccess';
import type { Database } from '../store/databaseAccess';
import { CANCELED, RUN_TIMING, runMessage } from './agentRun';
import type { RunOutcome, RunTiming, StopRun } from './agentRun';
import type { TranscriptReader } from './gatewayAnswers';
import { DIRECT } from './message';
import type { InboundMessage, RunResult } from './message';
import { MAX_PAUSE_MS, openMessageStore } from './messageStore';
import { forgetRefusals } from './refusalStore';
import { signalsOf } from './signals';
import { errorText } from '../logger';

/** Runs the messages that were posted to inbound endpoints. */
export interface AgentRunner {
	/**
	 * Begins, with what an earlier life of the gateway left over. To be called by a service: the gateway
	 * lets nobody else start runs.
	 */
	start(): void;
	/** Ends within some seconds; runs go on in the gateway, and are taken up by the next runner. */
	stop(): Promise<void>;
}

/** A message that has come to its end. */
export interface EndedMessage extends InboundMessage {
	readonly endedAt: number;
	readonly result: RunResult;
}

export interface AgentRunnerOptions {
	/** See `dataFolder`. */
	readonly folder: string;
	readonly database: Database;
	/** `api.runtime.subagent`. */
	readonly runs: AgentRuns & Partial<TranscriptReader>;
	/** See `RunTools`. */
	readonly stopRun?: StopRun;
	/**
	 * Tells of messages for which no run was started. For runs that fail the gateway's own hooks tell.
	 */
	readonly emit: (type: 'error.occurred', data: ErrorData) => void;
	/** Called for each message that has come to its end; what it writes is written with that, or not. */
	readonly onEnded?: (message: EndedMessage) => void;
	readonly logger: Logger;
	/** Days that ended messages are kept; a repeated request is recognized that long. */
	readonly retentionDays: number;
	/** Runs at once, one per session. */
	readonly maxSessions?: number;
	/** Milliseconds, the clock of the data folder unless given. */
	readonly now?: () => number;
	readonly timing?: Partial<RunTiming>;
}

const MAX_SESSIONS = 4;
const CLEAN_EVERY_MS = 3_600_000;
/**
 * Milliseconds that starting runs get to come to an end: a gateway that waits for 5 s restarts itself, and
 * with it every agent that is at work.
 */
const STOP_LIMIT_MS = 2000;
/** Milliseconds for which it is tried to start a run. */
const GIVE_UP_AFTER_MS = 86_400_000;
const FIRST_PAUSE_MS = 1000;

/**
 * Makes the runner of agent turns: the oldest message of each session first, one at a time in a
 * session, some sessions at once. What the gateway refuses for now (it starts, drains, or is busy in
 * that session) is tried again for a day.
 *
 * @example
 * const runner = createAgentRunner({ folder, database, runs: api.runtime.subagent, emit, logger, retentionDays });
 * api.registerService({ id: 'inbound', start: () => runner.start(), stop: () => runner.stop() });
 */
export function createAgentRunner(options: AgentRunnerOptions): AgentRunner {
	const { logger, maxSessions = MAX_SESSIONS } = options;
	const clock = outboxClock(options.folder);
	const { now = () => clock.now() } = options;
	const messages = openMessageStore(options.database);
	const signals = signalsOf(options.folder);
	const timing = { ...RUN_TIMING, ...options.timing };
	const active = new Map<string, Promise<void>>();
	/** By run id: ends the run of a message that is at work. */
	const cancels = new Map<string, AbortController>();
	let life: AbortController | undefined;
	let timer: NodeJS.Timeout | undefined;
	let cleanAt = 0;

	const end = (message: InboundMessage, result: RunResult) => {
		const endedAt = now();
		inTransaction(options.database, () => {
			if (!messages.end(message.runId, result, endedAt)) return;
			options.onEnded?.({ ...message, endedAt, result });
		});
		signals.announce(message.runId);
	};
	const fail = (message: InboundMessage, failure: Extract<RunResult, { ok: false }>) => {
		const { endpoint, agentId, sessionKey, runId } = message;
		end(message, failure);
		const from = endpoint === DIRECT ? `message to '${agentId}'` : `inbound endpoint '${endpoint}'`;
		logger.warn(`${from}: ${failure.message} (${runId})`);
		if (failure.code !== 'refused' && failure.code !== 'not-started') return;
		const error = { message: failure.message, code: `inbound-${failure.code}`, source: 'inbound' };
		options.emit('error.occurred', { agentId, sessionKey, runId, error });
	};
	const finish = (message: InboundMessage, outcome: RunOutcome) => {
		if (outcome.kind === 'left') return;
		if (outcome.kind === 'ended') {
			if (outcome.result.ok) end(message, outcome.result);
			else fail(message, outcome.result);
		} else if (now() - message.createdAt >= GIVE_UP_AFTER_MS) {
			const text = `The gateway could not start the agent for a day: ${outcome.message}`;
			fail(message, { ok: false, code: 'not-started', message: text });
		} else {
			const until = retryAt(now(), message.tries);
			messages.postpone(message.runId, { until, isTaken: outcome.isTaken });
			if (message.tries === 0) logger.info(`${message.runId} is tried later: ${outcome.message}`);
			signals.announce(message.runId);
		}
	};
	const run = async (message: InboundMessage, signal: AbortSignal) => {
		const cancel = new AbortController();
		cancels.set(message.runId, cancel);
		if (message.isCanceled) cancel.abort();
		try {
			const { started } = signals;
			const { runs, stopRun } = options;
			const canceled = cancel.signal;
			const tools = { runs, stopRun, messages, started, now, timing, signal, canceled };
			const outcome = await runMessage(message, tools);
			finish(message, outcome);
			if (outcome.kind !== 'left') started.delete(message.runId);
		} catch (error) {
			logger.error(`${message.runId} is tried later: ${errorText(error)}`);
			// Without a pause a full disk would be tried over and over.
			await delay(timing.storeRetryMs, undefined, { signal }).catch(() => undefined);
		} finally {
			cancels.delete(message.runId);
		}
	};
	const cancelRun = (runId: string) => {
		const atWork = cancels.get(runId);
		if (atWork !== undefined) {
			atWork.abort();
			return;
		}
		const message = messages.find(runId);
		if (message?.state === 'queued' && message.starts === 0) fail(message, CANCELED);
	};
	const launchDue = (signal: AbortSignal): number | undefined => {
		// One time for both questions: what came due between two would be neither due nor waited for.
		const time = now();
		if (time >= cleanAt) {
			cleanAt = time + CLEAN_EVERY_MS;
			messages.forget(options.retentionDays);
			forgetRefusals(options.database);
		}
		for (const message of messages.listDue(time, maxSessions + active.size)) {
			if (active.size >= maxSessions) return undefined;
			if (active.has(message.sessionKey)) continue;
			const done = run(message, signal).then(() => {
				active.delete(message.sessionKey);
				pump();
			});
			active.set(message.sessionKey, done);
		}
		return messages.nextDueAt(time);
	};
	const pump = () => {
		clearTimeout(timer);
		if (life === undefined || life.signal.aborted) return;
		let nextAt: number | undefined;
		try {
			nextAt = launchDue(life.signal);
		} catch (error) {
			logger.error(`messages to agents wait: ${errorText(error)}`);
			nextAt = now() + timing.storeRetryMs;
		}
		// At the latest when old messages are due to be forgotten.
		const wait = Math.min(nextAt ?? cleanAt, cleanAt) - now();
		timer = setTimeout(pump, Math.max(wait, 1)).unref();
	};

	let silence: (() => void) | undefined;
	return {
		start() {
			if (life !== undefined) return;
			life = new AbortController();
			// A route that wakes the runner has no right to start runs; the service that started it does.
			const asService = AsyncLocalStorage.snapshot();
			silence = signals.listen({
				wake: () => {
					asService(pump);
				},
				cancel: (runId) => {
					asService(cancelRun, runId);
				},
			});
			pump();
		},
		async stop() {
			silence?.();
			clearTimeout(timer);
			life?.abort();
			life = undefined;
			const limit = new Promise((resolve) => setTimeout(resolve, STOP_LIMIT_MS).unref());
			await Promise.race([Promise.all(active.values()), limit]);
		},
	};
}

/** A pause of one second, then twice as long each time, up to a minute. */
function retryAt(now: number, tries: number): number {
	return now + Math.min(FIRST_PAUSE_MS * 2 ** Math.min(tries, 10), MAX_PAUSE_MS);
}

/** Ends what is at work in a session, through the gateway's SDK; false where nothing is. */
export type StopSession = (sessionKey: string) => Promise<boolean>;

/**
 * Makes the function that ends a run. The gateway's SDK ends what is at work in a session, whichever run that is, so it is
 * asked only while the gateway's own events say that the session's run is this one.
 *
 * @param folder see `dataFolder`
 * @example
 * const stopRun = createRunStop(folder, stopActiveRun);
 * await stopRun('run_01jbw2v6c8qf6t5m3k9d7x2h4e');
 */
export function createRunStop(folder: string, stopSession: StopSession): StopRun {
	const state = eventState(folder, () => performance.now());
	return async (runId) => {
		const run = state.runs.get(runId);
		const sessionKey = run?.place.sessionKey;
		if (sessionKey === undefined || run?.end !== undefined) return false;
		return state.runOfSession.get(sessionKey) === runId && (await stopSession(sessionKey));
	};
}
