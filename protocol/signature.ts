import { KeyObject } from 'node:crypto';
import { createSigningKeys, listSecrets } from './keys';
import type { SigningKey } from './keys';
import { findSigner } from './mac';
import {
	checkSignatureHeaders,
	DEFAULT_TOLERANCE_SECONDS,
	orEmpty,
	refuse,
} from './signatureHeaders';
import type { CheckedHeaders, Verdict, VerifyInput } from './signatureHeaders';

export type { Headers, HeaderValue } from './headers';
export { createSigningKeys } from './keys';
export type { SigningKey } from './keys';
export { createEventKeys, signEvent } from './sign';
export type { EventKeys, SignInput } from './sign';
export {
	checkSignatureHeaders,
	DEFAULT_TOLERANCE_SECONDS,
	MAX_SIGNATURES,
	SIGNATURE_HEADER,
	TIMESTAMP_HEADER,
} from './signatureHeaders';
export type {
	CheckedHeaders,
	HeaderOptions,
	HeaderVerdict,
	Refusal,
	Verdict,
	VerifyFailure,
	VerifyInput,
} from './signatureHeaders';

/**
 * Compares the signatures with what each key makes of the body, every key with every signature, in
 * constant time.
 *
 * @param body the raw bytes of the request
 * @param checked what {@link checkSignatureHeaders} returned
 * @param keys from `createSigningKeys`
 * @returns which key matched, or the reason; never throws
 * @see RFC 2104 (HMAC), RFC 4231 (its SHA-256 test vectors)
 * @example
 * const verdict = verifySignature(rawBody, checked, keys);
 * if (verdict.ok) run(JSON.parse(rawBody.toString()));
 */
export function verifySignature(
	body: Uint8Array | undefined,
	checked: CheckedHeaders,
	keys: readonly SigningKey[],
): Verdict {
	if (keys.length === 0) return refuse('no-secret');
	if (!ArrayBuffer.isView(body)) return refuse('signature-mismatch');
	const { signatures, timestampText } = checked;
	const matched = findSigner(keys, `${timestampText}.`, body, 'hex', signatures);
	if (matched < 0) return refuse('signature-mismatch');
	return { ok: true, keyIndex: matched, timestamp: checked.timestamp };
}

/**
 * Tells whether a request was signed by the owner of the secret, and lately. All of it: headers,
 * age, signature.
 *
 * @returns which secret matched and when the attempt was made, or the reason; never throws,
 * whatever it is given
 * @example
 * const verdict = verifyEvent({ headers: request.headers, body: rawBody, secret: 'whsec_…' });
 * if (!verdict.ok) return response.status(401).end();
 */
export function verifyEvent(input: VerifyInput): Verdict {
	const given = orEmpty(input);
	const checked = checkSignatureHeaders(given.headers, {
		now: given.now ?? Math.floor(Date.now() / 1000),
		toleranceSeconds: given.toleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS,
	});
	return checked.ok ? verifySignature(given.body, checked, toKeys(given.secret)) : checked;
}

// Receivers pass the same text with each request, and making its keys costs as much as a signature.
let lastText = '';
let keysOfLastText: readonly SigningKey[] = [];

function toKeys(secret: unknown): readonly SigningKey[] {
	if (typeof secret === 'string') {
		if (secret !== lastText) {
			keysOfLastText = createSigningKeys(secret);
			lastText = secret;
		}
		return keysOfLastText;
	}
	if (Array.isArray(secret) && secret[0] instanceof KeyObject) {
		return secret as readonly SigningKey[];
	}
	return createSigningKeys(listSecrets(secret));
}
