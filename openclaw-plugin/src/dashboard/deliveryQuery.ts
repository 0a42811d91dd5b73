import { refuse } from '../http/answers';
import type { Checked } from '../http/answers';
import { DELIVERY_STATUSES } from '../outbox/delivery';
import type { DeliveryQuery } from '../outbox/delivery';

const PAGE_SIZE = 50;
const TEXT_FIELDS = ['endpoint', 'type', 'text', 'before'] as const;
const MAX_TEXT_LENGTH = 500;

/** Reads what the page wants to see from the query of its request. */
export function readDeliveryQuery(query: URLSearchParams): Checked<DeliveryQuery> {
	const wanted = query.get('status') ?? '';
	const status = DELIVERY_STATUSES.find((known) => known === wanted);
	if (wanted !== '' && status === undefined) return invalid('status');
	const fields: [string, string][] = [];
	for (const name of TEXT_FIELDS) {
		const value = query.get(name) ?? '';
		if (value.length > MAX_TEXT_LENGTH) return invalid(name);
		if (value !== '') fields.push([name, value]);
	}
	if (!/^(?:dlv_\d+)?$/.test(query.get('before') ?? '')) return invalid('before');
	return {
		ok: true,
		value: {
			recent: PAGE_SIZE,
			...(status === undefined ? {} : { status }),
			...Object.fromEntries(fields),
		},
	};
}

function invalid(path: string): Checked<DeliveryQuery> {
	return refuse({ status: 400, code: 'invalid-query', message: `'${path}' is not usable`, path });
}
