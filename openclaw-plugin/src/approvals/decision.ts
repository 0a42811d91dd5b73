import { isObject } from '../protocol';
import type { Approval, Decision } from './approval';

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
export interface DecisionRequest {
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
