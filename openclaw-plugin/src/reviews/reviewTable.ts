import type { MessageCallback } from '../inbound/message';
import { TODAY } from '../store/clock';
import { asText, optional } from '../store/databaseAccess';
import type { Database, Row } from '../store/databaseAccess';
import type { ChatPlace } from './chatPlace';
import type { ReviewDecision } from './question';
import { MAX_TIMEOUT_SECONDS } from './reviewRequest';

/** What somebody asks a person. Times are milliseconds since 1970. */
export interface ReviewRequest {
	readonly message: string;
	readonly place: ChatPlace;
	/** The session whose chat it is, where that was asked for. */
	readonly sessionKey?: string;
	/** Ids of the people in the chat whose answer counts; all who may command the bot there when absent. */
	readonly approvers?: readonly string[];
	readonly expiresAt: number;
	/** Where the answer is sent. */
	readonly callback: MessageCallback;
}

/** A question to a person, and what has become of it. */
export interface Review extends ReviewRequest {
	/** `rev_…`, of which nobody in the chat hears. */
	readonly id: string;
	/** What the answer names; it stands in that chat alone. */
	readonly code: string;
	/** Whether the chat has it. */
	readonly isAsked: boolean;
	readonly decision?: ReviewDecision;
	/** Who has answered: the id in the channel. */
	readonly by?: string;
}

/** Names the request that has asked, so that the same one may be repeated when its answer got lost. */
export interface ReviewKey {
	/** Id of the token. */
	readonly caller: string;
	readonly key?: string | undefined;
}

/** The table of questions to people. All functions throw what the database throws. */
export interface ReviewTable {
	insert(id: string, code: string, request: ReviewRequest, from: ReviewKey, now: number): void;
	find(id: string): Review | undefined;
	findByCode(code: string): Review | undefined;
	findByKey(from: ReviewKey): Review | undefined;
	/** Notes that the chat has it. */
	markAsked(id: string, now: number): void;
	/** Takes the answer, if there is none yet, and forgets the secret of the callback; says whether this was the first. */
	resolve(id: string, decision: ReviewDecision, by: string | undefined): boolean;
	/** Deletes what was asked more than so many days ago, and can't be answered any more. */
	forget(retentionDays: number): void;
}

const LONGEST_DAYS = Math.ceil(MAX_TIMEOUT_SECONDS / 86_400) + 1;

/** What of a question is kept as JSON. */
interface StoredData extends Pick<ReviewRequest, 'message' | 'sessionKey' | 'approvers'> {
	readonly place: ChatPlace;
}

/** Prepares the statements. */
export function openReviewTable(database: Database): ReviewTable {
	const findBy = (condition: string, ...values: readonly string[]) => {
		const row = database.prepare(`SELECT * FROM reviews WHERE ${condition}`).get(...values);
		return row === undefined ? undefined : readRow(row);
	};
	return {
		insert: (id, code, { callback, expiresAt, ...data }, { caller, key }, now) => {
			const stored: StoredData = data;
			database
				.prepare(
					`INSERT INTO reviews (id, code, caller, request_key, data, callback, created_at, created_day, expires_at)
					VALUES (?, ?, ?, ?, ?, ?, ?, ${TODAY}, ?)`,
				)
				.run(
					id,
					code,
					caller,
					key ?? null,
					JSON.stringify(stored),
					JSON.stringify(callback),
					now,
					expiresAt,
				);
		},
		find: (id) => findBy('id = ?', id),
		findByCode: (code) => findBy('code = ?', code),
		findByKey: ({ caller, key }) =>
			key === undefined ? undefined : findBy('caller = ? AND request_key = ?', caller, key),
		markAsked: (id, now) => {
			database.prepare('UPDATE reviews SET asked_at = ? WHERE id = ?').run(now, id);
		},
		resolve: (id, decision, by) => {
			const { changes } = database
				.prepare(
					`UPDATE reviews SET decision = ?, decided_by = ?, callback = json_remove(callback, '$.secret')
					WHERE id = ? AND decision IS NULL`,
				)
				.run(decision, by ?? null, id);
			return Number(changes) > 0;
		},
		forget: (retentionDays) => {
			database
				.prepare(`DELETE FROM reviews WHERE created_day < ${TODAY} - ?`)
				.run(Math.max(retentionDays, LONGEST_DAYS));
		},
	};
}

function readRow(row: Row): Review {
	const data = JSON.parse(String(row.data)) as StoredData;
	return {
		...data,
		id: String(row.id),
		code: String(row.code),
		callback: JSON.parse(String(row.callback)) as MessageCallback,
		expiresAt: Number(row.expires_at),
		isAsked: row.asked_at !== null,
		...optional('decision', asText(row.decision) as ReviewDecision | undefined),
		...optional('by', asText(row.decided_by)),
	};
}
