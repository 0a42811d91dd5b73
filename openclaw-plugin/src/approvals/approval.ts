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
