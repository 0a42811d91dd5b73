import { createSigningKeys } from './keys';
import type { SigningKey } from './keys';
import { computeMac } from './mac';
import { MAX_SIGNATURES } from './signatureHeaders';
import { createStandardWebhookKeys, signStandardWebhook } from './standardWebhooks';

/** The secrets of one sender, ready to sign with under both schemes. Never shows a secret when printed. */
export interface EventKeys {
	/** For this protocol's scheme. */
	readonly own: readonly SigningKey[];
	/** For Standard Webhooks. */
	readonly standard: readonly SigningKey[];
}

/**
 * Turns secrets into keys once, for whoever signs many events: making them costs as much as signing a
 * small event.
 *
 * @param secret one secret, or several while it is being rotated: each one signs
 * @example
 * const keys = createEventKeys('whsec_…');
 * const headers = signEvent({ id: event.id, body, secret: keys });
 */
export function createEventKeys(secret: string | readonly string[]): EventKeys {
	return { own: createSigningKeys(secret), standard: createStandardWebhookKeys(secret) };
}

export interface SignInput {
	/** Id of the event, the same on every retry. */
	id: string;
	/** The body exactly as it will be sent, uncompressed. A text is sent as UTF-8. */
	body: Uint8Array | string;
	/** One secret, or several while it is being rotated: each one signs. Or the keys made of them. */
	secret: string | readonly string[] | EventKeys;
	/** When this attempt is made, in Unix seconds; the system's clock unless given. */
	timestamp?: number;
}

/**
 * Signs one attempt to deliver an event, under this protocol's scheme and under Standard Webhooks,
 * so that any of its libraries can verify it too.
 *
 * Each retry is signed anew: receivers refuse old timestamps.
 *
 * @returns the headers to send
 * @throws RangeError without a secret, with more than five, or with a timestamp that no receiver accepts
 * @example
 * const headers = signEvent({ id: event.id, body, secret: 'whsec_…' });
 * await fetch(url, { method: 'POST', body, headers });
 */
export function signEvent(input: SignInput): Record<string, string> {
	const timestamp = input.timestamp ?? Math.floor(Date.now() / 1000);
	if (!Number.isInteger(timestamp) || timestamp < 0 || timestamp > 99_999_999_999) {
		throw new RangeError('The timestamp must be whole Unix seconds');
	}
	const { own, standard } = toKeys(input.secret);
	if (own.length === 0) throw new RangeError('An event cannot be signed without a secret');
	if (own.length > MAX_SIGNATURES) {
		throw new RangeError(`Receivers accept at most ${String(MAX_SIGNATURES)} signatures`);
	}
	const signedPrefix = `${String(timestamp)}.`;
	const signatures = own.map((key) => `sha256=${computeMac(key, signedPrefix, input.body, 'hex')}`);
	return {
		'X-OpenClaw-Timestamp': String(timestamp),
		'X-OpenClaw-Signature': signatures.join(','),
		'webhook-id': input.id,
		'webhook-timestamp': String(timestamp),
		'webhook-signature': signStandardWebhook(input.id, timestamp, input.body, standard),
	};
}

function toKeys(secret: SignInput['secret']): EventKeys {
	return typeof secret === 'object' && 'own' in secret ? secret : createEventKeys(secret);
}
