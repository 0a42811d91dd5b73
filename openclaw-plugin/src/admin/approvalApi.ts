import { APPROVAL_STATES } from '../approvals/approval';
import type { Approvals, Decided } from '../approvals/approvals';
import type { DecisionRefusal } from '../approvals/approval';
import { refuse } from '../http/answers';
import type { Checked, Refusal } from '../http/answers';
import type { Done, Methods } from './endpointApi';

/** Who asks, and what for. */
export interface ApprovalCall {
	readonly query: URLSearchParams;
	/** Id of the token. */
	readonly caller: string;
	/** `Idempotency-Key` of the request. */
	readonly key: string | undefined;
}

/** HTTP's word for each refusal. */
const STATUSES: Readonly<Record<DecisionRefusal['code'], number>> = {
	'invalid-decision': 400,
	'unknown-approval': 404,
	'already-decided': 409,
	'approval-ended': 410,
	'other-parameters': 409,
};

const MAX_LIMIT = 500;

/** Whether a path is below `/approvals`, which has a scope of its own. */
export function isApprovalPath([resource]: readonly string[]): boolean {
	return resource === 'approvals';
}

/** Answers for what was decided, or not. */
export function toCheckedDecision(decided: Decided): Checked<Done> {
	if (!decided.ok) {
		const { approval, ...refused } = decided.refused;
		return refuse({
			status: STATUSES[refused.code],
			...refused,
			...(approval === undefined ? {} : { more: { approval } }),
		});
	}
	const { approval } = decided;
	const { id, state, tool } = approval;
	const deed = `a call of '${tool.name}' was ${state} (${id})`;
	return { ok: true, value: { status: 200, body: { approval }, deed } };
}

/**
 * What the API can do below `/approvals`.
 *
 * - `GET /approvals?state=waiting&limit=50`, `GET /approvals/{id}`
 * - `POST /approvals/{id}` with `{ "decision": "allow" | "deny", "by"?, "reason"?, "paramsHash"? }`
 *
 * @returns undefined where there is nothing at the path
 */
export function findApprovalMethods(
	approvals: Approvals,
	[, id, ...deeper]: readonly string[],
	{ query, caller, key }: ApprovalCall,
): Methods | undefined {
	if (deeper.length > 0) return undefined;
	if (id === undefined) return { GET: () => list(approvals, query) };
	return {
		GET: () => {
			const approval = approvals.find(id);
			if (approval === undefined) return refuse(unknown(id));
			return { ok: true, value: { status: 200, body: { approval } } };
		},
		POST: (body) => toCheckedDecision(approvals.decide(id, body, { via: caller, key })),
	};
}

function list(approvals: Approvals, query: URLSearchParams): Checked<Done> {
	const wanted = query.get('state');
	const state = APPROVAL_STATES.find((known) => known === wanted);
	if (wanted !== null && state === undefined) {
		return invalid('state', `must be one of ${APPROVAL_STATES.join(', ')}`);
	}
	const limit = Number(query.get('limit') ?? 50);
	if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
		return invalid('limit', `must be a whole number from 1 to ${String(MAX_LIMIT)}`);
	}
	const found = approvals.list({ limit, ...(state === undefined ? {} : { state }) });
	return { ok: true, value: { status: 200, body: { approvals: found } } };
}

function invalid(path: string, what: string): Checked<Done> {
	return refuse({ status: 400, code: 'invalid-query', message: `'${path}' ${what}`, path });
}

function unknown(id: string): Refusal {
	const message = `No tool call waits, or has waited, under the id '${id.slice(0, 100)}' at this gateway`;
	return { status: 404, code: 'unknown-approval', message };
}
