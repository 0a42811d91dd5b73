import { DELIVERY_STATUSES } from '../../outbox/delivery';
import type { DeliveryQuery, DeliveryStatus } from '../../outbox/delivery';
import { element, part } from './element';

/** What the viewer has chosen to see. It is kept in the address, so that it survives a new load. */
export interface View {
	readonly status: DeliveryStatus | '';
	readonly endpoint: string;
	readonly type: string;
	readonly text: string;
	readonly isPaused: boolean;
	/** Delivery that is open; empty for none. */
	readonly opened: string;
}

/** Reads a view from the part of an address after `#`. */
export function readView(hash: string): View {
	const values = new URLSearchParams(hash.replace(/^#/, ''));
	const text = (name: string) => values.get(name) ?? '';
	return {
		status: DELIVERY_STATUSES.find((status) => status === text('status')) ?? '',
		endpoint: text('endpoint'),
		type: text('type'),
		text: text('text'),
		isPaused: text('paused') === 'yes',
		opened: /^dlv_\d+$/.test(text('open')) ? text('open') : '',
	};
}

/** Writes a view so that {@link readView} reads it again. */
export function writeView({ isPaused, opened, ...filters }: View): string {
	const values = new URLSearchParams();
	for (const [name, value] of Object.entries(filters)) if (value !== '') values.set(name, value);
	if (isPaused) values.set('paused', 'yes');
	if (opened !== '') values.set('open', opened);
	return values.toString();
}

/** What to ask the gateway for. */
export function queryOf(view: View, before: string | undefined): DeliveryQuery {
	const { status, endpoint, type } = view;
	const text = view.text.trim();
	return {
		...(status === '' ? {} : { status }),
		...(endpoint === '' ? {} : { endpoint }),
		...(type === '' ? {} : { type }),
		...(text === '' ? {} : { text }),
		...(before === undefined ? {} : { before }),
	};
}

/** Whether deliveries are left out. */
export function isFiltered({ status, endpoint, type, text }: View): boolean {
	return [status, endpoint, type, text.trim()].some((value) => value !== '');
}

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

/** Leads from page to page of a long list. */
export interface Pages {
	/** Where the shown page begins; undefined for the newest. */
	readonly before: string | undefined;
	/** Goes back to the newest page. */
	reset(): void;
	/** @param next where the list goes on; undefined at its end */
	update(next: string | undefined, olderLabel: string): void;
}

/** @param onTurn when another page is to be shown */
export function createPages(onTurn: () => void): Pages {
	const newest = part('newest', HTMLButtonElement);
	const newer = part('newer', HTMLButtonElement);
	const older = part('older', HTMLButtonElement);
	/** Where the pages from the second one to the shown one begin. */
	const starts: string[] = [];
	let following: string | undefined;
	newest.addEventListener('click', () => {
		starts.length = 0;
		onTurn();
	});
	newer.addEventListener('click', () => {
		starts.pop();
		onTurn();
	});
	older.addEventListener('click', () => {
		if (following !== undefined) starts.push(following);
		onTurn();
	});
	return {
		get before() {
			return starts.at(-1);
		},
		reset: () => {
			starts.length = 0;
		},
		update: (next, olderLabel) => {
			following = next;
			newest.hidden = starts.length < 2;
			newer.hidden = starts.length === 0;
			older.hidden = next === undefined;
			older.textContent = olderLabel;
		},
	};
}
