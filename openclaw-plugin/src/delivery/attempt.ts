import type { Endpoint } from '../endpoints/endpoint';
import type { DueDelivery } from '../outbox/queue';
import type { Attempt } from '../outbox/outbox';
import { MAX_BODY_BYTES } from '../outbox/thin';
import { errorText } from '../store/errorText';
import { compileTransform } from '../transform/transform';
import type { TransformEvent, Transformed } from '../transform/transform';
import { deliveryHeaders } from './headers';
import { readOutcome } from './outcome';
import type { Outcome } from './outcome';
import { createRedactor } from './redact';
import type { Redact } from './redact';
import type { DeliveryResponse, SendRequest } from './request';

/** One attempt, for the log, and what it means. */
export interface AttemptResult {
	readonly attempt: Attempt;
	readonly outcome: Outcome;
}

/** Where requests go. Kept with the endpoint: parsing its URL each time costs more than the rest. */
interface Destination {
	/** The URL as it was given. */
	readonly text: string;
	readonly url: URL;
	/** For what is answered there. */
	readonly redact: Redact;
}

/** Makes one attempt; never rejects. */
export type MakeAttempt = (
	endpoint: Endpoint,
	delivery: DueDelivery,
	signal: AbortSignal,
) => Promise<AttemptResult>;

export interface AttemptParts {
	/** Finds the endpoint whose secrets sign a callback. */
	readonly findSigner: (endpointId: number) => Pick<Endpoint, 'secrets'> | undefined;
	readonly request: SendRequest;
	readonly now: () => number;
	/** Version of the plugin. */
	readonly version: string;
}

/** Milliseconds for a whole request where the endpoint says nothing else. */
const DEFAULT_TIMEOUT_MS = 15_000;

/** Prepares attempts: transform, headers, request, reading of the answer. */
export function createAttempt({ findSigner, request, now, version }: AttemptParts): MakeAttempt {
	const transforms = new WeakMap<object, TransformEvent>();
	const bodyFor = ({ transform }: Endpoint, body: string): Transformed => {
		if (transform === undefined) return { ok: true, body };
		const compiled =
			transforms.get(transform) ?? compileTransform(transform, { maxBytes: MAX_BODY_BYTES });
		transforms.set(transform, compiled);
		return compiled(body, now());
	};
	const destinations = new WeakMap<Endpoint, Destination>();
	const destinationOf = (endpoint: Endpoint, own: string | undefined) => {
		const text = own ?? endpoint.url ?? '';
		const known = destinations.get(endpoint);
		if (known?.text === text) return known;
		const found = readDestination(endpoint, text);
		if (found !== undefined) destinations.set(endpoint, found);
		return found;
	};
	const make: MakeAttempt = async (owner, delivery, signal) => {
		const endpoint = signedFor(owner, delivery, findSigner);
		const startedAt = now();
		const number = delivery.attempts + 1;
		const destination = destinationOf(endpoint, delivery.url);
		if (destination === undefined) return notSent(delivery, startedAt, badUrl(endpoint));
		const { url, redact } = destination;
		if (endpoint.kind === 'callback' && endpoint.secrets.length === 0) {
			return notSent(delivery, startedAt, { kind: 'final', error: SECRET_GONE });
		}
		const content = bodyFor(endpoint, delivery.body);
		if (!content.ok) {
			return notSent(delivery, startedAt, { kind: 'final', error: content.message });
		}
		const { body } = content;
		const attempt = { attempt: number, now: startedAt, version };
		const response = await request({
			endpoint: endpoint.name,
			url,
			headers: deliveryHeaders({ endpoint, delivery, body, ...attempt }),
			body,
			timeoutMs: endpoint.timeoutMs ?? DEFAULT_TIMEOUT_MS,
			concurrency: endpoint.concurrency ?? 1,
			allowPrivateHosts: endpoint.allowPrivateHosts === true,
			signal,
		});
		const hasOwnUrl = delivery.url !== undefined;
		const outcome = readOutcome(response, { now: now(), hasOwnUrl });
		return { attempt: describe(response, outcome, { number, startedAt, redact }), outcome };
	};
	return async (endpoint, delivery, signal) => {
		try {
			return await make(endpoint, delivery, signal);
		} catch (error) {
			// An error in this program must neither end the gateway nor be tried again without end.
			const text = `The request could not be made: ${errorText(error)}`;
			return notSent(delivery, now(), {
				kind: 'failed',
				error: text,
				isEndpointFault: false,
				rotatesProbe: true,
				retryAfterMs: undefined,
			});
		}
	};
}

const SECRET_GONE =
	'The secret of a callback is not kept once it was delivered, so it cannot be sent again';

/** Undefined when nothing can be sent there. */
function readDestination(endpoint: Endpoint, text: string): Destination | undefined {
	const url = URL.parse(text);
	if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
	return { text, url, redact: createRedactor(endpoint, url) };
}

/** The endpoint with the delivery's own secret, where it has one. */
function signedFor(
	endpoint: Endpoint,
	{ secret, signerId }: DueDelivery,
	findSigner: AttemptParts['findSigner'],
): Endpoint {
	if (secret !== undefined) return { ...endpoint, secrets: [secret] };
	if (signerId === undefined) return endpoint;
	return { ...endpoint, secrets: findSigner(signerId)?.secrets ?? [] };
}

function notSent(
	{ attempts }: DueDelivery,
	startedAt: number,
	outcome: Outcome & { readonly error: string },
): AttemptResult {
	const { error } = outcome;
	return { attempt: { number: attempts + 1, startedAt, durationMs: 0, error }, outcome };
}

function describe(
	response: DeliveryResponse,
	outcome: Outcome,
	request: { number: number; startedAt: number; redact: Redact },
): Attempt {
	const { number, startedAt, redact } = request;
	return {
		number,
		startedAt,
		durationMs: response.durationMs,
		...('error' in outcome ? { error: redact(outcome.error) } : {}),
		...(response.kind === 'answered'
			? { status: response.status, response: redact(response.body) }
			: {}),
	};
}

/** A `${NAME}` that the gateway could not fill in, most of the time. */
function badUrl({ name }: Endpoint) {
	return {
		kind: 'failed',
		error: `The url of the endpoint '${name}' is not one of http:// or https://; see whether a \${NAME} in it is set`,
		isEndpointFault: true,
		rotatesProbe: false,
		retryAfterMs: undefined,
	} as const;
}
