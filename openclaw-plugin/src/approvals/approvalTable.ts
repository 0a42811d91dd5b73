import { TODAY } from '../store/clock';
import { asNumber, asText, optional } from '../store/databaseAccess';
import type { Database, Row } from '../store/databaseAccess';
import type { ApprovalCause } from '../protocol';
import type { Approval, ApprovalRequest, ApprovalState, Resolution } from './approval';

export interface ApprovalQuery {
	readonly state?: ApprovalState;
	/** At most; 50 unless given. */
	readonly limit?: number;
}

/** A row with what `approval.requested` told. */
export interface StoredApproval {
	readonly approval: Approval;
	readonly request: ApprovalRequest;
	/** Names the request that has decided. */
	readonly key: string | undefined;
}

/** The table of approvals. All functions throw what the database throws. */
export interface ApprovalTable {
	insert(request: ApprovalRequest, createdAt: number, expiresAt: number): void;
	find(id: string): StoredApproval | undefined;
	/** Those that wait first, then the newest. */
	list(query?: ApprovalQuery): readonly Approval[];
	/** Decides, if nobody has yet; says whether this has. */
	resolve(id: string, resolution: Resolution, now: number): boolean;
	/** Ids of those that wait, the oldest first. */
	waiting(): readonly string[];
	/** Deletes what was decided more than so many days ago. */
	forget(retentionDays: number): void;
}

const DEFAULT_LIMIT = 50;
const SELECT = 'SELECT a.*, t.name AS token FROM approvals a LEFT JOIN tokens t ON t.id = a.via';
const DECISIONS: Readonly<Record<ApprovalState, string | null>> = {
	waiting: null,
	allowed: 'allow',
	denied: 'deny',
};

/** Prepares the statements. */
export function openApprovalTable(database: Database): ApprovalTable {
	return {
		insert: (request, createdAt, expiresAt) => {
			database
				.prepare('INSERT INTO approvals (id, data, created_at, expires_at) VALUES (?, ?, ?, ?)')
				.run(request.approval.id, JSON.stringify(request), createdAt, expiresAt);
		},
		find: (id) => {
			const row = database.prepare(`${SELECT} WHERE a.id = ?`).get(id);
			return row === undefined ? undefined : readRow(row);
		},
		list: ({ state, limit = DEFAULT_LIMIT } = {}) =>
			database
				.prepare(
					`${SELECT} WHERE ?1 OR a.decision IS ?2
					ORDER BY a.decision IS NOT NULL, a.seq DESC LIMIT ?3`,
				)
				.all(state === undefined ? 1 : 0, state === undefined ? null : DECISIONS[state], limit)
				.map((row) => readRow(row).approval),
		resolve: (id, { decision, by, reason, cause, via, key }, now) => {
			const { changes } = database
				.prepare(
					`UPDATE approvals SET decision = ?, cause = ?, decided_by = ?, reason = ?, via = ?,
						decided_key = ?, decided_at = ?, decided_day = ${TODAY}
					WHERE id = ? AND decision IS NULL`,
				)
				.run(
					decision,
					cause ?? null,
					by ?? null,
					reason ?? null,
					via ?? null,
					key ?? null,
					now,
					id,
				);
			return Number(changes) > 0;
		},
		waiting: () =>
			database
				.prepare('SELECT id FROM approvals WHERE decision IS NULL ORDER BY seq')
				.all()
				.map((row) => String(row.id)),
		forget: (retentionDays) => {
			database.prepare(`DELETE FROM approvals WHERE decided_day < ${TODAY} - ?`).run(retentionDays);
		},
	};
}

function readRow(row: Row): StoredApproval {
	const request = JSON.parse(String(row.data)) as ApprovalRequest;
	const { agentId, sessionKey, channel, userId, runId, approval } = request;
	const { id, rule, tool, paramsHash } = approval;
	const via = row.via === 'cli' || row.via === 'dashboard' ? row.via : asText(row.token);
	return {
		approval: {
			id,
			state: row.decision === null ? 'waiting' : row.decision === 'allow' ? 'allowed' : 'denied',
			rule,
			tool,
			paramsHash,
			...optional('agentId', agentId),
			...optional('sessionKey', sessionKey),
			...optional('channel', channel),
			...optional('userId', userId),
			...optional('runId', runId),
			createdAt: Number(row.created_at),
			expiresAt: Number(row.expires_at),
			...optional('decidedAt', asNumber(row.decided_at)),
			...optional('by', asText(row.decided_by)),
			...optional('reason', asText(row.reason)),
			...optional('via', via),
			...optional('cause', asText(row.cause) as ApprovalCause | undefined),
		},
		request,
		key: asText(row.decided_key),
	};
}
