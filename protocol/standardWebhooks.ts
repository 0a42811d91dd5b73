import { createSecretKey, KeyObject } from 'node:crypto';
import { findHeader } from './headers';
import type { Headers } from './headers';
import { listSecrets } from './keys';
import type { SigningKey } from './keys';
import { computeMac, findSigner } from './mac';
import { readEncodedKey } from './secret';
import {
	DEFAULT_TOLERANCE_SECONDS,
	MAX_SIGNATURES,
	orEmpty,
	readTimestamp,
	refuse,
} from './signatureHeaders';
import type {
	HeaderOptions,
	Refusal,
	Verdict,
	VerifyFailure,
	VerifyInput,
} from './signatureHeaders';

/** As for this protocol's own scheme; keys are those of {@link createStandardWebhookKeys}. */
export type VerifyStandardWebhookInput = VerifyInput;

/** Headers that passed {@link checkStandardWebhookHeaders}. */
export interface CheckedStandardWebhook {
	readonly ok: true;
	/** Id of the message, which the signature covers. */
	readonly id: string;
	/** Unix seconds. */
	readonly timestamp: number;
	/** The header as it was signed. */
	readonly timestampText: string;
	/** Base64 digests. */
	readonly signatures: readonly string[];
}

const SIGNATURE = /^v1,([A-Za-z0-9+/]{43}=)$/;

/**
 * Turns secrets into keys as Standard Webhooks libraries do: `whsec_` or `v1,whsec_` followed by Base64, of
 * either alphabet, stands for the decoded bytes. Any other secret is taken whole as UTF-8.
 *
 * @param secrets a text with one or several secrets separated by white space, or a list
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @example
 * const keys = createStandardWebhookKeys('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
 */
export function createStandardWebhookKeys(
	secrets: string | readonly string[],
): readonly SigningKey[] {
	return listSecrets(secrets).map((secret) => {
		const encoded = readEncodedKey(secret);
		return encoded === undefined
			? createSecretKey(secret, 'utf8')
			: createSecretKey(encoded, 'base64');
	});
}

/**
 * Signs `<id>.<timestamp>.<body>` with each key.
 *
 * @param timestamp Unix seconds
 * @returns the value of the `webhook-signature` header: `v1,<Base64>`, separated by blanks
 * @example
 * signStandardWebhook('evt_1', 1795435361, body, keys); // 'v1,K5oZ…='
 */
export function signStandardWebhook(
	id: string,
	timestamp: number,
	body: Uint8Array | string,
	keys: readonly SigningKey[],
): string {
	const signedPrefix = `${id}.${String(timestamp)}.`;
	return keys.map((key) => `v1,${computeMac(key, signedPrefix, body, 'base64')}`).join(' ');
}

/**
 * Checks form and age of the `webhook-*` headers, which costs next to nothing. Signatures of other versions
 * (`v1a,…`) are passed over. It proves nothing about who sent the request: that takes
 * {@link verifyStandardWebhookSignature}.
 *
 * @returns what to compare with, or the reason; never throws
 */
export function checkStandardWebhookHeaders(
	headers: Headers | undefined,
	options: HeaderOptions,
): CheckedStandardWebhook | Refusal {
	const signatures = readSignatures(findHeader(headers, 'webhook-signature'));
	if (typeof signatures === 'string') return refuse(signatures);
	const id = findHeader(headers, 'webhook-id');
	if (typeof id !== 'string' || id === '') return refuse('malformed-signature');
	const header = findHeader(headers, 'webhook-timestamp');
	const timestamp = readTimestamp(header, options);
	if (typeof timestamp === 'string') return refuse(timestamp);
	return { ok: true, id, timestamp, timestampText: String(header), signatures };
}

/**
 * Compares the signatures with what each key makes of the message, as
 * {@link checkStandardWebhookHeaders} found them.
 *
 * @param body the raw bytes of the request
 * @param keys from {@link createStandardWebhookKeys}
 * @returns which key matched, or the reason; never throws
 */
export function verifyStandardWebhookSignature(
	body: Uint8Array | undefined,
	checked: CheckedStandardWebhook,
	keys: readonly SigningKey[],
): Verdict {
	if (keys.length === 0) return refuse('no-secret');
	if (!ArrayBuffer.isView(body)) return refuse('signature-mismatch');
	const { id, timestamp, timestampText, signatures } = checked;
	const matched = findSigner(keys, `${id}.${timestampText}.`, body, 'base64', signatures);
	return matched < 0 ? refuse('signature-mismatch') : { ok: true, keyIndex: matched, timestamp };
}

/**
 * Verifies a request by its `webhook-*` headers, so that any sender that follows Standard Webhooks
 * can be received. All of it: headers, age, signature.
 *
 * @returns which secret matched and when the attempt was made, or the reason; never throws
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @example
 * const verdict = verifyStandardWebhook({ headers: request.headers, body: rawBody, secret });
 */
export function verifyStandardWebhook(input: VerifyStandardWebhookInput): Verdict {
	const given = orEmpty(input);
	const checked = checkStandardWebhookHeaders(given.headers, {
		now: given.now ?? Math.floor(Date.now() / 1000),
		toleranceSeconds: given.toleranceSeconds ?? DEFAULT_TOLERANCE_SECONDS,
	});
	return checked.ok
		? verifyStandardWebhookSignature(given.body, checked, toKeys(given.secret))
		: checked;
}

function readSignatures(header: unknown): readonly string[] | VerifyFailure {
	if (header === undefined || header === '') return 'missing-signature';
	if (typeof header !== 'string') return 'malformed-signature';
	const parts = header.split(' ', MAX_SIGNATURES + 1);
	if (parts.length > MAX_SIGNATURES) return 'too-many-signatures';
	const signatures = parts.flatMap((part) => SIGNATURE.exec(part)?.[1] ?? []);
	return signatures.length === 0 ? 'malformed-signature' : signatures;
}

function toKeys(secret: unknown): readonly SigningKey[] {
	const keys = Array.isArray(secret) ? secret.filter(isSecretKey) : [];
	return keys.length > 0 ? keys : createStandardWebhookKeys(listSecrets(secret));
}

function isSecretKey(key: unknown): key is SigningKey {
	return key instanceof KeyObject && key.type === 'secret';
}
