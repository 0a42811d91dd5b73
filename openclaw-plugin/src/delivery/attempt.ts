import type { Endpoint } from '../endpoints/endpoint';
import { showBody, viewOf } from '../endpoints/privacy';
import { formatDeliveryId } from '../outbox/delivery';
import { MAX_BODY_BYTES } from '../outbox/envelope';
import type { Attempt } from '../outbox/outbox';
import type { DueDelivery } from '../outbox/queue';
import { createEventKeys, MAX_SIGNATURES, signEvent } from '../protocol';
import type { EventKeys } from '../protocol';
import { errorText } from '../logger';
import type { DeliveryResponse, SendRequest } from './httpClient';
import { createRedactor, failed, readOutcome } from './outcome';
import type { Outcome, Redact } from './outcome';
import type { DeliveryClock } from './schedule';
import { compileTransform } from './transform';
import type { Transformed, TransformEvent } from './transform';

/** One attempt, for the log, and what it means. */
export interface AttemptResult {
	readonly attempt: Attempt;
	readonly outcome: Outcome;
}

/** Makes one attempt; never rejects. */
export type MakeAttempt = (
	endpoint: Endpoint,
	delivery: DueDelivery,
	signal: AbortSignal,
) => Promise<AttemptResult>;

export interface AttemptParts {
	readonly request: SendRequest;
	/** Finds the endpoint whose secrets sign a callback. */
	readonly findEndpoint: (id: number) => Endpoint | undefined;
	readonly clock: Pick<DeliveryClock, 'now'>;
	/** Version of the plugin. */
	readonly version: string;
}

/** Milliseconds for a whole request where the endpoint says nothing else. */
const DEFAULT_TIMEOUT_MS = 15_000;

/** Prepares attempts: transform, headers, signature, request, reading of the answer. */
export function createAttempt(parts: AttemptParts): MakeAttempt {
	const { request, findEndpoint, clock, version } = parts;
	const bodyOf = createBodies();
	const destinationOf = createDestinations();
	const make: MakeAttempt = async (endpoint, delivery, signal) => {
		const startedAt = clock.now();
		// Receivers compare it with their own clocks.
		const now = Date.now();
		const number = delivery.attempts + 1;
		const signer = signerOf(endpoint, delivery, findEndpoint);
		if (signer === undefined) {
			return notSent(delivery, startedAt, { kind: 'final', error: SECRET_GONE });
		}
		const destination = destinationOf(endpoint, delivery.url ?? endpoint.url ?? '', signer);
		if (destination === undefined) {
			return notSent(delivery, startedAt, failed(badUrl(endpoint), { rotatesProbe: false }));
		}
		const { url, redact } = destination;
		const content = bodyOf(endpoint, delivery.body, now);
		if (!content.ok) return notSent(delivery, startedAt, { kind: 'final', error: content.message });
		const { body } = content;
		const response = await request({
			receiver: endpoint,
			url,
			headers: deliveryHeaders({
				endpoint,
				signer,
				delivery,
				body,
				attempt: number,
				now,
				version,
			}),
			body,
			timeoutMs: endpoint.timeoutMs ?? DEFAULT_TIMEOUT_MS,
			signal,
		});
		// Before anything of it is quoted: a receiver may send back what it got.
		const clean =
			response.kind === 'answered' ? { ...response, body: redact(response.body) ?? '' } : response;
		const outcome = readOutcome(clean, endpoint, Date.now());
		return { attempt: describe(clean, outcome, { number, startedAt }), outcome };
	};
	return async (endpoint, delivery, signal) => {
		try {
			return await make(endpoint, delivery, signal);
		} catch (error) {
			// An error in this program must neither end the gateway nor be tried again without end.
			const text = `The request could not be made: ${errorText(error)}`;
			return notSent(delivery, clock.now(), failed(text, { isEndpointFault: false }));
		}
	};
}

const SECRET_GONE =
	'What signed this callback is gone: its own secret is not kept once it was delivered, and the endpoint that signed it may have been removed. It cannot be sent again';

/** What the endpoint sees of an event, in the form that it wants. Transforms are prepared once. */
function createBodies() {
	const transforms = new WeakMap<object, TransformEvent>();
	return ({ transform, url, privacy }: Endpoint, stored: string, now: number): Transformed => {
		const body = showBody(stored, [viewOf(privacy)]);
		if (transform === undefined) return { ok: true, body };
		const compiled =
			transforms.get(transform) ?? compileTransform(transform, { maxBytes: MAX_BODY_BYTES, url });
		transforms.set(transform, compiled);
		return compiled(body, now);
	};
}

/** Where requests go. Kept with the endpoint: parsing its URL each time costs more than the rest. */
interface Destination {
	/** The URL as it was given. */
	readonly text: string;
	readonly signer: Signer;
	readonly url: URL;
	/** For what is answered there. */
	readonly redact: Redact;
}

function createDestinations() {
	const destinations = new WeakMap<Endpoint, Destination>();
	/** Undefined when nothing can be sent there. */
	return (endpoint: Endpoint, text: string, signer: Signer): Destination | undefined => {
		const known = destinations.get(endpoint);
		if (known?.text === text && known.signer === signer) return known;
		const url = URL.parse(text);
		if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
		const { headers = {} } = endpoint;
		const redact = createRedactor({ secrets: signer.secrets, headers }, url);
		const found = { text, signer, url, redact };
		destinations.set(endpoint, found);
		return found;
	};
}

/** Whose secrets sign: an endpoint, or the delivery itself. */
type Signer = Pick<Endpoint, 'secrets'>;

/** Undefined where a callback, which must be signed, cannot be any more. */
function signerOf(
	endpoint: Endpoint,
	{ secret, signerId }: DueDelivery,
	findEndpoint: (id: number) => Endpoint | undefined,
): Signer | undefined {
	if (secret !== undefined) return { secrets: [secret] };
	const signer = signerId === undefined ? endpoint : findEndpoint(signerId);
	return endpoint.kind === 'callback' && (signer?.secrets ?? []).length === 0 ? undefined : signer;
}

/** What the headers of one attempt say. */
export interface HeaderParts {
	readonly endpoint: Pick<Endpoint, 'headers'>;
	readonly signer: Signer;
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

/** What is the same in all requests, kept for as long as the endpoint itself: other settings, another one. */
const preparedHeaders = new WeakMap<
	HeaderParts['endpoint'],
	{ readonly version: string; readonly headers: Readonly<Record<string, string>> }
>();
const preparedKeys = new WeakMap<Signer, { readonly keys: EventKeys | undefined }>();

/**
 * Makes the headers of an attempt: the endpoint's own ones, and the protocol's. Each attempt is signed
 * anew by all secrets of the endpoint, the newest five at most; without a secret it is unsigned.
 */
export function deliveryHeaders(parts: HeaderParts): Record<string, string> {
	const { endpoint, signer, delivery, body, attempt, now, version } = parts;
	const known = preparedHeaders.get(endpoint);
	const { headers } = known?.version === version ? known : prepareHeaders(endpoint, version);
	const { keys } = preparedKeys.get(signer) ?? prepareKeys(signer);
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

function prepareHeaders(endpoint: HeaderParts['endpoint'], version: string) {
	const headers = new Map<string, readonly [string, string]>([
		['content-type', ['Content-Type', 'application/json']],
		['user-agent', ['User-Agent', `OpenClaw-Event-Webhooks/${version}`]],
	]);
	for (const [name, value] of Object.entries(endpoint.headers ?? {})) {
		if (!RESERVED.test(name)) headers.set(name.toLowerCase(), [name, value]);
	}
	const made = { version, headers: Object.fromEntries(headers.values()) };
	preparedHeaders.set(endpoint, made);
	return made;
}

function prepareKeys(signer: Signer) {
	const secrets = signer.secrets.slice(0, MAX_SIGNATURES);
	const made = { keys: secrets.length === 0 ? undefined : createEventKeys(secrets) };
	preparedKeys.set(signer, made);
	return made;
}

function notSent({ attempts }: DueDelivery, startedAt: number, outcome: Outcome): AttemptResult {
	const error = 'error' in outcome ? outcome.error : undefined;
	return { attempt: { number: attempts + 1, startedAt, durationMs: 0, error }, outcome };
}

function describe(
	response: DeliveryResponse,
	outcome: Outcome,
	request: { readonly number: number; readonly startedAt: number },
): Attempt {
	return {
		...request,
		durationMs: response.durationMs,
		...('error' in outcome ? { error: outcome.error } : {}),
		...(response.kind === 'answered'
			? { status: response.status, response: response.body || undefined }
			: {}),
	};
}

/** A `${NAME}` that the gateway could not fill in, most of the time. */
function badUrl({ name }: Endpoint): string {
	return `The url of the endpoint '${name}' is not one of http:// or https://; see whether a \${NAME} in it is set`;
}
