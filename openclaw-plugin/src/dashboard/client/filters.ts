import { element, part } from './element';
import { isFiltered } from './view';
import type { View } from './view';

type Filter = Pick<View, 'status' | 'endpoint' | 'type' | 'text'>;

/** The controls by which deliveries are chosen. */
export interface Filters {
	/** Makes the controls show what is chosen, and what there is to choose from. */
	update(view: View, endpoints: readonly string[]): void;
}

/** Milliseconds after the last key before a text is searched for. */
const TYPING_MS = 300;

/** @param onChange gets what was chosen */
export function createFilters(
	types: readonly string[],
	onChange: (filter: Filter) => void,
): Filters {
	const status = part('filter-status', HTMLSelectElement);
	const endpoint = part('filter-endpoint', HTMLSelectElement);
	const type = part('filter-type', HTMLSelectElement);
	const text = part('filter-text', HTMLInputElement);
	const clear = part('clear', HTMLButtonElement);
	let typing = 0;
	const tell = () => {
		window.clearTimeout(typing);
		onChange({
			status: status.value as Filter['status'],
			endpoint: endpoint.value,
			type: type.value,
			text: text.value,
		});
	};
	for (const select of [status, endpoint, type]) select.addEventListener('change', tell);
	text.addEventListener('input', () => {
		window.clearTimeout(typing);
		typing = window.setTimeout(tell, TYPING_MS);
	});
	clear.addEventListener('click', () => {
		for (const control of [status, endpoint, type, text]) control.value = '';
		tell();
		text.focus();
	});
	document.addEventListener('keydown', (event) => {
		const isTyping =
			event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
		if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
		event.preventDefault();
		text.focus();
	});
	offer(type, types);
	return {
		update: (view, endpoints) => {
			offer(endpoint, endpoints);
			choose(endpoint, view.endpoint);
			choose(type, view.type);
			status.value = view.status;
			if (document.activeElement !== text) text.value = view.text;
			clear.hidden = !isFiltered(view);
		},
	};
}

/** Offers values besides the first one, which stands for all. */
function offer(select: HTMLSelectElement, values: readonly string[]): void {
	const [all, ...offered] = select.options;
	const known = offered.map(({ value }) => value);
	if (all === undefined || known.join('\n') === values.join('\n')) return;
	const chosen = select.value;
	select.replaceChildren(all, ...values.map((value) => element('option', { value }, value)));
	choose(select, chosen);
}

/** Chooses a value; one that is not offered (any more) is added. */
function choose(select: HTMLSelectElement, value: string): void {
	if (![...select.options].some((option) => option.value === value)) {
		select.append(element('option', { value }, value));
	}
	select.value = value;
}
