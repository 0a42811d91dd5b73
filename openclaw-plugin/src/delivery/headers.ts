import type { Endpoint } from '../endpoints/endpoint';
import { formatDeliveryId } from '../outbox/delivery';
import type { DueDelivery } from '../outbox/queue';
import { createEventKeys, MAX_SIGNATURES, signEvent } from '../protocol';
import type { EventKeys } from '../protocol';

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

/** What is the same in all requests to an endpoint. */
interface Prepared {
	readonly version: string;
	readonly headers: Readonly<Record<string, string>>;
	/** Undefined: nothing signs. */
	readonly keys: EventKeys | undefined;
}

/** Kept for as long as the endpoint itself: other settings or secrets are another endpoint. */
const prepared = new WeakMap<HeaderParts['endpoint'], Prepared>();

/**
 * Makes the headers of an attempt: the endpoint's own ones, and the protocol's. Each attempt is signed
 * anew by all secrets of the endpoint, the newest five at most; without a secret it is unsigned.
 */
export function deliveryHeaders(parts: HeaderParts): Record<string, string> {
	const { endpoint, delivery, body, attempt, now, version } = parts;
	const known = prepared.get(endpoint);
	const { headers, keys } = known?.version === version ? known : prepare(endpoint, version);
	const { id, eventId, eventType } = delivery;
	const timestamp = Math.floor(now / 1000);
	return {
		...headers,
		'X-OpenClaw-Event': eventType,
		'X-OpenClaw-Delivery': formatDeliveryId(id),
		'X-OpenClaw-Attempt': String(attempt),
		...(keys && signEvent({ id: eventId, body, timestamp, secret: keys })),
	};
}

function prepare(endpoint: HeaderParts['endpoint'], version: string): Prepared {
	const headers = new Map<string, readonly [string, string]>([
		['content-type', ['Content-Type', 'application/json']],
		['user-agent', ['User-Agent', `OpenClaw-Event-Webhooks/${version}`]],
	]);
	for (const [name, value] of Object.entries(endpoint.headers ?? {})) {
		if (!RESERVED.test(name)) headers.set(name.toLowerCase(), [name, value]);
	}
	const secrets = endpoint.secrets.slice(0, MAX_SIGNATURES);
	const made: Prepared = {
		version,
		headers: Object.fromEntries(headers.values()),
		keys: secrets.length === 0 ? undefined : createEventKeys(secrets),
	};
	prepared.set(endpoint, made);
	return made;
}
