import { addUsage, parseUsage } from '../events/usage';
import type { RunUsage } from './runResult';

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
	| { readonly kind: 'answered'; readonly reply: string; readonly usage?: RunUsage };

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

function sumUsage(turn: readonly JsonObject[]): RunUsage | undefined {
	return turn
		.map(({ usage }) => (isObject(usage) ? parseUsage(usage) : undefined))
		.reduce(addUsage, undefined);
}

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
