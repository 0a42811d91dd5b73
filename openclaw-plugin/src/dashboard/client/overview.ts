import type { EndpointHealth } from '../../endpoints/endpointHealth';
import type { Trouble } from '../../health/troubles';
import { formatAge, formatDuration } from '../../timeText';
import type { EndpointVerb, LiveState } from '../apiTypes';
import { button, element, numberText, part } from './element';
import type { Content } from './element';

/** Shows what is wrong with the plugin, above everything else. */
export function createFaultList(): (faults: readonly Trouble[]) => void {
	const section = part('faults', HTMLElement);
	let shown = '';
	return (faults) => {
		// Only a change is news, also to those who listen.
		const next = faults.map(({ severity, message }) => `${severity} ${message}`).join('\n');
		if (next === shown) return;
		shown = next;
		section.hidden = faults.length === 0;
		section.replaceChildren(...faults.map(faultElement));
	};
}

function faultElement({ severity, message }: Trouble): HTMLElement {
	const label = severity === 'fault' ? 'Fault' : 'Notice';
	return element(
		'p',
		{
			class: 'fault',
			'data-severity': severity,
			role: severity === 'fault' ? 'alert' : 'status',
		},
		element('strong', {}, `${label}: `),
		message,
	);
}

/** What can be done with a card. */
export interface CardActions {
	/** @param endpoint its name; `''` for all */
	readonly onChoose: (endpoint: string) => void;
	/** Undefined where the viewer may not. */
	readonly onChange: ((endpoint: EndpointHealth, verb: EndpointVerb) => Promise<void>) | undefined;
}

/** Shows how each endpoint is doing; a press on one shows its deliveries. */
export function createEndpointCards({ onChoose, onChange }: CardActions) {
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
			const known = cards.get(endpoint.id);
			if (known?.content === content) return known.node;
			const press = nameButton(endpoint.name, isChosen, () => {
				onChoose(isChosen ? '' : endpoint.name);
			});
			const verb = onChange === undefined ? undefined : verbFor(endpoint);
			const change =
				verb === undefined
					? undefined
					: button({ 'aria-label': `${VERB_TEXTS[verb]} ${endpoint.name}` }, VERB_TEXTS[verb], () =>
							onChange?.(endpoint, verb),
						);
			const node = cardElement(parts, press, change);
			const focused = known?.node.contains(document.activeElement) === true;
			const wasChange = focused && document.activeElement?.className !== 'card-name';
			cards.set(endpoint.id, { node, content });
			if (focused) {
				queueMicrotask(() => {
					(wasChange ? (change ?? press) : press).focus();
				});
			}
			return node;
		});
		const isSame =
			nodes.length === list.children.length &&
			nodes.every((node, index) => list.children[index] === node);
		if (!isSame) list.replaceChildren(...nodes);
	};
}

const VERB_TEXTS: Readonly<Record<EndpointVerb, string>> = {
	pause: 'Pause',
	resume: 'Resume',
	enable: 'Enable',
};

/** What helps an endpoint in its state. One that is gone or unusable cannot be helped from here. */
function verbFor({ state: { state } }: EndpointHealth): EndpointVerb | undefined {
	if (state === 'active' || state === 'failing' || state === 'held') return 'pause';
	if (state === 'paused') return 'resume';
	return state === 'disabled' ? 'enable' : undefined;
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

function nameButton(name: string, isChosen: boolean, onPress: () => void): HTMLButtonElement {
	const title = isChosen
		? 'Show the deliveries to all endpoints'
		: 'Show the deliveries to this endpoint';
	return button({ class: 'card-name', 'aria-pressed': String(isChosen), title }, name, onPress);
}

function cardElement(
	texts: CardTexts,
	press: HTMLButtonElement,
	change: HTMLButtonElement | undefined,
): HTMLElement {
	const { condition } = texts;
	const fact = (term: string, text: Content) =>
		element('div', {}, element('dt', {}, term), element('dd', {}, text));
	return element(
		'li',
		{ class: 'card', 'data-condition': condition },
		element(
			'div',
			{ class: 'card-head' },
			press,
			element('span', { class: 'pill', 'data-status': condition }, condition),
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
		change === undefined ? undefined : element('p', { class: 'card-actions' }, change),
	);
}

type Hours = NonNullable<LiveState['data']>['hours'];

const KINDS = ['failed', 'pending', 'delivered'] as const;

/** Draws the last 24 hours, a bar for each; what it shows can be read, too. */
export function createHourChart(): (hours: Hours) => void {
	const section = part('hours-section', HTMLElement);
	const bars = part('hours', HTMLElement);
	const table = part('hours-table', HTMLTableSectionElement);
	let shown = '';
	return (hours) => {
		const next = JSON.stringify(hours);
		if (next === shown) return;
		shown = next;
		const most = Math.max(...hours.map(totalOf), 1);
		section.hidden = hours.every((hour) => totalOf(hour) === 0);
		bars.replaceChildren(...hours.map((hour) => barElement(hour, most)));
		table.replaceChildren(
			...hours
				.filter((hour) => totalOf(hour) > 0)
				.map((hour) =>
					element(
						'tr',
						{},
						element('th', { scope: 'row' }, hourText(hour.from)),
						...[hour.delivered, hour.failed, hour.pending].map((count) =>
							element('td', {}, numberText(count)),
						),
					),
				),
		);
	};
}

function totalOf({ delivered, failed, pending }: Hours[number]): number {
	return delivered + failed + pending;
}

function barElement(hour: Hours[number], most: number): HTMLElement {
	const { from, delivered, failed, pending } = hour;
	const counts = `${numberText(delivered)} delivered, ${numberText(failed)} failed, ${numberText(pending)} waiting`;
	const bar = element('span', { class: 'hour', title: `${hourText(from)}: ${counts}` });
	for (const kind of KINDS) {
		if (hour[kind] === 0) continue;
		const piece = element('span', { class: 'hour-part', 'data-status': kind });
		// Over the object model: the page's policy forbids styles that stand in the text.
		piece.style.height = `${String((hour[kind] / most) * 100)}%`;
		bar.append(piece);
	}
	return bar;
}

function hourText(from: number): string {
	return new Date(from).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}
