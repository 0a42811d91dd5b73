import type { LiveState } from '../apiTypes';
import { numberText } from './deliveryTexts';
import { element, part } from './element';

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
