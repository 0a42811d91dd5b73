import type { SQLInputValue } from 'node:sqlite';
import { TODAY } from '../store/clock';
import { inTransaction } from '../store/databaseAccess';
import type { Database, Row } from '../store/databaseAccess';
import type {
	InboundMessage,
	MessageOptions,
	MessageState,
	NewMessage,
	RunResult,
} from './message';

/** What became of a message that was to be added. */
export type Added =
	/** `known`: the same request came before, and this is what it led to. */
	| { readonly kind: 'added' | 'known'; readonly message: InboundMessage }
	/** Another message came with the same key: this one. */
	| { readonly kind: 'conflict'; readonly message: InboundMessage };

/**
 * Milliseconds that a message is put off at most. One that would wait longer was put off under a clock that
 * was wrong, or is looked at under one, and its time has come.
 */
export const MAX_PAUSE_MS = 60_000;
const IS_DUE = `next_at NOT BETWEEN ?1 + 1 AND ?1 + ${String(MAX_PAUSE_MS)}`;

/** Messages of one session run one after the other. */
const IS_HEAD = `seq IN (
	SELECT min(seq) FROM inbound_messages WHERE ended_at IS NULL GROUP BY session_key
)`;

/** The messages to agents in the database. */
export interface MessageStore {
	/** Adds a message, durably, or finds the one that was added with the same key. */
	add(message: NewMessage, now: number): Added;
	find(runId: string): InboundMessage | undefined;
	/** How many have not ended, of an endpoint where one is given. */
	countOpen(endpoint?: string): number;
	/** The oldest open message of each session, oldest first, as far as its time has come. */
	listDue(now: number, limit: number): readonly InboundMessage[];
	/** When the next of them will be due that is not due now. */
	nextDueAt(now: number): number | undefined;
	/** To be called before the gateway is asked: it may take the run and the process end at once. */
	markStarting(runId: string): void;
	/**
	 * Puts a message back.
	 *
	 * @param change `isTaken`: whether the gateway may have taken it
	 */
	postpone(runId: string, change: { readonly until: number; readonly isTaken: boolean }): void;
	/** Notes that somebody wants its end. */
	markCanceled(runId: string): void;
	/** Ends a message for good; says whether it was open. */
	end(runId: string, result: RunResult, now: number): boolean;
	/** Deletes what ended longer ago than this; says how many. */
	forget(retentionDays: number): number;
}

/** Opens the part of the database that holds messages to agents. */
export function openMessageStore(database: Database): MessageStore {
	const one = (sql: string, ...values: SQLInputValue[]) => database.prepare(sql).get(...values);
	const change = (sql: string, ...values: SQLInputValue[]) =>
		Number(database.prepare(sql).run(...values).changes);
	const findBy = (column: 'run_id' | 'request_key', value: string) =>
		one(`SELECT * FROM inbound_messages WHERE ${column} = ?`, value);

	return {
		add: (message, now) =>
			inTransaction(database, (): Added => {
				const { request } = message;
				const known = request && findBy('request_key', request.key);
				if (request !== undefined && known !== undefined) {
					const isSame = isEqual(known.request_hash, request.hash);
					return { kind: isSame ? 'known' : 'conflict', message: readMessage(known) };
				}
				const row = one(
					`INSERT INTO inbound_messages (run_id, caller, endpoint, agent_id, session_key, message, prompt,
						missing_paths, request_key, request_hash, options, state, created_at, next_at)
					VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', ?, ?) RETURNING *`,
					message.runId,
					message.caller,
					message.endpoint,
					message.agentId,
					message.sessionKey,
					message.message,
					message.prompt,
					JSON.stringify(message.missingPaths),
					request?.key ?? null,
					request?.hash ?? null,
					JSON.stringify(message.options),
					now,
					now,
				);
				return { kind: 'added', message: readMessage(row ?? {}) };
			}),
		find: (runId) => {
			const row = findBy('run_id', runId);
			return row && readMessage(row);
		},
		countOpen: (endpoint) => {
			const sql = 'SELECT count(*) AS open FROM inbound_messages WHERE ended_at IS NULL';
			const row = endpoint === undefined ? one(sql) : one(`${sql} AND endpoint = ?`, endpoint);
			return Number(row?.open);
		},
		listDue: (now, limit) =>
			database
				.prepare(
					`SELECT * FROM inbound_messages WHERE ${IS_HEAD} AND ${IS_DUE} ORDER BY seq LIMIT ?2`,
				)
				.all(now, limit)
				.map(readMessage),
		nextDueAt: (now) => {
			const sql = `SELECT min(next_at) AS next FROM inbound_messages WHERE ${IS_HEAD} AND NOT ${IS_DUE}`;
			const next = one(sql, now)?.next;
			return typeof next === 'number' ? next : undefined;
		},
		markStarting: (runId) => {
			change(
				"UPDATE inbound_messages SET state = 'running', starts = starts + 1 WHERE run_id = ?",
				runId,
			);
		},
		postpone: (runId, { until, isTaken }) => {
			change(
				`UPDATE inbound_messages SET state = 'queued', tries = tries + 1, next_at = ?,
					starts = starts - ? WHERE run_id = ? AND ended_at IS NULL`,
				until,
				isTaken ? 0 : 1,
				runId,
			);
		},
		markCanceled: (runId) => {
			change(
				'UPDATE inbound_messages SET is_canceled = 1 WHERE run_id = ? AND ended_at IS NULL',
				runId,
			);
		},
		end: (runId, result, now) =>
			// The prompt is only the message in a wrapping; neither it nor a secret is needed any more.
			change(
				`UPDATE inbound_messages SET state = ?, result = ?, ended_at = ?, ended_day = ${TODAY}, prompt = '',
					options = json_remove(options, '$.callback.secret')
				WHERE run_id = ? AND ended_at IS NULL`,
				result.ok ? 'done' : 'failed',
				JSON.stringify(result),
				now,
				runId,
			) > 0,
		forget: (retentionDays) =>
			change(`DELETE FROM inbound_messages WHERE ended_day < ${TODAY} - ?`, retentionDays),
	};
}

function isEqual(stored: Row[string] | undefined, hash: Uint8Array): boolean {
	return stored instanceof Uint8Array && Buffer.compare(stored, hash) === 0;
}

/** Reads a row of `inbound_messages`. */
export function readMessage(row: Row): InboundMessage {
	return {
		runId: String(row.run_id),
		caller: String(row.caller),
		endpoint: String(row.endpoint),
		agentId: String(row.agent_id),
		sessionKey: String(row.session_key),
		message: String(row.message),
		prompt: String(row.prompt),
		missingPaths: JSON.parse(String(row.missing_paths)) as string[],
		options: JSON.parse(String(row.options)) as MessageOptions,
		state: row.state as MessageState,
		tries: Number(row.tries),
		starts: Number(row.starts),
		isCanceled: row.is_canceled === 1,
		createdAt: Number(row.created_at),
		...(row.ended_at === null ? {} : { endedAt: Number(row.ended_at) }),
		...(row.result === null ? {} : { result: JSON.parse(String(row.result)) as RunResult }),
	};
}
