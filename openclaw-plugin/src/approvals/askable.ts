import { openEndpointTable } from '../endpoints/endpointTable';
import { takesEvent } from '../protocol';
import type { ConfiguredRule } from '../settings/approvalSettings';
import type { Database } from '../store/databaseAccess';

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
