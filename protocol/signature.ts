import { createHmac, KeyObject, timingSafeEqual } from 'node:crypto';
import { readHeader } from './headers';
import type { Headers } from './headers';
import { createSigningKeys, listSecrets } from './keys';
import type { SigningKey } from './keys';

/** Name of the header with the signatures, as Node.js delivers it. */
export const SIGNATURE_HEADER = 'x-openclaw-signature';
/** Name of the header with the Unix seconds of the attempt, as Node.js delivers it. */
export const TIMESTAMP_HEADER = 'x-openclaw-timestamp';
/** How far the sender's clock may differ, in seconds and in both directions. */
export const DEFAULT_TOLERANCE_SECONDS = 300;
/** More signatures than this are refused unread: each one costs a comparison per key. */
export const MAX_SIGNATURES = 5;

/** Why a request was refused. For logs: the sender of a refused request gets no reason. */
export type VerifyFailure =
	| 'no-secret'
	| 'missing-signature'
	| 'malformed-signature'
	| 'too-many-signatures'
	| 'missing-timestamp'
	| 'malformed-timestamp'
	| 'timestamp-too-old'
	| 'timestamp-in-future'
	| 'signature-mismatch';

type Refusal = { ok: false; reason: VerifyFailure };

/** What the headers alone tell. `signatures` are lower-case hex digests of 64 characters. */
export type HeaderVerdict =
	| { ok: true; timestamp: number; signatures: readonly string[] }
	| Refusal;

/** Headers that passed {@link checkSignatureHeaders}. */
export type CheckedHeaders = Extract<HeaderVerdict, { ok: true }>;

/** `keyIndex` tells which of the keys matched: above 0, the sender has not rotated yet. */
export type Verdict = { ok: true; keyIndex: number; timestamp: number } | Refusal;

export interface HeaderOptions {
	/** Seconds the timestamp may be off in either direction; 300 unless given. */
	toleranceSeconds?: number;
	/** The receiver's clock in Unix seconds. */
	now: number;
}

export interface VerifyInput {
	/** Headers of the request, by lower-cased name as in Node.js. */
	headers: Headers;
	/** The body exactly as received: a parsed and re-serialized body has other bytes. */
	body: Uint8Array;
	/** Keys from `createSigningKeys`, or the secrets themselves. */
	secret: string | readonly string[] | readonly SigningKey[];
	/** Seconds the timestamp may be off in either direction; 300 unless given. */
	toleranceSeconds?: number;
	/** The receiver's clock in Unix seconds; the system's clock unless given. */
	now?: number;
}

const SIGNATURE = /^sha256=[0-9a-f]{64}$/;
const TIMESTAMP = /^\d{1,11}$/;
const PREFIX_LENGTH = 'sha256='.length;
const DIGEST_LENGTH = 64;

// Reused by every comparison: they never outlive one synchronous call.
const expectedDigest = Buffer.alloc(DIGEST_LENGTH);
const receivedDigest = Buffer.alloc(DIGEST_LENGTH);

/**
 * Checks form and age of the signature headers, which costs next to nothing, so that junk is
 * refused before a secret is looked up. It proves nothing about who sent the request: that takes
 * {@link verifySignature}.
 *
 * Signatures are separated by a bare comma. A comma and a blank is what Node.js makes of two header
 * lines, and two lines are refused.
 *
 * @param headers request headers by lower-cased name
 * @param options the receiver's clock and tolerance in seconds
 * @returns the timestamp and the signatures to compare with, or the reason; never throws
 * @example
 * const checked = checkSignatureHeaders(request.headers, { now: Date.now() / 1000 });
 * if (!checked.ok) return refuse(checked.reason);
 */
export function checkSignatureHeaders(
	headers: Headers | undefined,
	options: HeaderOptions,
): HeaderVerdict {
	const signature = readHeader(headers, SIGNATURE_HEADER);
	if (signature === undefined || signature === '') return refuse('missing-signature');
	if (typeof signature !== 'string') return refuse('malformed-signature');
	const signatures = splitSignatures(signature);
	if ('ok' in signatures) return signatures;

	const timestamp = readHeader(headers, TIMESTAMP_HEADER);
	if (timestamp === undefined || timestamp === '') return refuse('missing-timestamp');
	if (typeof timestamp !== 'string' || !TIMESTAMP.test(timestamp)) {
		return refuse('malformed-timestamp');
	}
	const seconds = Number(timestamp);
	const age = ageFailure(seconds, options);
	return age === undefined ? { ok: true, timestamp: seconds, signatures } : refuse(age);
}

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
	const signedPrefix = `${String(checked.timestamp)}.`;
	let matched = -1;
	for (let index = keys.length - 1; index >= 0; index -= 1) {
		const key = keys[index];
		if (!(key instanceof KeyObject) || key.type !== 'secret') continue;
		expectedDigest.write(
			createHmac('sha256', key).update(signedPrefix).update(body).digest('hex'),
			'latin1',
		);
		for (const signature of checked.signatures) {
			receivedDigest.write(signature, 'latin1');
			if (timingSafeEqual(expectedDigest, receivedDigest)) matched = index;
		}
	}
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
	const given: Partial<VerifyInput> = Object(input);
	const checked = checkSignatureHeaders(given.headers, {
		now: given.now ?? Math.floor(Date.now() / 1000),
		toleranceSeconds: given.toleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS,
	});
	return checked.ok ? verifySignature(given.body, checked, toKeys(given.secret)) : checked;
}

/**
 * Compares a timestamp with the receiver's clock; fails when the clock is no number.
 *
 * @param timestamp Unix seconds
 */
export function ageFailure(timestamp: number, options: HeaderOptions): VerifyFailure | undefined {
	const { now, toleranceSeconds = DEFAULT_TOLERANCE_SECONDS } = options;
	// Plain JavaScript may pass anything here; what is no number must not pass for a fresh timestamp.
	const age =
		typeof now === 'number' && typeof toleranceSeconds === 'number' ? now - timestamp : NaN;
	if (age < 0) return -age <= toleranceSeconds ? undefined : 'timestamp-in-future';
	return age <= toleranceSeconds ? undefined : 'timestamp-too-old';
}

function splitSignatures(header: string): readonly string[] | Refusal {
	const parts = header.split(',', MAX_SIGNATURES + 1);
	if (parts.length > MAX_SIGNATURES) return refuse('too-many-signatures');
	const digests: string[] = [];
	for (const part of parts) {
		if (!SIGNATURE.test(part)) return refuse('malformed-signature');
		digests.push(part.slice(PREFIX_LENGTH));
	}
	return digests;
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

function refuse(reason: VerifyFailure): Refusal {
	return { ok: false, reason };
}
