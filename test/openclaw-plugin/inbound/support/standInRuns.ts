import type { AgentRuns } from '../../../../openclaw-plugin/src/gatewayApi';
import type { TranscriptReader } from '../../../../openclaw-plugin/src/inbound/gatewayAnswers';

/** How a run goes; by default it replies with "Done". */
export type RunScript =
	| {
			readonly reply?: string;
			readonly usage?: { readonly input: number; readonly output: number };
	  }
	/** `run` throws. */
	| { readonly refuse: { readonly message: string; readonly code?: string } }
	/** The run ends with an error. */
	| { readonly fail: string }
	/** It goes on until `finish` is called. */
	| { readonly hang: true };

/** The run replies with "Done". */
export const DONE: RunScript = {};

/** A start of a run that the gateway was asked for. */
export interface Start {
	readonly runId: string;
	readonly model?: string;
	readonly sessionKey: string;
	readonly message: string;
	readonly deliver: boolean;
}

interface Run {
	result: Promise<unknown>;
	finish(result: unknown): void;
}

/** What `api.runtime.subagent` does, as far as it was seen to do it. */
export interface StandInRuns extends AgentRuns, TranscriptReader {
	/** All that was asked for, refused starts too. */
	readonly starts: readonly Start[];
	/** Most runs at once so far. */
	readonly mostAtOnce: number;
	answerBy(script: (start: Start) => RunScript): void;
	/** Ends a run that hangs. */
	finish(runId: string, reply: string): void;
	/** Ends a run that hangs with what `waitForRun` is to answer. */
	end(runId: string, answer: unknown): void;
	/** Forgets the runs, as a restart does; transcripts stay. */
	restart(): void;
	/** Adds to a session's transcript. */
	record(sessionKey: string, ...entries: unknown[]): void;
	/** Makes reading transcripts throw. */
	hideTranscripts(): void;
}

/** A message of the user as the gateway keeps it. */
export function userEntry(runId: string, content = 'text'): unknown {
	return { role: 'user', content, idempotencyKey: `${runId}:user` };
}

/** A reply as the gateway keeps it. */
export function replyEntry(text: string, more: Record<string, unknown> = {}): unknown {
	const usage = { input: 100, output: 22, cacheRead: 11, cacheWrite: 0 };
	return {
		role: 'assistant',
		content: [{ type: 'text', text }],
		usage,
		stopReason: 'stop',
		...more,
	};
}

/** What the gateway itself tells the agent after a restart. */
export const RESUMPTION = {
	role: 'user',
	content: '[System] Your previous turn was interrupted by a gateway restart',
	idempotencyKey: 'b7442a57:user',
	provenance: { kind: 'internal_system', sourceTool: 'main_session_restart_recovery' },
};

class GatewayError extends Error {
	constructor(
		message: string,
		readonly code: string | undefined,
	) {
		super(message);
	}
}

export function standInRuns(): StandInRuns {
	const starts: Start[] = [];
	const transcripts = new Map<string, unknown[]>();
	let runs = new Map<string, Run>();
	let script: (start: Start) => RunScript = () => ({});
	let isHidden = false;
	let open = 0;
	let mostAtOnce = 0;

	const record = (sessionKey: string, ...entries: unknown[]) => {
		transcripts.set(sessionKey, [...(transcripts.get(sessionKey) ?? []), ...entries]);
	};
	const ok = (text: string) => ({
		status: 'ok',
		endedAt: 1,
		terminalReply: { disposition: 'visible', text },
	});
	const begin = (start: Start, way: RunScript) => {
		open += 1;
		mostAtOnce = Math.max(mostAtOnce, open);
		let resolve: (result: unknown) => void = () => undefined;
		const result = new Promise<unknown>((settle) => {
			resolve = settle;
		});
		const finish = (end: unknown) => {
			open -= 1;
			resolve(end);
		};
		runs.set(start.runId, { result, finish });
		record(start.sessionKey, userEntry(start.runId, start.message));
		if ('hang' in way) return;
		setImmediate(() => {
			if ('fail' in way) finish({ status: 'error', error: way.fail });
			else {
				const text = 'reply' in way ? (way.reply ?? 'Done') : 'Done';
				record(start.sessionKey, replyEntry(text));
				finish(ok(text));
			}
		});
	};

	return {
		get starts() {
			return starts;
		},
		get mostAtOnce() {
			return mostAtOnce;
		},
		run: async ({ sessionKey, message, deliver = false, model, idempotencyKey = 'none' }) => {
			await Promise.resolve();
			const asked = { runId: idempotencyKey, sessionKey, message, deliver };
			const start: Start = model === undefined ? asked : { ...asked, model };
			starts.push(start);
			if (runs.has(start.runId)) return { runId: start.runId };
			const way = script(start);
			if ('refuse' in way) throw new GatewayError(way.refuse.message, way.refuse.code);
			begin(start, way);
			return { runId: start.runId };
		},
		waitForRun: async ({ runId, timeoutMs = 1000 }) => {
			const run = runs.get(runId);
			const over = new Promise((resolve) => {
				setTimeout(resolve, timeoutMs, { runId, status: 'timeout' }).unref();
			});
			return await (run === undefined ? over : Promise.race([run.result, over]));
		},
		getSessionMessages: async ({ sessionKey, limit = 1000 }) => {
			await Promise.resolve();
			if (isHidden)
				throw new GatewayError('agent unavailable during gateway startup', 'UNAVAILABLE');
			return { messages: (transcripts.get(sessionKey) ?? []).slice(-limit) };
		},
		answerBy: (next) => {
			script = next;
		},
		finish: (runId, reply) => runs.get(runId)?.finish(ok(reply)),
		end: (runId, answer) => runs.get(runId)?.finish(answer),
		restart: () => {
			runs = new Map();
			open = 0;
		},
		record,
		hideTranscripts: () => {
			isHidden = true;
		},
	};
}
