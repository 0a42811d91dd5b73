import type { DecisionBody, LiveState } from '../apiTypes';
import { formatAge } from '../../timeText';
import { button, countText, element, part, setText, timeElement } from './element';

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

type Inbound = NonNullable<LiveState['data']>['inbound'];

/** Shows the last calls to agents: those that were accepted, and those that were refused and why. */
export function createInboundList(): (inbound: Inbound, now: number) => void {
	const section = part('inbound-section', HTMLElement);
	const list = part('inbound', HTMLUListElement);
	let shown = '';
	return ({ calls, refusals }, now) => {
		const rows = [
			...calls.map((call) => ({ at: call.createdAt, made: () => callElement(call, now) })),
			...refusals.map((one) => ({ at: one.lastAt, made: () => refusalElement(one, now) })),
		].sort((first, second) => second.at - first.at);
		const nodes = rows.map(({ made }) => made());
		const next = nodes.map(({ outerHTML }) => outerHTML).join('\n');
		if (next === shown) return;
		shown = next;
		section.hidden = rows.length === 0;
		list.replaceChildren(...nodes);
	};
}

function callElement(call: Inbound['calls'][number], now: number): HTMLElement {
	const { state, endpoint, agentId, caller, message, reply, error, createdAt } = call;
	const outcome = error?.message ?? reply;
	return line(
		state,
		`${endpoint ?? 'to any agent'} → ${agentId}${caller === undefined ? '' : ` (${caller})`}`,
		outcome === undefined ? message : `${message} → ${outcome}`,
		timeElement(createdAt, now),
	);
}

function refusalElement(refusal: Inbound['refusals'][number], now: number): HTMLElement {
	const { status, code, endpoint, address, reason, count, lastAt } = refusal;
	return line(
		code === 'filtered' ? code : 'refused',
		`${endpoint === '' ? 'to any agent' : endpoint}, from ${address}`,
		`${String(status)}: ${reason}${count === 1 ? '' : ` (${countText(count, 'call', 'calls')})`}`,
		timeElement(lastAt, now),
	);
}

function line(state: string, what: string, text: string, time: HTMLElement): HTMLElement {
	return element(
		'li',
		{ class: 'inbound-line' },
		element('span', { class: 'pill', 'data-status': state }, state),
		element('span', { class: 'inbound-what' }, what),
		element('span', { class: 'inbound-text', title: text }, text),
		time,
	);
}
