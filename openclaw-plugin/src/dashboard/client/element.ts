import type { Delivery } from '../../outbox/delivery';
import { formatAge } from '../../timeText';

/** Attributes of an element; undefined ones are left out. */
export interface Attributes {
	readonly [name: string]: string | undefined;
}

/** What an element contains; undefined parts are left out. */
export type Content = Node | string | undefined;

/**
 * Makes an element. Texts stay texts, whatever is in them.
 *
 * @example
 * element('p', { class: 'note' }, 'Nothing here, ', element('em', {}, 'yet'));
 */
export function element<Name extends keyof HTMLElementTagNameMap>(
	name: Name,
	attributes: Attributes,
	...content: readonly Content[]
): HTMLElementTagNameMap[Name] {
	const made = document.createElement(name);
	for (const [key, value] of Object.entries(attributes)) {
		if (value !== undefined) made.setAttribute(key, value);
	}
	made.append(...content.filter((part) => part !== undefined));
	return made;
}

/**
 * Makes a button that does something.
 *
 * @param onPress what; the button is disabled until it is done
 */
export function button(
	attributes: Attributes,
	content: Content,
	onPress: () => void | Promise<void>,
): HTMLButtonElement {
	const made = element('button', { type: 'button', ...attributes }, content);
	whenPressed(made, onPress);
	return made;
}

/** Does something when a button is pressed; it cannot be pressed again until that is done. */
export function whenPressed(target: HTMLButtonElement, onPress: () => void | Promise<void>): void {
	target.addEventListener('click', () => {
		const going = onPress();
		if (going === undefined) return;
		target.setAttribute('aria-busy', 'true');
		void going.finally(() => {
			target.removeAttribute('aria-busy');
		});
	});
}

/**
 * Finds a part of the page.
 *
 * @throws Error when the page lacks it
 */
export function part<Part extends HTMLElement>(id: string, type: new () => Part): Part {
	const found = document.getElementById(id);
	if (found instanceof type) return found;
	throw new Error(`The page has no ${type.name} with the id ${id}`);
}

/** Changes a text only where it differs: a selection or a reader's place in it stays. */
export function setText(target: HTMLElement, text: string): void {
	if (target.textContent !== text) target.textContent = text;
}

const counts = new Intl.NumberFormat('en');

/** @example numberText(1234); // '1,234' */
export function numberText(count: number): string {
	return counts.format(count);
}

/** @example countText(1234, 'delivery', 'deliveries'); // '1,234 deliveries' */
export function countText(count: number, one: string, many: string): string {
	return `${numberText(count)} ${count === 1 ? one : many}`;
}

/** A moment as its age; the exact time shows when it is pointed at. */
export function timeElement(time: number, now: number): HTMLTimeElement {
	const iso = new Date(time).toISOString();
	const exact = new Date(time).toLocaleString();
	return element('time', { datetime: iso, title: exact }, formatAge(time, now));
}

/** A status with its colour. */
export function statusElement(status: Delivery['status']): HTMLElement {
	return element('span', { class: 'pill', 'data-status': status }, status);
}
