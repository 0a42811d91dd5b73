import type { IncomingMessage } from 'node:http';
import { refuse } from '../http/answers';
import type { Checked } from '../http/answers';
import { parseJsonBody, readLimitedBody } from '../http/body';
import { parseDeliveryId } from '../outbox/delivery';

/** Which deliveries to send again. */
export type WantedReplay =
	| { readonly deliveryIds: readonly number[] }
	| { readonly status: 'failed'; readonly endpoint: string | undefined };

const MAX_IDS = 500;

/** Reads the body of `POST …/replay`. */
export async function readReplayRequest(request: IncomingMessage): Promise<Checked<WantedReplay>> {
	// A page of another site could send other types without asking the browser.
	if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
		return refuse({ status: 415, code: 'not-json', message: 'Send the body as application/json' });
	}
	const body = await readLimitedBody(request);
	if (!body.ok) return body;
	const parsed = parseJsonBody(request.headers, body.value);
	return parsed.ok ? readSelection(parsed.value) : parsed;
}

function readSelection(value: unknown): Checked<WantedReplay> {
	if (typeof value !== 'object' || value === null) return unusable();
	if ('deliveryIds' in value) return readIds(value.deliveryIds);
	if (!('status' in value) || value.status !== 'failed') return unusable();
	const endpoint = 'endpoint' in value ? value.endpoint : undefined;
	if (endpoint !== undefined && typeof endpoint !== 'string') return unusable();
	return { ok: true, value: { status: 'failed', endpoint } };
}

function readIds(ids: unknown): Checked<WantedReplay> {
	if (!Array.isArray(ids) || ids.length === 0 || ids.length > MAX_IDS) return unusable();
	const numbers = ids.map((id: unknown) =>
		typeof id === 'string' ? parseDeliveryId(id) : undefined,
	);
	const deliveryIds = numbers.filter((number) => number !== undefined);
	return deliveryIds.length === ids.length ? { ok: true, value: { deliveryIds } } : unusable();
}

function unusable(): Checked<WantedReplay> {
	return refuse({
		status: 400,
		code: 'invalid-selection',
		message: `Give 'deliveryIds' (1 to ${String(MAX_IDS)} of them), or 'status': 'failed'`,
	});
}
