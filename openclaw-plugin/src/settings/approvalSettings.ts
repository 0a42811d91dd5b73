import { describeIssue } from '../protocol';
import type { ApprovalPart, ApprovalRule } from '../protocol';
import type { SettingsFault } from './settings';

/** A rule of `approvals`. One with a fault denies the calls that it seems to be about. */
export type ConfiguredRule =
	| ({ readonly kind: 'usable' } & ApprovalRule)
	| {
			readonly kind: 'faulty';
			readonly name: string;
			/** Undefined where that cannot be read: all. */
			readonly tools: readonly string[] | undefined;
			/** Undefined for all. */
			readonly agentIds: readonly string[] | undefined;
	  };

/** The rules, and what is wrong with them. */
export interface ApprovalSettings {
	readonly rules: readonly ConfiguredRule[];
	readonly faults: readonly SettingsFault[];
}

/**
 * Makes rules of what the configuration says.
 *
 * @param isResolved false in a process other than the gateway, which may not know what to fill in
 */
export function configureApprovals(
	parts: readonly ApprovalPart[],
	isResolved: boolean,
): ApprovalSettings {
	const configured = parts.map((part, position) => configure(part, position, isResolved));
	return {
		rules: configured.map(({ rule }) => rule),
		faults: configured.flatMap(({ faults }) => faults),
	};
}

function configure(part: ApprovalPart, position: number, isResolved: boolean) {
	const checked = part.ok && isResolved ? refuseUnresolved(part.rule, position) : part;
	if (checked.ok) {
		const rule: ConfiguredRule = { kind: 'usable', ...checked.rule };
		return { rule, faults: [] };
	}
	const { name, tools, agentIds, issues } = checked;
	const rule: ConfiguredRule = { kind: 'faulty', name, tools, agentIds };
	const consequence = describeDenied(checked);
	const faults = issues.map((issue) => ({ ...describeIssue(issue), consequence }));
	return { rule, faults };
}

/** What rules with a fault deny, in a sentence without its period. */
export function describeDenied({
	tools,
	agentIds,
}: Pick<Extract<ConfiguredRule, { kind: 'faulty' }>, 'tools' | 'agentIds'>): string {
	const whose = agentIds === undefined ? '' : ` by ${agentIds.join(', ')}`;
	const calls =
		tools === undefined ? `Every tool call${whose} is` : `Calls${whose} of ${tools.join(', ')} are`;
	return `${calls} denied until this is mended. All else goes on`;
}

/** A pattern with a literal `${NAME}` fits no tool, and would let pass what it was to stop. */
function refuseUnresolved(rule: ApprovalRule, position: number): ApprovalPart {
	const names = [...JSON.stringify(rule).matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name);
	if (names.length === 0) return { ok: true, rule };
	const message = `needs ${names.join(' and ')}, which is not set in the gateway's environment`;
	const isWhole = JSON.stringify(rule.tools).includes('${');
	return {
		ok: false,
		name: rule.name,
		tools: isWhole ? undefined : rule.tools,
		agentIds: undefined,
		issues: [{ path: ['approvals', position], message }],
	};
}
