import type { DecisionBody, LiveState } from '../apiTypes';
import { formatAge } from '../../timeText';
import { button, element, part, setText, timeElement } from './element';

type Approval = NonNullable<LiveState['data']>['approvals'][number];
type Decision = DecisionBody['decision'];

/** Decides on a call that waits. */
export type OnDecide = (approval: Approval, decision: Decision) => Promise<void>;

/**
 * Shows the tool calls that wait to be allowed, with their parameters, and those that were decided on last.
 *
 * @param onDecide undefined for a viewer who may only look
 */
export function createApprovalList(
	onDecide: OnDecide | undefined,
): (approvals: readonly Approval[], now: number) => void {
	const section = part('approvals-section', HTMLElement);
	const list = part('approvals', HTMLUListElement);
	const rows = new Map<string, { readonly node: HTMLElement; readonly state: string }>();
	return (approvals, now) => {
		section.hidden = approvals.length === 0;
		const nodes = approvals.map((approval) => {
			const known = rows.get(approval.id);
			// A call that waits stays the same element: somebody may be about to press its button.
			if (known?.state === 'waiting' && approval.state === 'waiting') {
				renewTimes(known.node, now);
				return known.node;
			}
			const node = rowElement(approval, now, onDecide);
			rows.set(approval.id, { node, state: approval.state });
			return node;
		});
		const shown = new Set(approvals.map(({ id }) => id));
		for (const id of rows.keys()) if (!shown.has(id)) rows.delete(id);
		const isSame =
			nodes.length === list.children.length &&
			nodes.every((node, index) => list.children[index] === node);
		if (!isSame) list.replaceChildren(...nodes);
	};
}

function rowElement(
	approval: Approval,
	now: number,
	onDecide: OnDecide | undefined,
): HTMLLIElement {
	const { state, tool, agentId, rule, createdAt, expiresAt } = approval;
	const isWaiting = state === 'waiting';
	const who = agentId === undefined ? '' : ` by ${agentId}`;
	const decideButton = (decision: Decision, label: string) =>
		button(
			{
				...(decision === 'allow' ? { class: 'primary' } : {}),
				'aria-label': `${label} ${tool.name}`,
			},
			label,
			() => onDecide?.(approval, decision),
		);
	return element(
		'li',
		{ class: 'approval', 'data-state': state },
		element('span', { class: 'pill', 'data-status': state }, state),
		element('span', { class: 'approval-what' }, `${tool.name}${who} (${rule})`),
		timeElement(createdAt, now),
		isWaiting
			? element('pre', { class: 'approval-params' }, JSON.stringify(tool.params, undefined, 2))
			: element('span', { class: 'approval-outcome' }, outcomeOf(approval)),
		isWaiting
			? element('span', { class: 'approval-until' }, 'Denied ', timeElement(expiresAt, now))
			: undefined,
		isWaiting && onDecide !== undefined
			? element(
					'span',
					{ class: 'approval-actions' },
					decideButton('allow', 'Allow'),
					decideButton('deny', 'Deny'),
				)
			: undefined,
	);
}

function renewTimes(row: HTMLElement, now: number): void {
	for (const time of row.querySelectorAll('time')) {
		setText(time, formatAge(Date.parse(time.dateTime), now));
	}
}

function outcomeOf({ cause, by, via, reason }: Approval): string {
	if (cause !== undefined) return reason ?? cause;
	return [by ?? via, reason].filter((text) => text !== undefined).join(': ');
}
