import { findHeader } from './headers';
import type { Headers } from './headers';
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

/** A request that is not to be trusted. */
export type Refusal = { ok: false; reason: VerifyFailure };

/** `keyIndex` tells which of the keys matched: above 0, the sender has not rotated yet. */
export type Verdict = { ok: true; keyIndex: number; timestamp: number } | Refusal;

export interface VerifyInput {
	/** Headers of the request, by lower-cased name as in Node.js. */
	headers: Headers;
	/** The body exactly as received: a parsed and re-serialized body has other bytes. */
	body: Uint8Array;
	/** Keys made beforehand for the scheme, or the secrets themselves. */
	secret: string | readonly string[] | readonly SigningKey[];
	/** Seconds the timestamp may be off in either direction; 300 unless given. */
	toleranceSeconds?: number;
	/** The receiver's clock in Unix seconds; the system's clock unless given. */
	now?: number;
}

/** What the headers alone tell. */
export type HeaderVerdict =
	| {
			readonly ok: true;
			/** Unix seconds. */
			readonly timestamp: number;
			/** The header as it was signed: `7` and `07` are the same time, but not the same text. */
			readonly timestampText: string;
			/** Lower-case hex digests of 64 characters. */
			readonly signatures: readonly string[];
	  }
	| Refusal;

/** Headers that passed {@link checkSignatureHeaders}. */
export type CheckedHeaders = Extract<HeaderVerdict, { ok: true }>;

export interface HeaderOptions {
	/** Seconds the timestamp may be off in either direction; 300 unless given. */
	toleranceSeconds?: number;
	/** The receiver's clock in Unix seconds. */
	now: number;
}

// Counting the digits in the expression takes longer than the rest of it.
const SIGNATURE = /^sha256=[0-9a-f]+$/;
const SIGNATURE_LENGTH = 71;
const TIMESTAMP = /^\d{1,11}$/;
const PREFIX_LENGTH = 'sha256='.length;

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
	const signature = headers?.['x-openclaw-signature'] ?? findHeader(headers, SIGNATURE_HEADER);
	if (signature === undefined || signature === '') return refuse('missing-signature');
	if (typeof signature !== 'string') return refuse('malformed-signature');
	const signatures = splitSignatures(signature);
	if (typeof signatures === 'string') return refuse(signatures);

	const header = headers?.['x-openclaw-timestamp'] ?? findHeader(headers, TIMESTAMP_HEADER);
	const timestamp = readTimestamp(header, options);
	if (typeof timestamp === 'string') return refuse(timestamp);
	return { ok: true, timestamp, timestampText: String(header), signatures };
}

/**
 * Reads a timestamp header and checks its form and age.
 *
 * @param header what the request has; anything but up to eleven digits is refused
 * @returns Unix seconds, or the reason why it is refused
 */
export function readTimestamp(header: unknown, options: HeaderOptions): number | VerifyFailure {
	if (header === undefined || header === '') return 'missing-timestamp';
	if (typeof header !== 'string' || !TIMESTAMP.test(header)) return 'malformed-timestamp';
	const timestamp = Number(header);
	const age = asNumber(options.now) - timestamp;
	const tolerance = asNumber(options.toleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS);
	if (-age > tolerance) return 'timestamp-in-future';
	return age <= tolerance ? timestamp : 'timestamp-too-old';
}

/** Plain JavaScript may pass anything; what is no number must not pass for a fresh timestamp. */
function asNumber(value: unknown): number {
	return typeof value === 'number' ? value : NaN;
}

function splitSignatures(header: string): readonly string[] | VerifyFailure {
	if (isSignature(header)) return [header.slice(PREFIX_LENGTH)];
	const parts = header.split(',', MAX_SIGNATURES + 1);
	if (parts.length > MAX_SIGNATURES) return 'too-many-signatures';
	const digests: string[] = [];
	for (const part of parts) {
		if (!isSignature(part)) return 'malformed-signature';
		digests.push(part.slice(PREFIX_LENGTH));
	}
	return digests;
}

function isSignature(text: string): boolean {
	return text.length === SIGNATURE_LENGTH && SIGNATURE.test(text);
}

/** Plain JavaScript may also pass nothing at all. */
export function orEmpty<Input extends object>(input: Input | null | undefined): Partial<Input> {
	return input ?? {};
}

/** A refusal with its reason. */
export function refuse(reason: VerifyFailure): Refusal {
	return { ok: false, reason };
}
