import type { Delivery } from '../../outbox/delivery';
import { reasonText, responseText, statusElement, timeElement } from './deliveryTexts';
import { button, element, part, setText } from './element';

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
