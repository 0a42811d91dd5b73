import type { DeliveryAttempt, DeliveryDetails } from '../../outbox/delivery';
import { formatDuration } from '../../timeText';
import { countText, reasonText, responseText, statusElement, timeElement } from './deliveryTexts';
import { button, element, part } from './element';
import type { Content } from './element';

/** Shows one delivery in a dialog of its own. */
export interface DetailsPanel {
	show(delivery: DeliveryDetails, now: number): void;
	/** Instead of a delivery. */
	showText(id: string, text: string): void;
	close(): void;
}

/**
 * @param onReplay undefined where the viewer may not
 * @param onClose when the viewer has closed it
 */
export function createDetailsPanel(
	onReplay: ((id: string) => Promise<void>) | undefined,
	onClose: () => void,
): DetailsPanel {
	const dialog = part('details', HTMLDialogElement);
	let shown = '';
	dialog.addEventListener('close', () => {
		shown = '';
		onClose();
	});
	// A press beside the dialog arrives at its backdrop, which is the dialog itself.
	dialog.addEventListener('click', ({ target }) => {
		if (target === dialog) dialog.close();
	});
	const fill = (id: string, ...content: readonly Content[]) => {
		const close = button({ class: 'details-close', 'aria-label': 'Close' }, '✕', () => {
			dialog.close();
		});
		const title = element('h2', { id: 'details-title' }, id);
		const body = element('div', { class: 'details-body' }, ...content);
		const place = dialog.querySelector('.details-body')?.scrollTop ?? 0;
		const hadFocus = dialog.contains(document.activeElement);
		dialog.replaceChildren(element('div', { class: 'details-head' }, title, close), body);
		body.scrollTop = place;
		if (!dialog.open) dialog.showModal();
		if (hadFocus || document.activeElement === document.body) close.focus();
	};
	return {
		show: (delivery, now) => {
			// What is open stays as it is until something changes: it may be being read.
			const content = JSON.stringify(delivery);
			if (content === shown) return;
			shown = content;
			fill(delivery.id, ...describe(delivery, now, onReplay));
		},
		showText: (id, text) => {
			shown = text;
			fill(id, element('p', {}, text));
		},
		close: () => {
			if (dialog.open) dialog.close();
		},
	};
}

function describe(
	delivery: DeliveryDetails,
	now: number,
	onReplay: ((id: string) => Promise<void>) | undefined,
): readonly Content[] {
	const { id, status, attemptLog } = delivery;
	const reason = reasonText(delivery, now);
	const facts: (readonly [string, Content] | undefined)[] = [
		['Status', statusElement(status)],
		['Endpoint', delivery.endpoint],
		['Event', delivery.eventType],
		['Event id', element('code', {}, delivery.eventId)],
		['Response', responseText(delivery)],
		reason === '' ? undefined : ['Reason', reason],
		['Created', timeElement(delivery.createdAt, now)],
		delivery.settledAt === undefined
			? undefined
			: ['Settled', timeElement(delivery.settledAt, now)],
	];
	const list = facts
		.filter((fact) => fact !== undefined)
		.map(([term, text]) => element('div', {}, element('dt', {}, term), element('dd', {}, text)));
	return [
		element('dl', { class: 'facts' }, ...list),
		onReplay === undefined || status === 'pending'
			? undefined
			: button({ class: 'primary' }, 'Replay this delivery', () => onReplay(id)),
		element('h3', {}, countText(attemptLog.length, 'attempt', 'attempts')),
		element(
			'ol',
			{ class: 'attempts' },
			...attemptLog.map((attempt) => attemptElement(attempt, now)),
		),
		element('h3', {}, 'Event'),
		// Can be reached and scrolled by keyboard.
		element(
			'pre',
			{ tabindex: '0', 'aria-label': 'Event as JSON' },
			JSON.stringify(delivery.event, null, 2),
		),
	];
}

function attemptElement(attempt: DeliveryAttempt, now: number): HTMLElement {
	const { status, durationMs, startedAt, reason, response } = attempt;
	const answer = status === undefined ? 'no answer' : `HTTP ${String(status)}`;
	return element(
		'li',
		{ value: String(attempt.number), 'data-failed': reason === undefined ? undefined : 'yes' },
		element('strong', {}, answer),
		` in ${formatDuration(durationMs)}, `,
		timeElement(startedAt, now),
		reason === undefined ? undefined : element('p', { class: 'attempt-reason' }, reason),
		response === undefined || response === ''
			? undefined
			: element('pre', { tabindex: '0', 'aria-label': 'Answer of the endpoint' }, response),
	);
}
