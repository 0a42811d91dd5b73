import type { Endpoint } from '../endpoints/endpoint';
import type { Settlement } from '../outbox/outbox';
import type { DeliveryHealth } from './health';
import type { DeliveryResponse } from './httpClient';
import { isPage, shorten } from './redact';
import {
	afterFailure,
	afterHold,
	FREE_PACE,
	nextWait,
	readHttpDate,
	readRetryAfter,
} from './schedule';
import type { DeliveryClock } from './schedule';

/** What an attempt means for its delivery and its endpoint. */
export type Outcome =
	/** `warning`: what its owner should look at all the same. */
	| { readonly kind: 'delivered'; readonly warning?: string }
	/** The receiver wants no more events (410). */
	| { readonly kind: 'gone'; readonly error: string }
	/** Trying again would not help, which says nothing about the endpoint. */
	| { readonly kind: 'final'; readonly error: string }
	/** The receiver read the event and refuses it, which says nothing about the endpoint. */
	| { readonly kind: 'refused'; readonly error: string }
	/** The gateway stops: as if the request had not been made. */
	| { readonly kind: 'interrupted' }
	/** The endpoint cannot be sent to now, whatever the event: a try is not used up. */
	| {
			readonly kind: 'held';
			readonly error: string;
			/** Who is in the way: the receiver asks for time, or our own side cannot get to it. */
			readonly by: 'receiver' | 'proxy' | 'settings';
			readonly askedMs: number | undefined;
	  }
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

/** Answers about the content of one event, if the receiver says why. */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 422]);
/** How often a receiver may refuse an event until it is given up. */
const MAX_REFUSALS = 3;

/** Answers that would be the same for any event: wrong URL, wrong secret, too much at once. */
const ENDPOINT_STATUSES: ReadonlySet<number> = new Set([401, 403, 404, 405, 407, 408, 421]);
/** Those of them that are about the host rather than the URL. */
const HOST_STATUSES: ReadonlySet<number> = new Set([407, 408]);

type Receiver = Pick<Endpoint, 'kind' | 'registrant' | 'name'>;

/**
 * Reads what came of a request. Every 2xx is a delivery, but for a page: n8n's while it starts, or that of
 * a login, where n8n registered the endpoint. 410 ends deliveries, 429 (and 503 with `Retry-After`) holds
 * the endpoint, all else is tried again.
 *
 * @param now milliseconds since 1970, for a `Retry-After` that is a date
 */
export function readOutcome(response: DeliveryResponse, receiver: Receiver, now: number): Outcome {
	if (response.kind === 'unanswered') return readFailure(response);
	const { status, body, contentType } = response;
	if (status >= 200 && status < 300) {
		if (status === 200 && body.startsWith(N8N_STARTS)) {
			return failed('HTTP 200: n8n is starting up, and has not taken the event');
		}
		return isPage(contentType) ? readPage(status, receiver) : { kind: 'delivered' };
	}
	if (response.isFromProxy) {
		const error = `HTTP ${String(status)}: the proxy wants other credentials. See HTTP_PROXY, HTTPS_PROXY or the gateway's proxy.proxyUrl`;
		return { kind: 'held', by: 'proxy', error, askedMs: undefined };
	}
	// A callback goes to a URL of its own: what that answers is not about the endpoint.
	const isCallback = receiver.kind === 'callback';
	if (status === 410) {
		const error = 'HTTP 410: the receiver wants no more events';
		return { kind: isCallback ? 'final' : 'gone', error };
	}
	const askedMs = readRetryAfter(response.retryAfter, readHttpDate(response.date) ?? now);
	const error = describe(response);
	const isPutOff = status === 503 && askedMs !== undefined;
	if (status === 429 || (isPutOff && !isCallback)) {
		return { kind: 'held', by: 'receiver', error, askedMs };
	}
	if (REFUSALS.has(status) && body.trim() !== '') return { kind: 'refused', error };
	return {
		kind: 'failed',
		error,
		isEndpointFault: !isPutOff && isEndpointFault(status, isCallback),
		rotatesProbe: true,
		retryAfterMs: askedMs,
	};
}

function readFailure({
	reason,
	message,
}: Extract<DeliveryResponse, { kind: 'unanswered' }>): Outcome {
	if (reason === 'stopped') return { kind: 'interrupted' };
	if (reason === 'proxy' || reason === 'settings') {
		return { kind: 'held', by: reason, error: message, askedMs: undefined };
	}
	return failed(message, { rotatesProbe: reason === 'timeout' });
}

/** A login page, a proxy's or a wrong URL's: n8n itself answers no events with a page. */
function readPage(status: number, { registrant, kind }: Receiver): Outcome {
	const code = `HTTP ${String(status)}`;
	if (registrant === undefined || kind === 'callback') {
		const warning = `It answered ${code} with a web page (text/html). See whether its url is right and no login is in front of it`;
		return { kind: 'delivered', warning };
	}
	return failed(
		`${code} with a web page (text/html) instead of n8n's answer: something in front of n8n has answered, such as a login. The event has not reached it`,
	);
}

/** A failure that other events would meet, too. */
export function failed(
	error: string,
	more: { readonly isEndpointFault?: boolean; readonly rotatesProbe?: boolean } = {},
): Outcome {
	const defaults = { isEndpointFault: true, rotatesProbe: true };
	return { kind: 'failed', error, ...defaults, ...more, retryAfterMs: undefined };
}

function isEndpointFault(status: number, isCallback: boolean): boolean {
	if (status >= 500) return true;
	return isCallback ? HOST_STATUSES.has(status) : status < 400 || ENDPOINT_STATUSES.has(status);
}

function describe(response: Extract<DeliveryResponse, { kind: 'answered' }>): string {
	const { status, location, body, contentType } = response;
	const code = `HTTP ${String(status)}`;
	if (status >= 300 && status < 400) {
		return `${code}: the receiver redirects${hostOf(location)}; set the endpoint's url to where it is`;
	}
	const hint = HINTS.get(status) ?? (status >= 500 ? 'the receiver failed' : undefined);
	const text = `${code}: ${hint ?? 'the receiver refused the event'}`;
	const isAboutEvent = hint === undefined || REFUSALS.has(status);
	const answer = isAboutEvent ? shorten(body, contentType) : '';
	return answer === '' ? text : `${text}: ${answer}`;
}

/** The rest of a URL may hold what is secret. */
function hostOf(location: string | undefined): string {
	if (location === undefined || !URL.canParse(location)) return '';
	return ` to ${new URL(location).origin}`;
}

/** The delivery that an outcome is about. */
export interface SettlementContext {
	readonly retry: Endpoint['retry'];
	/** Tries used up before this attempt. */
	readonly tries: number;
	/** How often the receiver has refused the event before. */
	readonly refusals: number;
	/** Whether it was made to find out if the endpoint works again. */
	readonly isProbe: boolean;
	/**
	 * Milliseconds until another try can be signed in a second of its own: by the signed time a receiver
	 * tells a try from a copy of an earlier one. 0: it does not go by that.
	 */
	readonly leastWaitMs: number;
	readonly now: number;
	/** From 0 to 1. */
	readonly random: number;
}

/**
 * Decides what becomes of a delivery. What is about the endpoint rather than the event uses up no try
 * while the endpoint is held or probed; a receiver's `Retry-After` makes a wait longer, never shorter.
 *
 * @returns undefined when the attempt does not count at all
 */
export function settlementOf(outcome: Outcome, context: SettlementContext): Settlement | undefined {
	switch (outcome.kind) {
		case 'interrupted':
			return undefined;
		case 'delivered':
			return { state: 'delivered' };
		case 'final':
			return { state: 'failed' };
		// The endpoint is disabled with it, and its queue kept: this one waits as the others do.
		case 'gone':
		case 'held':
			return { state: 'retry', usesTry: false };
		case 'refused':
			return context.refusals + 1 >= MAX_REFUSALS ? { state: 'failed' } : tryAgain(context, 0);
		case 'failed':
			if (context.isProbe && outcome.isEndpointFault) return { state: 'retry', usesTry: false };
			return tryAgain(context, outcome.retryAfterMs ?? 0);
	}
}

function tryAgain(
	{ retry, tries, leastWaitMs, now, random }: SettlementContext,
	askedMs: number,
): Settlement {
	const wait = nextWait(retry, tries + 1, random);
	if (wait === undefined) return { state: 'failed' };
	return { state: 'retry', nextAt: now + Math.max(wait, askedMs, leastWaitMs), usesTry: true };
}

/** Days without a success after which an endpoint is disabled, if it was tried. */
const MAX_FAILING_DAYS = 5;
const MIN_FAILURES_TO_DISABLE = 5;

/** What an attempt says about how its endpoint does. */
export function healthAfter(
	health: DeliveryHealth,
	outcome: Outcome,
	clock: DeliveryClock,
	random: number,
): DeliveryHealth {
	const now = clock.now();
	switch (outcome.kind) {
		case 'interrupted':
			return health;
		case 'delivered':
			return { ...working(health), lastSuccessAt: now, lastWarning: outcome.warning };
		case 'refused':
			return { ...working(health), lastFailureAt: now, lastError: outcome.error };
		case 'final':
		case 'gone':
			return { ...health, lastFailureAt: now, lastError: outcome.error };
		case 'held': {
			const hold = { reason: outcome.error, askedMs: outcome.askedMs };
			const pace = afterHold(health.pace, clock.elapsed(), hold);
			return outcome.by === 'receiver' ? { ...failing(health, clock), pace } : { ...health, pace };
		}
		case 'failed': {
			const about = { lastFailureAt: now, lastError: outcome.error };
			if (!outcome.isEndpointFault) return { ...working(health), ...about };
			const pace = afterFailure(health.pace, clock.elapsed(), random);
			return { ...failing(health, clock), pace, ...about };
		}
	}
}

/** An endpoint that refuses one event works. */
function working(health: DeliveryHealth): DeliveryHealth {
	return { ...health, pace: FREE_PACE, failingSince: undefined, isFailingTold: false };
}

function failing(health: DeliveryHealth, clock: DeliveryClock): DeliveryHealth {
	if (health.failingSince !== undefined) return health;
	const failingSince = { at: clock.now(), elapsed: clock.elapsed(), day: clock.day() };
	return { ...health, failingSince };
}

/** Why an endpoint is to be disabled after an attempt; undefined: it is not. */
export function reasonToDisable(
	{ kind }: Receiver,
	outcome: Outcome,
	{ pace, failingSince, lastError }: DeliveryHealth,
	clock: DeliveryClock,
): string | undefined {
	if (outcome.kind === 'gone') return outcome.error;
	if (kind === 'callback' || failingSince === undefined) return undefined;
	if (pace.failures + pace.holds < MIN_FAILURES_TO_DISABLE) return undefined;
	const days = clock.day() - failingSince.day;
	if (days < MAX_FAILING_DAYS) return undefined;
	const last = pace.holdReason ?? lastError ?? '';
	return `It took no event for ${String(days)} days, the last time with: ${last}`;
}
