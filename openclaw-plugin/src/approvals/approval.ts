import { isObject } from '../protocol';
import type { ApprovalCause, EventData, OpenClawEvent } from '../protocol';

/** What becomes of a tool call. */
export type Decision = 'allow' | 'deny';

export const APPROVAL_STATES = ['waiting', 'allowed', 'denied'] as const;

export type ApprovalState = (typeof APPROVAL_STATES)[number];

/** What `approval.requested` tells: where the call is made, and with what. */
export type ApprovalRequest = OpenClawEvent<'approval.requested'>['data'] & {
	readonly approval: {
		readonly id: string;
		readonly rule: string;
		readonly tool: { readonly name: string; readonly callId?: string; readonly params: unknown };
		readonly paramsHash: string;
		readonly expiresAt: string;
	};
};

/** A tool call that waits for a decision, or had one. Times are milliseconds since 1970. */
export interface Approval
	extends Pick<EventData, 'agentId' | 'sessionKey' | 'channel' | 'userId' | 'runId'> {
	readonly id: string;
	readonly state: ApprovalState;
	readonly rule: string;
	/** Secrets in the parameters are replaced. */
	readonly tool: { readonly name: string; readonly callId?: string; readonly params: unknown };
	readonly paramsHash: string;
	readonly createdAt: number;
	readonly expiresAt: number;
	readonly decidedAt?: number;
	/** Who has decided, as was said with the decision. */
	readonly by?: string;
	readonly reason?: string;
	/** How the decision came: `cli`, `dashboard`, or what people call the token; absent once that is revoked. */
	readonly via?: string;
	/** Why nobody has decided; the call was denied then. */
	readonly cause?: ApprovalCause;
}

/** A decision, by somebody or for want of one. */
export interface Resolution {
	readonly decision: Decision;
	readonly by?: string | undefined;
	readonly reason?: string | undefined;
	readonly cause?: ApprovalCause | undefined;
	/** Id of the token, `cli` or `dashboard`. */
	readonly via?: string | undefined;
	/** Names the request that decides: the same one may be repeated. */
	readonly key?: string | undefined;
}

/** Why a decision does not count. */
export interface DecisionRefusal {
	readonly code:
		| 'invalid-decision'
		| 'unknown-approval'
		| 'already-decided'
		| 'approval-ended'
		| 'other-parameters';
	/** What happened. Holds no secret. */
	readonly message: string;
	/** The key at fault, where it is a single one. */
	readonly path?: string;
	/** The call that it is about. */
	readonly approval?: Approval;
}

/** A decision as somebody has sent it. */
interface DecisionRequest {
	readonly decision: Decision;
	readonly by?: string;
	readonly reason?: string;
	/** Of the parameters that the decision is about. */
	readonly paramsHash?: string;
}

const MAX_LENGTHS = { by: 200, reason: 2000, paramsHash: 100 } as const;
const KEYS: ReadonlySet<string> = new Set(['decision', ...Object.keys(MAX_LENGTHS)]);

/**
 * Reads `{ "decision": "allow" | "deny", "by"?, "reason"?, "paramsHash"? }`. A key that is not known is
 * refused: it may be meant to restrict the decision.
 */
export function readDecision(
	body: unknown,
):
	| { readonly ok: true; readonly value: DecisionRequest }
	| { readonly ok: false; readonly refused: DecisionRefusal } {
	if (!isObject(body)) return invalid('The decision must be a JSON object');
	const unknown = Object.keys(body).find((key) => !KEYS.has(key));
	if (unknown !== undefined) {
		return invalid(`'${unknown.slice(0, 50)}' is not a known key of a decision`, unknown);
	}
	const { decision } = body;
	if (decision !== 'allow' && decision !== 'deny') {
		return invalid("'decision' must be 'allow' or 'deny'", 'decision');
	}
	const texts: { by?: string; reason?: string; paramsHash?: string } = {};
	for (const key of ['by', 'reason', 'paramsHash'] as const) {
		const text = body[key];
		if (text === undefined || text === null || text === '') continue;
		const limit = MAX_LENGTHS[key];
		if (typeof text !== 'string' || text.length > limit) {
			return invalid(`'${key}' must be a text of at most ${String(limit)} characters`, key);
		}
		texts[key] = text;
	}
	return { ok: true, value: { decision, ...texts } };
}

function invalid(message: string, path?: string): ReturnType<typeof readDecision> {
	const refused = { code: 'invalid-decision', message } as const;
	return { ok: false, refused: path === undefined ? refused : { ...refused, path } };
}
