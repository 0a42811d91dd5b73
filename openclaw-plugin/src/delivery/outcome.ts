import type { Endpoint } from '../endpoints/endpoint';
import type { DeliveryResponse } from './httpClient';
import { readHttpDate, readRetryAfter } from './schedule';

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

const REPLACEMENT = '[redacted]';
/** Shorter texts are no secrets, but parts of many words. */
const MIN_LENGTH = 6;
const SIGNATURE = /sha256=[0-9a-f]{64}|v1,[A-Za-z0-9+/]{43}=/g;
const MAX_KEPT_LENGTH = 2048;

/** Prepares a text for the log; undefined when nothing is left of it. */
export type Redact = (text: string) => string | undefined;

/**
 * Makes a function that shortens a receiver's answer for the log, and takes out of it what the receiver
 * may have sent back to us: secrets, values of headers, signatures, the password and query of the URL.
 */
export function createRedactor(endpoint: Pick<Endpoint, 'secrets' | 'headers'>, url: URL): Redact {
	const secrets = listSecretTexts(endpoint, url);
	return (text) => {
		let clean = text.replaceAll(SIGNATURE, REPLACEMENT);
		for (const secret of secrets) clean = clean.replaceAll(secret, REPLACEMENT);
		const beginning = clean
			.slice(0, MAX_KEPT_LENGTH)
			.replace(/[\uD800-\uDBFF]$/, '')
			.trim();
		return beginning === '' ? undefined : beginning;
	};
}

/** Whether an answer is a web page, by its `Content-Type`. */
function isPage(contentType: string | undefined): boolean {
	return /^\s*(?:text\/html|application\/xhtml\+xml)\b/i.test(contentType ?? '');
}

const MAX_QUOTE_LENGTH = 200;

/** The beginning of an answer in one line, to be quoted; of a web page its title. */
function shorten(body: string, contentType: string | undefined): string {
	const text = isPage(contentType) ? (/<title[^>]*>([^<]*)/i.exec(body)?.[1] ?? '') : body;
	const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim();
	if (line.length <= MAX_QUOTE_LENGTH) return line;
	return `${line.slice(0, MAX_QUOTE_LENGTH).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** Longest first, as one may be part of another. */
function listSecretTexts(
	{ secrets, headers }: Pick<Endpoint, 'secrets' | 'headers'>,
	url: URL,
): readonly string[] {
	const values = Object.values(headers ?? {});
	const texts = [
		...secrets,
		...secrets.map((secret) => secret.replace(/^whsec_/, '')),
		...values,
		// `Bearer <token>`: the token alone is as secret.
		...values.flatMap((value) => value.split(/\s+/)),
		url.password,
		decode(url.password),
		...[...url.searchParams.values()].flatMap((value) => [value, encodeURIComponent(value)]),
	];
	return [...new Set(texts)]
		.filter((text) => text.length >= MIN_LENGTH)
		.sort((left, right) => right.length - left.length);
}

function decode(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}
