import type { LiveState } from '../apiTypes';
import { countText, element, part, timeElement } from './element';

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
