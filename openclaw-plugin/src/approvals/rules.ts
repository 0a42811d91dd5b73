import { openEndpointTable } from '../endpoints/endpointTable';
import { CATALOG_CALL } from '../events/toolEvents';
import { createConditions, createIdFilter, takesEvent } from '../protocol';
import type { ApprovalRule } from '../protocol';
import type { ConfiguredRule } from '../settings/approvalSettings';
import type { Database } from '../store/databaseAccess';

/** What the rules say to a tool call: nothing, that somebody has to be asked, or that it is denied. */
export type RuleVerdict =
	| { readonly kind: 'ask'; readonly rule: ApprovalRule }
	| { readonly kind: 'deny'; readonly rule: string };

/** Finds what holds for a call; undefined where nobody has to be asked. */
export type FindRule = (call: {
	/** As the gateway names it. */
	readonly tool: string;
	/** Undefined where it is not known: a rule for some agents then holds. */
	readonly agentId: string | undefined;
	readonly params: unknown;
}) => RuleVerdict | undefined;

/** Other names of tools, by which the gateway knows them too. */
const ALIASES: ReadonlyMap<string, string> = new Map([
	['bash', 'exec'],
	['apply-patch', 'apply_patch'],
	['cron', 'automations'],
]);

/**
 * Prepares rules, so that asking for each tool call is cheap. A rule with a fault denies what it seems to be
 * about; of the others the first that fits counts.
 *
 * @returns undefined where there are no rules
 */
export function compileRules(rules: readonly ConfiguredRule[]): FindRule | undefined {
	if (rules.length === 0) return undefined;
	const faulty = rules.flatMap((rule) => (rule.kind === 'faulty' ? [rule] : []));
	const usable = rules.flatMap((rule) => (rule.kind === 'usable' ? [rule] : []));
	const denials = faulty.map(({ name, tools = ['*'], agentIds }) => ({
		name,
		fits: createScope(tools, agentIds),
	}));
	const questions = usable.map((rule) => ({
		rule,
		fits: createScope(rule.tools, rule.agentIds),
		findUnmet: createConditions(rule.when ?? [], 'met'),
	}));
	return ({ tool, agentId, params }) => {
		const denial = denials.find(({ fits }) => fits(tool, agentId));
		if (denial !== undefined) return { kind: 'deny', rule: denial.name };
		const question = questions.find(
			({ fits, findUnmet }) => fits(tool, agentId) && findUnmet({ params }) === undefined,
		);
		return question === undefined ? undefined : { kind: 'ask', rule: question.rule };
	};
}

function createScope(
	tools: readonly string[],
	agentIds: readonly string[] | undefined,
): (tool: string, agentId: string | undefined) => boolean {
	const patterns = tools.map(toGatewayName);
	const isTool = createIdFilter(patterns);
	const isAgent = createIdFilter((agentIds ?? ['*']).map((id) => id.toLowerCase()));
	const isForCatalog = patterns.includes(CATALOG_CALL);
	return (tool, agentId) => {
		const name = tool.toLowerCase();
		// The call of the tool itself follows, and is asked about.
		if (name === CATALOG_CALL ? !isForCatalog : !isTool([name])) return false;
		return agentId === undefined || isAgent([agentId.toLowerCase()]);
	};
}

/** The gateway writes the names of tools in small letters. */
function toGatewayName(pattern: string): string {
	const [, exclamation = '', name = ''] = /^(!?)(.*)$/s.exec(pattern.toLowerCase()) ?? [];
	return exclamation + (ALIASES.get(name) ?? name);
}

/**
 * Says that nobody would be asked by the rules, as no active endpoint takes `approval.requested`; undefined where
 * somebody would, or there are no rules.
 */
export function describeUnasked(
	database: Database,
	rules: readonly ConfiguredRule[],
	now: number,
): string | undefined {
	const names = rules.flatMap((rule) => (rule.kind === 'usable' ? [`'${rule.name}'`] : []));
	if (names.length === 0) return undefined;
	const isAsked = openEndpointTable(database)
		.listCurrent(now)
		.some(
			({ kind, lifecycle, settings }) =>
				kind !== 'callback' &&
				lifecycle.state === 'active' &&
				takesEvent(settings.events, 'approval.requested'),
		);
	if (isAsked) return undefined;
	return `The tool calls that need an approval (${names.join(', ')}) are denied, as nobody is asked: no active endpoint takes 'approval.requested'. Publish a workflow whose OpenClaw Trigger has it, or remove the rules`;
}
