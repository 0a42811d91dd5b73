import type { Endpoint } from '../endpoints/endpoint';
import { formatDeliveryId } from '../log/deliveryId';
import type { DueDelivery } from '../outbox/queue';
import { MAX_SIGNATURES, signEvent } from '../protocol';

/** What the headers of one attempt say. */
export interface HeaderParts {
	readonly endpoint: Pick<Endpoint, 'secrets' | 'headers'>;
	readonly delivery: Pick<DueDelivery, 'id' | 'eventId' | 'eventType'>;
	/** The body exactly as it is sent. */
	readonly body: string;
	/** From 1. */
	readonly attempt: number;
	/** When the attempt is made, milliseconds since 1970. */
	readonly now: number;
	/** Version of the plugin. */
	readonly version: string;
}

/** What the endpoint's settings cannot change: what is signed, and how the request is framed. */
const RESERVED =
	/^(?:x-openclaw-(?:timestamp|signature|event|delivery|attempt)|webhook-(?:id|timestamp|signature)|content-length|transfer-encoding|connection|keep-alive|upgrade|expect|te|trailer)$/i;

/**
 * Makes the headers of an attempt: the endpoint's own ones, and the protocol's. Each attempt is signed
 * anew by all secrets of the endpoint, the newest five at most; without a secret it is unsigned.
 */
export function deliveryHeaders(parts: HeaderParts): Record<string, string> {
	const { endpoint, delivery, body, attempt, now, version } = parts;
	const headers = new Map<string, readonly [string, string]>([
		['content-type', ['Content-Type', 'application/json']],
		['user-agent', ['User-Agent', `OpenClaw-Event-Webhooks/${version}`]],
	]);
	for (const [name, value] of Object.entries(endpoint.headers ?? {})) {
		if (!RESERVED.test(name)) headers.set(name.toLowerCase(), [name, value]);
	}
	return {
		...Object.fromEntries(headers.values()),
		'X-OpenClaw-Event': delivery.eventType,
		'X-OpenClaw-Delivery': formatDeliveryId(delivery.id),
		'X-OpenClaw-Attempt': String(attempt),
		...sign(endpoint.secrets, delivery.eventId, body, now),
	};
}

function sign(
	secrets: readonly string[],
	id: string,
	body: string,
	now: number,
): Record<string, string> {
	if (secrets.length === 0) return {};
	const timestamp = Math.floor(now / 1000);
	return signEvent({ id, body, timestamp, secret: secrets.slice(0, MAX_SIGNATURES) });
}
