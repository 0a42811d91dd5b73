import type { DeliveryResponse } from './request';
import { readRetryAfter } from './retryAfter';

/** What a response means for its delivery and its endpoint. */
export type Outcome =
	| { readonly kind: 'delivered' }
	/** The receiver wants no more events (410). */
	| { readonly kind: 'gone'; readonly error: string }
	/** Trying again would not help, which says nothing about the endpoint. */
	| { readonly kind: 'final'; readonly error: string }
	/** The gateway stops: as if the request had not been made. */
	| { readonly kind: 'interrupted' }
	| {
			readonly kind: 'failed';
			readonly error: string;
			/** Whether other events would fail as well. */
			readonly isEndpointFault: boolean;
			/** Whether another event might fare better: it got to the receiver. */
			readonly rotatesProbe: boolean;
			readonly retryAfterMs: number | undefined;
	  };

/** Hints for answers that have a usual cause. */
const HINTS: ReadonlyMap<number, string> = new Map([
	[401, 'it refused the signature or the credentials. Probably it has another secret'],
	[403, 'it refused the signature or the credentials. Probably it has another secret'],
	[404, 'it has nothing at this URL (an n8n workflow that is not published answers so)'],
	[408, 'it waited too long for the request'],
	[413, 'the event is too large for it'],
	[429, 'it got too many requests'],
]);

/** What n8n answers to every request, with a 200, while it prepares its database. */
const N8N_STARTS = 'n8n is starting up';

const NOT_READY: Outcome = {
	kind: 'failed',
	error: 'HTTP 200: n8n is starting up, and has not taken the event',
	isEndpointFault: true,
	rotatesProbe: true,
	retryAfterMs: undefined,
};

/** Answers that would be the same for any event: wrong URL, wrong secret, too much at once. */
const ENDPOINT_STATUSES: ReadonlySet<number> = new Set([401, 403, 404, 405, 407, 408, 421, 429]);
/** Those of them that are about the host rather than the URL. */
const HOST_STATUSES: ReadonlySet<number> = new Set([407, 408, 429]);

/** What a response is read with. */
export interface OutcomeContext {
	/** Milliseconds since 1970, for a `Retry-After` that is a date. */
	readonly now: number;
	/** Whether the delivery has a URL of its own: what it answers there is not about the endpoint. */
	readonly hasOwnUrl: boolean;
}

/**
 * Reads a response. Every 2xx is a delivery, but for n8n's while it starts and takes nothing; 410 ends
 * deliveries, all else is tried again.
 */
export function readOutcome(
	response: DeliveryResponse,
	{ now, hasOwnUrl }: OutcomeContext,
): Outcome {
	if (response.kind === 'unanswered') {
		const { reason, message } = response;
		if (reason === 'stopped') return { kind: 'interrupted' };
		return {
			kind: 'failed',
			error: message,
			isEndpointFault: true,
			rotatesProbe: reason === 'timeout',
			retryAfterMs: undefined,
		};
	}
	const { status, location, retryAfter, body } = response;
	if (status === 200 && body.startsWith(N8N_STARTS)) return NOT_READY;
	if (status >= 200 && status < 300) return { kind: 'delivered' };
	if (status === 410) {
		const error = 'HTTP 410: the receiver wants no more events';
		return { kind: hasOwnUrl ? 'final' : 'gone', error };
	}
	return {
		kind: 'failed',
		error: describe(status, location),
		isEndpointFault: isEndpointFault(status, hasOwnUrl),
		rotatesProbe: true,
		retryAfterMs: readRetryAfter(retryAfter, now),
	};
}

function isEndpointFault(status: number, hasOwnUrl: boolean): boolean {
	if (status >= 500) return true;
	return hasOwnUrl ? HOST_STATUSES.has(status) : status < 400 || ENDPOINT_STATUSES.has(status);
}

function describe(status: number, location: string | undefined): string {
	const code = `HTTP ${String(status)}`;
	if (status >= 300 && status < 400) {
		return `${code}: the receiver redirects${hostOf(location)}; set the endpoint's url to where it is`;
	}
	const hint = HINTS.get(status);
	if (hint !== undefined) return `${code}: ${hint}`;
	return status >= 500 ? `${code}: the receiver failed` : `${code}: the receiver refused the event`;
}

/** The rest of a URL may hold what is secret. */
function hostOf(location: string | undefined): string {
	if (location === undefined || !URL.canParse(location)) return '';
	return ` to ${new URL(location).origin}`;
}
