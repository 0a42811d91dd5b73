import type { Database, Row } from '../store/databaseAccess';
import { GATEWAY_TOKEN } from '../tokens/tokens';
import { DIRECT } from './message';
import type { InboundMessage, MessageState } from './message';
import { readMessage } from './messageStore';
import { senderTypeOf } from './senderCall';

export { FILTERED, listRefusals } from './refusalStore';
export type { InboundRefusal } from './refusalStore';

/** What an operator sees of the calls that came in, and of what became of them. */

/** An accepted call in a list. */
export interface InboundCall {
	readonly runId: string;
	/** Milliseconds since 1970. */
	readonly createdAt: number;
	/** What people call the token that it came with, or the kind of sender that signed it; undefined once the token is revoked. */
	readonly caller?: string;
	/** Absent for a message to any agent. */
	readonly endpoint?: string;
	readonly agentId: string;
	readonly sessionKey: string;
	readonly state: MessageState;
	/** Beginning of what the agent was told. */
	readonly message: string;
	/** End of its reply. */
	readonly reply?: string;
	readonly error?: { readonly code: string; readonly message: string };
	readonly endedAt?: number;
}

/** An accepted call with all that is known about it. */
export interface InboundCallDetails extends InboundCall {
	readonly missingPaths: readonly string[];
	/** How often it was tried to start the run, without success. */
	readonly tries: number;
	readonly isDelivered: boolean;
	readonly model?: string;
	/** Origin that the result is sent to. */
	readonly callback?: string;
	/** The reply is only the beginning of it. */
	readonly truncated?: true;
}

export interface InboundQuery {
	readonly endpoint?: string;
	readonly state?: MessageState;
	/** At most; 20 unless given. */
	readonly limit?: number;
	/** Calls before this run only: the last one of the list before. */
	readonly before?: string;
}

const DEFAULT_LIMIT = 20;
const EXCERPT_LENGTH = 200;
const CALLS = `SELECT m.*, t.name AS caller_name
	FROM inbound_messages m LEFT JOIN tokens t ON t.id = m.caller`;

/** Lists accepted calls, the newest first. */
export function listInbound(database: Database, query: InboundQuery = {}): readonly InboundCall[] {
	const { endpoint = null, state = null, before = null, limit = DEFAULT_LIMIT } = query;
	return database
		.prepare(
			`${CALLS} WHERE (?1 IS NULL OR m.endpoint = ?1) AND (?2 IS NULL OR m.state = ?2)
			AND (?3 IS NULL OR m.seq < (SELECT seq FROM inbound_messages WHERE run_id = ?3))
			ORDER BY m.seq DESC LIMIT ?4`,
		)
		.all(endpoint, state, before, limit)
		.map((row) => {
			const call = readCall(row);
			const { reply, message } = call;
			return {
				...call,
				message: beginning(message),
				...(reply === undefined ? {} : { reply: end(reply) }),
			};
		});
}

/** Shows an accepted call, its message and reply whole. */
export function showInbound(database: Database, runId: string): InboundCallDetails | undefined {
	const row = database.prepare(`${CALLS} WHERE m.run_id = ?`).get(runId);
	if (row === undefined) return undefined;
	const { missingPaths, tries, options, result } = readMessage(row);
	return {
		...readCall(row),
		missingPaths,
		tries,
		isDelivered: options.deliver === true,
		...(options.model === undefined ? {} : { model: options.model }),
		...(options.callback === undefined ? {} : { callback: new URL(options.callback.url).origin }),
		...(result?.ok === true && result.truncated === true ? { truncated: true } : {}),
	};
}

function readCall(row: Row): InboundCall {
	const { runId, createdAt, endedAt, endpoint, agentId, sessionKey, state, ...message } =
		readMessage(row);
	const token = message.caller === GATEWAY_TOKEN ? 'hooks.token' : row.caller_name;
	const caller = senderTypeOf(message.caller) ?? token;
	return {
		runId,
		createdAt,
		...(typeof caller === 'string' ? { caller } : {}),
		...(endpoint === DIRECT ? {} : { endpoint }),
		agentId,
		sessionKey,
		state,
		message: message.message,
		...outcomeOf(message.result),
		...(endedAt === undefined ? {} : { endedAt }),
	};
}

function outcomeOf(result: InboundMessage['result']): Pick<InboundCall, 'reply' | 'error'> {
	if (result === undefined) return {};
	return result.ok
		? { reply: result.reply }
		: { error: { code: result.code, message: result.message } };
}

function beginning(text: string): string {
	return text.length > EXCERPT_LENGTH ? `${text.slice(0, EXCERPT_LENGTH).toWellFormed()}…` : text;
}

function end(text: string): string {
	return text.length > EXCERPT_LENGTH ? `…${text.slice(-EXCERPT_LENGTH).toWellFormed()}` : text;
}
