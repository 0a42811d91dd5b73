/** `pending`: waiting for its next attempt. `failed`: no attempt is left; it can be replayed. */
export type DeliveryStatus = 'pending' | 'delivered' | 'failed';

export const DELIVERY_STATUSES: readonly DeliveryStatus[] = ['pending', 'delivered', 'failed'];

/** One event on its way to one endpoint. Times are milliseconds since 1970. */
export interface Delivery {
	/** `dlv_…`, as in `X-OpenClaw-Delivery`. */
	readonly id: string;
	readonly status: DeliveryStatus;
	/** Name of the endpoint, which may have been removed since. */
	readonly endpoint: string;
	/** `ep_…` */
	readonly endpointId: string;
	readonly eventId: string;
	readonly eventType: string;
	readonly createdAt: number;
	/** Requests made for it, those before a replay among them. */
	readonly attempts: number;
	/** Of a pending one: when it is tried next. */
	readonly nextAttemptAt?: number;
	/** When it was delivered, or given up. */
	readonly settledAt?: number;
	/** HTTP status of the last answer; absent where none came. */
	readonly responseStatus?: number;
	/** Milliseconds that the last attempt took. */
	readonly responseTimeMs?: number;
	/** Why the last attempt failed. */
	readonly reason?: string;
}

/** One request for a delivery. */
export interface DeliveryAttempt {
	/** From 1. */
	readonly number: number;
	readonly startedAt: number;
	readonly durationMs: number;
	/** HTTP status; absent where no answer came. */
	readonly status?: number;
	/** Why it failed. */
	readonly reason?: string;
	/** Beginning of the answer's body. */
	readonly response?: string;
}

/** A delivery with all that is known about it. */
export interface DeliveryDetails extends Delivery {
	/** The event as the endpoint sees it, before its transform; without `data` where the body is not kept. */
	readonly event: unknown;
	/** There where the endpoint wants bodies to be dropped once they are delivered, and this one is. */
	readonly isBodyKept?: false;
	/** In the order in which they were made. */
	readonly attemptLog: readonly DeliveryAttempt[];
}

/** Which deliveries to list; all that is given must match. */
export interface DeliveryQuery {
	/** How many at most: 1 to 500, 20 unless given. */
	readonly recent?: number;
	readonly status?: DeliveryStatus;
	/** Name of the endpoint: all that have had it; or its id, `ep_…`. */
	readonly endpoint?: string;
	readonly type?: string;
	/** Part of the event or of the failure's reason; case counts for letters beyond ASCII only. */
	readonly text?: string;
	/** Lists what is older than this delivery (`dlv_…`): {@link DeliveryPage.next} of the page before. */
	readonly before?: string;
	/** Only what was created at this time or later, milliseconds since 1970. */
	readonly since?: number;
	/** Only what was created before this time, milliseconds since 1970. */
	readonly until?: number;
}

/** Part of the list of deliveries, newest first. */
export interface DeliveryPage {
	readonly deliveries: readonly Delivery[];
	/**
	 * Where the list goes on, as {@link DeliveryQuery.before}; absent at its end. A search for a text
	 * looks through a limited number of deliveries at a time: it may go on after a page with few or none.
	 */
	readonly next?: string;
}

const DELIVERY_ID = /^(?:dlv_)?([1-9]\d{0,14})$/;

/**
 * Writes the number of a delivery as people and receivers see it: `X-OpenClaw-Delivery` carries it.
 *
 * @example
 * formatDeliveryId(42); // 'dlv_42'
 */
export function formatDeliveryId(number: number): string {
	return `dlv_${String(number)}`;
}

/**
 * Reads a delivery's number; undefined when the text is none.
 *
 * @example
 * parseDeliveryId('dlv_42'); // 42
 */
export function parseDeliveryId(text: string): number | undefined {
	const digits = DELIVERY_ID.exec(text.trim())?.[1];
	return digits === undefined ? undefined : Number(digits);
}
