import { eventState } from '../events/eventState';
import { fieldsOf, textOf, valueOf } from '../events/fields';
import { agentIdOf } from '../events/place';
import type { GatewayApi, Logger, ToolCallAnswer } from '../gatewayApi';
import { errorText } from '../logger';
import { MAX_APPROVAL_SECONDS } from '../protocol';
import type { GatewaySettings } from '../settings/gatewayConfig';
import type { Settings } from '../settings/settings';
import type { Database } from '../store/databaseAccess';
import type { Approvals } from './approvals';
import { createAsk, describeFaultyRule } from './ask';
import { compileRules } from './rules';

/*
 * A tool call waits until somebody allows it; whatever goes wrong denies it.
 *
 *   registerApprovals  the gateway's hook: which rule covers the call
 *   rules              the rules, prepared; whether anybody would be asked by them, for status and doctor
 *   ask                what is shown, how the call goes on, and what the agent reads
 *   waitForDecision    until it is decided, its time is over, or its run ends; the calls that wait in this process
 *   approvals          the use cases of all who decide: kept and told, all or nothing
 *   approval           what is kept of a call, and a decision on it as it is sent
 *   approvalTable      the rows
 */

/**
 * The last one to be asked: calls that other plugins refuse need no decision, and nothing changes what was shown
 * after it was allowed, as the parameters that the last handler returns count.
 */
const LAST = -Number.MAX_SAFE_INTEGER;
/** A handler that the gateway gives up on denies as well, but without a reason that an agent understands. */
const TIMEOUT_MS = (MAX_APPROVAL_SECONDS + 15) * 1000;

/** Why the gateway tells plugins to stop although it goes on itself. */
const REPLACED = 'plugin replacement';

export interface ApprovalHookParts {
	/** Where the plugin keeps its data. */
	readonly folder: string;
	readonly store: Database;
	/** By the settings as they are now. */
	readonly current: () => { readonly settings: Settings; readonly approvals: Approvals };
	readonly gateway: () => Pick<GatewaySettings, 'toolCallLimitMs'>;
	readonly logger: Logger;
}

/**
 * Holds tool calls that need to be allowed, by the rules of the settings as they are then. Where there are no
 * rules, or none fits, the call goes on at once: in less than 50 µs, and without a look at the database.
 */
export function registerApprovals(api: Pick<GatewayApi, 'on'>, parts: ApprovalHookParts): void {
	const { folder, store, current, gateway, logger } = parts;
	const state = eventState(folder, () => performance.now());
	const prepare = () => {
		const [of, { toolCallLimitMs }] = [current(), gateway()];
		const { settings, approvals } = of;
		return {
			of,
			toolCallLimitMs,
			findRule: compileRules(settings.approvals),
			ask: createAsk({ folder, database: store, approvals, state, logger, toolCallLimitMs }),
		};
	};
	let prepared = prepare();
	const latest = () => {
		const isLatest =
			prepared.of === current() && prepared.toolCallLimitMs === gateway().toolCallLimitMs;
		if (!isLatest) prepared = prepare();
		return prepared;
	};
	const answer = (event: unknown, context: unknown): ToolCallAnswer | Promise<ToolCallAnswer> => {
		const { findRule, ask } = latest();
		if (findRule === undefined) return undefined;
		const [call, known] = [fieldsOf(event), fieldsOf(context)];
		const tool = textOf(call, 'toolName') ?? textOf(known, 'toolName') ?? '';
		const agentId = textOf(known, 'agentId') ?? agentIdOf(textOf(known, 'sessionKey'));
		const verdict = findRule({ tool, agentId, params: valueOf(call, 'params') });
		if (verdict === undefined) return undefined;
		if (verdict.kind === 'ask') return ask(verdict.rule, event, context);
		logger.warn(`A call of '${tool}' was denied: the rule '${verdict.rule}' has a fault`);
		return { block: true, blockReason: describeFaultyRule(tool, verdict.rule) };
	};
	api.on('before_tool_call', answer, { priority: LAST, timeoutMs: TIMEOUT_MS });
	api.on('gateway_stop', (event) => {
		if (textOf(fieldsOf(event), 'reason') === REPLACED) return;
		try {
			current().approvals.closeAll();
		} catch (error) {
			logger.error(`What waits for approval is denied at the next start: ${errorText(error)}`);
		}
	});
}
