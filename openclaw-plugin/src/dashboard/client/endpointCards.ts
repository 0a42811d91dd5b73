import type { EndpointHealth } from '../../endpoints/endpointHealth';
import { formatAge, formatDuration } from '../../timeText';
import { numberText } from './deliveryTexts';
import { element, part } from './element';
import type { Content } from './element';

/** Shows how each endpoint is doing; a press on one shows its deliveries. */
export function createEndpointCards(onChoose: (endpoint: string) => void) {
	const list = part('endpoints', HTMLUListElement);
	const cards = new Map<string, { readonly node: HTMLElement; readonly content: string }>();
	return (endpoints: readonly EndpointHealth[], chosen: string, now: number): void => {
		if (endpoints.length === 0) {
			cards.clear();
			list.replaceChildren(element('li', { class: 'empty' }, NO_ENDPOINTS));
			return;
		}
		const nodes = endpoints.map((endpoint) => {
			const isChosen = endpoint.name === chosen;
			const parts = describe(endpoint, now);
			const content = JSON.stringify([parts, isChosen]);
			const known = cards.get(endpoint.name);
			if (known?.content === content) return known.node;
			const node = cardElement(endpoint.name, parts, isChosen, () => {
				onChoose(isChosen ? '' : endpoint.name);
			});
			const hadFocus = known?.node.contains(document.activeElement) === true;
			cards.set(endpoint.name, { node, content });
			if (hadFocus) queueMicrotask(() => node.querySelector('button')?.focus());
			return node;
		});
		const isSame =
			nodes.length === list.children.length &&
			nodes.every((node, index) => list.children[index] === node);
		if (!isSame) list.replaceChildren(...nodes);
	};
}

const NO_ENDPOINTS = 'There are no endpoints yet: nothing is sent.';

interface CardTexts {
	readonly condition: string;
	readonly url: string;
	readonly success: string;
	readonly times: string;
	readonly counts: string;
	readonly trouble: string;
}

function describe(endpoint: EndpointHealth, now: number): CardTexts {
	const { state, lastDay, responseTime, url = 'fetches its events', isSigned } = endpoint;
	return {
		condition: state.state,
		url: isSigned ? url : `${url} (unsigned)`,
		success:
			lastDay.successRate === undefined
				? '–'
				: `${(Math.floor(lastDay.successRate * 1000) / 10).toFixed(1)} %`,
		times:
			responseTime === undefined
				? '–'
				: pairText(formatDuration(responseTime.p50), formatDuration(responseTime.p95)),
		counts: `${numberText(lastDay.failed)} / ${numberText(lastDay.pending)}`,
		trouble: troubleText(endpoint, now),
	};
}

/** @example pairText('220 ms', '400 ms'); // '220 / 400 ms' */
function pairText(first: string, second: string): string {
	const [count = '', unit] = first.split(' ');
	return second.endsWith(` ${unit ?? ''}`) ? `${count} / ${second}` : `${first} / ${second}`;
}

function troubleText(endpoint: EndpointHealth, now: number): string {
	const { state, lastFailure, lastFailureAt = 0, lastSuccessAt = 0, lastWarning = '' } = endpoint;
	if ('reason' in state) return state.reason;
	if (lastFailure === undefined || lastFailureAt < lastSuccessAt) return lastWarning;
	const probe = state.state === 'failing' ? state.nextProbeAt : undefined;
	const next = probe === undefined ? '' : `; next try ${formatAge(probe, now)}`;
	return `${lastFailure}, ${formatAge(lastFailureAt, now)}${next}`;
}

function cardElement(
	name: string,
	texts: CardTexts,
	isChosen: boolean,
	onPress: () => void,
): HTMLElement {
	const press = element(
		'button',
		{
			type: 'button',
			class: 'card-name',
			'aria-pressed': String(isChosen),
			title: isChosen
				? 'Show the deliveries to all endpoints'
				: 'Show the deliveries to this endpoint',
		},
		name,
	);
	press.addEventListener('click', onPress);
	const fact = (term: string, text: Content) =>
		element('div', {}, element('dt', {}, term), element('dd', {}, text));
	return element(
		'li',
		{ class: 'card', 'data-condition': texts.condition },
		element(
			'div',
			{ class: 'card-head' },
			press,
			element('span', { class: 'pill', 'data-status': texts.condition }, texts.condition),
		),
		element('p', { class: 'card-url' }, texts.url),
		element(
			'dl',
			{},
			fact('success', texts.success),
			fact('p50 / p95', texts.times),
			fact('failed / waiting', texts.counts),
		),
		texts.trouble === '' ? undefined : element('p', { class: 'card-trouble' }, texts.trouble),
	);
}
