import type { Delivery, DeliveryAttempt, DeliveryDetails } from '../../outbox/delivery';
import { formatAge, formatDuration } from '../../timeText';
import { button, countText, element, part, setText, statusElement, timeElement } from './element';
import type { Content } from './element';

/** What can be done with a row. */
export interface RowActions {
	onOpen(id: string): void;
	/** Undefined where the viewer may not. */
	readonly onReplay: ((id: string) => Promise<void>) | undefined;
}

/** One row, whose cells are changed in place: focus and selection stay where they are. */
interface Row {
	readonly node: HTMLElement;
	update(delivery: Delivery, now: number): void;
}

/** Shows deliveries, one row each. */
export function createDeliveryTable(actions: RowActions) {
	const body = part('rows', HTMLElement);
	const rows = new Map<string, Row>();
	return (deliveries: readonly Delivery[], now: number): void => {
		const shown = new Set(deliveries.map(({ id }) => id));
		for (const [id, row] of rows) {
			if (shown.has(id)) continue;
			row.node.remove();
			rows.delete(id);
		}
		let next = body.firstElementChild;
		for (const delivery of deliveries) {
			const row = rows.get(delivery.id) ?? createRow(delivery, actions);
			rows.set(delivery.id, row);
			row.update(delivery, now);
			if (row.node === next) next = next.nextElementSibling;
			else body.insertBefore(row.node, next);
		}
	};
}

function createRow({ id, eventType, endpoint, createdAt }: Delivery, actions: RowActions): Row {
	const cell = (name: string, label: string) =>
		element('span', { role: 'cell', class: `cell-${name}`, 'data-label': label });
	const status = cell('status', 'Status');
	const response = cell('response', 'Response');
	const attempts = cell('tries', 'Tries');
	const reason = cell('reason', 'Reason');
	const created = cell('created', 'Created');
	const event = cell('event', 'Event');
	const open = button({ class: 'link', 'aria-haspopup': 'dialog' }, eventType, () => {
		actions.onOpen(id);
	});
	event.append(open);
	const target = cell('endpoint', 'Endpoint');
	target.textContent = endpoint;
	const action = element('span', { role: 'cell', class: 'cell-action' });
	const { onReplay } = actions;
	const replay =
		onReplay === undefined
			? undefined
			: button({ 'aria-label': `Replay ${eventType} to ${endpoint}` }, 'Replay', () =>
					onReplay(id),
				);
	if (replay !== undefined) action.append(replay);
	const node = element(
		'div',
		{ role: 'row', class: 'row', 'data-id': id },
		...[status, event, target, response, attempts, reason, created, action],
	);
	// The whole row can be pressed; for keyboards and readers, the event's name is the button.
	node.addEventListener('click', ({ target: pressed }) => {
		const isButton = pressed instanceof Element && pressed.closest('button') !== null;
		if (!isButton && document.getSelection()?.isCollapsed !== false) actions.onOpen(id);
	});
	return {
		node,
		update: (delivery, now) => {
			if (node.dataset.status !== delivery.status) {
				node.dataset.status = delivery.status;
				status.replaceChildren(statusElement(delivery.status));
			}
			setText(response, responseText(delivery));
			setText(attempts, String(delivery.attempts));
			setText(reason, reasonText(delivery, now));
			reason.title = delivery.reason ?? '';
			if (created.firstChild === null) created.append(timeElement(createdAt, now));
			else
				setText(created.firstElementChild as HTMLElement, timeElement(createdAt, now).textContent);
			if (replay !== undefined) replay.hidden = delivery.status === 'pending';
		},
	};
}

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
	const { id, status, attemptLog, isBodyKept } = delivery;
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
		onReplay === undefined || status === 'pending' || isBodyKept === false
			? undefined
			: button({ class: 'primary' }, 'Replay this delivery', () => onReplay(id)),
		element('h3', {}, countText(attemptLog.length, 'attempt', 'attempts')),
		element(
			'ol',
			{ class: 'attempts' },
			...attemptLog.map((attempt) => attemptElement(attempt, now)),
		),
		element('h3', {}, 'Event'),
		isBodyKept === false
			? element('p', {}, 'Body not kept: the endpoint wants it to be dropped once it is delivered.')
			: undefined,
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

/** What the endpoint answered, and how fast. */
function responseText({ responseStatus, responseTimeMs }: Delivery): string {
	const time = responseTimeMs === undefined ? '' : formatDuration(responseTimeMs);
	if (responseStatus === undefined) return time === '' ? '–' : `none, ${time}`;
	return time === '' ? String(responseStatus) : `${String(responseStatus)}, ${time}`;
}

/** Why it failed, and when it is tried again. */
function reasonText({ reason = '', nextAttemptAt }: Delivery, now: number): string {
	if (nextAttemptAt === undefined || (reason === '' && nextAttemptAt <= now)) return reason;
	const next = nextAttemptAt <= now ? 'due now' : `next try ${formatAge(nextAttemptAt, now)}`;
	return reason === '' ? next : `${reason} (${next})`;
}
