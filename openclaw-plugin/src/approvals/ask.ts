import { createHash } from 'node:crypto';
import type { EventState } from '../events/eventState';
import { withoutUnknown } from '../events/fields';
import { eventData } from '../events/place';
import { redactSecrets } from '../events/redactSecrets';
import { describeToolCall } from '../events/toolEvents';
import type { Logger, ToolCallAnswer } from '../gatewayApi';
import { createOriginFinder } from '../inbound/runOrigin';
import { errorText } from '../logger';
import { createEventId, isObject } from '../protocol';
import type { ApprovalRule } from '../protocol';
import type { Database } from '../store/databaseAccess';
import type { ApprovalRequest, Resolution } from './approval';
import type { Approvals } from './approvals';
import { waitForDecision, waitingCalls } from './waitForDecision';

export interface AskParts {
	/** Where the plugin keeps its data. */
	readonly folder: string;
	readonly database: Database;
	readonly approvals: Approvals;
	readonly state: EventState;
	readonly logger: Pick<Logger, 'info' | 'error'>;
	/** Milliseconds after which the gateway itself gives up, where its owner has set that. */
	readonly toolCallLimitMs: number | undefined;
}

/** Asks whether a tool call may be made, and waits for the answer. */
export type Ask = (
	rule: ApprovalRule,
	event: unknown,
	context: unknown,
) => ToolCallAnswer | Promise<ToolCallAnswer>;

/** What nobody could read on a phone, and no message could carry. */
const MAX_SHOWN = 262_144;
/** Milliseconds before the gateway's own limit. */
const BEFORE_LIMIT_MS = 1000;

/** Makes the function that asks. Whatever goes wrong denies the call, with a reason that the agent reads. */
export function createAsk(parts: AskParts): Ask {
	const { folder, database, approvals, state, logger, toolCallLimitMs } = parts;
	const findOrigin = createOriginFinder(database);
	const calls = waitingCalls(folder);

	return (rule, event, context) => {
		const { place, name, callId, params } = describeToolCall(event, context, state);
		const deny = (blockReason: string) => ({ block: true, blockReason }) as const;
		const shown = showParameters(params);
		if (shown === undefined) return deny(describeUnaskable(name, 'too-large'));
		const limitMs = (toolCallLimitMs ?? Number.POSITIVE_INFINITY) - BEFORE_LIMIT_MS;
		const milliseconds = Math.max(0, Math.min(rule.timeoutSeconds * 1000, limitMs));
		const expiresAt = Date.now() + milliseconds;
		const id = createEventId().replace('evt_', 'apr_');
		const started = place.runId === undefined ? undefined : findOrigin(place.runId);
		const request = eventData(place, {
			origin: started,
			approval: {
				id,
				rule: rule.name,
				tool: withoutUnknown({ name, callId, params: shown.value }),
				paramsHash: shown.hash,
				expiresAt: new Date(expiresAt).toISOString(),
			},
		}) as ApprovalRequest;
		try {
			if (!approvals.open(request, expiresAt)) return deny(describeUnaskable(name, 'nobody-asked'));
		} catch (error) {
			logger.error(
				`A call of '${name}' was denied, as it cannot be asked about: ${errorText(error)}`,
			);
			return deny(describeUnaskable(name, 'not-stored'));
		}
		const { abortSignal } = (context ?? {}) as { readonly abortSignal?: AbortSignal };
		return waitForDecision({ id, approvals, calls, milliseconds, signal: abortSignal }).then(
			(ending) => {
				if (ending.decision === 'deny') {
					const { resolution } = ending;
					return deny(describeDenial({ tool: name, id, milliseconds, resolution }));
				}
				logger.info(`A call of '${name}' was allowed (${id})`);
				return isObject(params) ? { params } : undefined;
			},
		);
	};
}

/** Parameters without secrets, and the hash of them as they are; undefined where they cannot be shown as a whole. */
function showParameters(params: unknown): { value: unknown; hash: string } | undefined {
	try {
		const value = redactSecrets(params ?? {});
		const text = JSON.stringify(value);
		if (text.length > MAX_SHOWN) return undefined;
		const whole = JSON.stringify(params ?? {});
		return { value, hash: `sha256:${createHash('sha256').update(whole).digest('hex')}` };
	} catch {
		return undefined;
	}
}

/*
 * What agents read in the place of a tool's result, where the tool was not run.
 */

/** Why nobody was asked. */
type Unaskable = 'nobody-asked' | 'not-stored' | 'too-large';

const UNASKABLE: Readonly<Record<Unaskable, string>> = {
	'nobody-asked':
		'it needs an approval, and there is nobody to be asked now. Do not try it again; tell the user that no workflow takes approval requests',
	'not-stored':
		'it needs an approval, and the request could not be stored. Do not try it again now; tell the user that the gateway has a fault',
	'too-large':
		'it needs an approval, and its parameters are too large to be shown to anybody. Try it with smaller ones',
};

function describeUnaskable(tool: string, why: Unaskable): string {
	return `'${tool}' was not run: ${UNASKABLE[why]}.`;
}

/** Why a call was denied that has waited. */
function describeDenial({
	tool,
	id,
	milliseconds,
	resolution: { by, reason, cause },
}: {
	readonly tool: string;
	readonly id: string;
	readonly milliseconds: number;
	readonly resolution: Resolution;
}): string {
	const head = `'${tool}' was not run: `;
	if (cause === 'expired') {
		const seconds = String(Math.round(milliseconds / 1000));
		return `${head}nobody has allowed it within ${seconds} seconds (${id}). Tell the user before you try it again.`;
	}
	if (cause !== undefined) return `${head}${reason ?? cause} (${id}).`;
	const who = by === undefined ? '' : ` by ${by}`;
	const why = reason === undefined ? '' : ` Reason: ${reason}`;
	return `${head}it was denied${who} (${id}).${why}`;
}

export function describeFaultyRule(tool: string, rule: string): string {
	return `'${tool}' was not run: the rule '${rule}' for approvals has a fault in the gateway's configuration, and denies it until that is mended. Tell the user.`;
}
