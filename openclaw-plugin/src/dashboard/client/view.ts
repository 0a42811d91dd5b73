import { DELIVERY_STATUSES } from '../../outbox/delivery';
import type { DeliveryQuery, DeliveryStatus } from '../../outbox/delivery';

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
