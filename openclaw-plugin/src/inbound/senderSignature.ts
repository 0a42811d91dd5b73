import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import {
	checkStandardWebhookHeaders,
	createSigningKeys,
	createStandardWebhookKeys,
	readTimestamp,
	verifyStandardWebhookSignature,
} from '../protocol';
import type { HmacAuth, SenderAuth, SigningKey, VerifyFailure } from '../protocol';

/*
 * Whether a call is its sender's own, by the sender's own scheme. Pure: headers, bytes and a time in, a verdict
 * out, never an exception. First form and age of the headers, which cost next to nothing; only then, over the
 * bytes as they came, the digest, compared in constant time with every secret.
 */

/** What the headers alone tell: nothing is proven yet. */
export type SenderClaim =
	| {
			readonly ok: true;
			readonly verify: (body: Uint8Array) => SenderVerdict;
	  }
	| SenderRefusal;

export type SenderVerdict =
	| {
			readonly ok: true;
			/** The same for a repeated call alone, by what was signed: its id, or a SHA-256 where it has a time in it. */
			readonly once?: string;
	  }
	| SenderRefusal;

interface SenderRefusal {
	readonly ok: false;
	readonly reason: VerifyFailure;
}

/** @param now Unix seconds */
export type SenderCheck = (headers: IncomingHttpHeaders, now: number) => SenderClaim;

/** What is signed, and the digests that are said to be its own. */
interface Signed {
	/** What comes before the body. */
	readonly before: string;
	readonly isTimed: boolean;
	readonly digests: readonly Uint8Array[];
}

type HmacScheme = Omit<HmacAuth, 'type' | 'secrets' | 'deliveryId'>;
type Reader = (
	headers: IncomingHttpHeaders,
	now: number,
) => { readonly ok: true; readonly signed: Signed } | SenderRefusal;

/** More signatures than this are refused unread: each one costs a comparison for each secret. */
const MAX_SIGNATURES = 5;
/** Parts of a `Stripe-Signature`: the time, signatures, and those of other schemes. */
const MAX_STRIPE_PARTS = 10;
const DIGEST_BYTES = { sha1: 20, sha256: 32, sha512: 64 } as const;
const UNTIMED = { algorithm: 'sha256', signed: '{body}', toleranceSeconds: 0 } as const;

/** @see https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries */
const GITHUB: HmacScheme = {
	...UNTIMED,
	header: 'x-hub-signature-256',
	encoding: 'hex',
	prefix: 'sha256=',
};

/** @see https://shopify.dev/docs/apps/build/webhooks/verify-deliveries */
const SHOPIFY: HmacScheme = {
	...UNTIMED,
	header: 'x-shopify-hmac-sha256',
	encoding: 'base64',
	prefix: '',
};

/** @see https://docs.slack.dev/authentication/verifying-requests-from-slack */
const SLACK: Omit<HmacScheme, 'toleranceSeconds'> = {
	header: 'x-slack-signature',
	algorithm: 'sha256',
	encoding: 'hex',
	prefix: 'v0=',
	signed: 'v0:{timestamp}:{body}',
	timestampHeader: 'x-slack-request-timestamp',
};

/**
 * Prepares the check of one sender's calls. The secrets become keys here, once.
 *
 * @example
 * const check = createSenderCheck({ type: 'github', secrets: ['…'] });
 * const claim = check(request.headers, Math.floor(Date.now() / 1000));
 * if (claim.ok && claim.verify(body).ok) run(body);
 */
export function createSenderCheck(auth: SenderAuth): SenderCheck {
	const { secrets } = auth;
	switch (auth.type) {
		case 'github':
			return hmacCheck(secrets, 'sha256', hmacReader(GITHUB));
		case 'shopify':
			return hmacCheck(secrets, 'sha256', hmacReader(SHOPIFY));
		case 'slack':
			return hmacCheck(secrets, 'sha256', hmacReader({ ...SLACK, ...auth }));
		case 'hmac':
			return hmacCheck(secrets, auth.algorithm, hmacReader(auth));
		case 'stripe':
			return hmacCheck(secrets, 'sha256', stripeReader(auth.toleranceSeconds));
		case 'standard-webhooks':
			return standardCheck(secrets, auth.toleranceSeconds);
		case 'gitlab':
			return tokenCheck(secrets, 'x-gitlab-token');
		case 'token':
			return tokenCheck(secrets, auth.header);
	}
}

/** The header that holds the secret itself, where one does: it is for nobody else's eyes. */
export function secretHeaderOf(auth: SenderAuth | undefined): string | undefined {
	if (auth?.type === 'gitlab') return 'x-gitlab-token';
	return auth?.type === 'token' ? auth.header : undefined;
}

function hmacCheck(
	secrets: readonly string[],
	algorithm: HmacAuth['algorithm'],
	read: Reader,
): SenderCheck {
	const keys = createSigningKeys(secrets);
	return (headers, now) => {
		const claimed = read(headers, now);
		if (!claimed.ok) return claimed;
		const { signed } = claimed;
		return {
			ok: true,
			verify: (body) => {
				if (!isSigned(keys, algorithm, signed, body)) return failed('signature-mismatch');
				return signed.isTimed ? { ok: true, once: digestOf(signed.before, body) } : { ok: true };
			},
		};
	};
}

/** Every secret with every digest, whichever fits: the work tells nothing about them. */
function isSigned(
	keys: readonly SigningKey[],
	algorithm: HmacAuth['algorithm'],
	{ before, digests }: Signed,
	body: Uint8Array,
): boolean {
	let isFound = false;
	for (const key of keys) {
		const expected = createHmac(algorithm, key).update(before).update(body).digest();
		for (const digest of digests) {
			if (timingSafeEqual(expected, digest)) isFound = true;
		}
	}
	return isFound;
}

function digestOf(before: string, body: Uint8Array): string {
	return createHash('sha256').update(before).update(body).digest('hex');
}

/** Reads digests from one header, several separated by bare commas, and the time from another. */
function hmacReader(scheme: HmacScheme): Reader {
	const { header, algorithm, encoding, prefix, timestampHeader, toleranceSeconds } = scheme;
	const readDigest = digestReader(algorithm, encoding);
	const [start = '', end] = scheme.signed.slice(0, -'{body}'.length).split('{timestamp}');
	return (headers, now) => {
		const value = headers[header];
		if (value === undefined || value === '') return failed('missing-signature');
		if (typeof value !== 'string') return failed('malformed-signature');
		const parts = value.split(',', MAX_SIGNATURES + 1);
		if (parts.length > MAX_SIGNATURES) return failed('too-many-signatures');
		const digests: Uint8Array[] = [];
		for (const part of parts) {
			const digest = part.startsWith(prefix) ? readDigest(part.slice(prefix.length)) : undefined;
			if (digest === undefined) return failed('malformed-signature');
			digests.push(digest);
		}
		if (timestampHeader === undefined || end === undefined) {
			return { ok: true, signed: { before: start, isTimed: false, digests } };
		}
		const sent = headers[timestampHeader];
		const timestamp = readTimestamp(toSeconds(sent), { now, toleranceSeconds });
		if (typeof timestamp === 'string') return failed(timestamp);
		return {
			ok: true,
			signed: { before: `${start}${String(sent)}${end}`, isTimed: true, digests },
		};
	};
}

/** Some senders tell the time in milliseconds, or as RFC 3339 has it. */
function toSeconds(sent: unknown): unknown {
	if (typeof sent !== 'string') return sent;
	if (/^\d{13}$/.test(sent)) return sent.slice(0, -3);
	if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/.test(sent)) return sent;
	const time = Date.parse(sent);
	return Number.isNaN(time) ? sent : String(Math.floor(time / 1000));
}

/** @returns a function that reads one digest; undefined for anything of another form or length */
function digestReader(
	algorithm: HmacAuth['algorithm'],
	encoding: HmacAuth['encoding'],
): (text: string) => Uint8Array | undefined {
	const bytes = DIGEST_BYTES[algorithm];
	const length = encoding === 'hex' ? bytes * 2 : Math.ceil(bytes / 3) * 4;
	const form = encoding === 'hex' ? /^[0-9a-fA-F]+$/ : /^[A-Za-z0-9+/]+={0,2}$/;
	return (text) => {
		if (text.length !== length || !form.test(text)) return undefined;
		const digest = Buffer.from(text, encoding);
		return digest.length === bytes ? digest : undefined;
	};
}

/**
 * `t=<seconds>,v1=<hex>`, with several `v1` while a secret is being rotated; signed is `<t>.<body>`.
 *
 * @see https://docs.stripe.com/webhooks?verify=verify-manually
 */
function stripeReader(toleranceSeconds: number): Reader {
	const readDigest = digestReader('sha256', 'hex');
	return (headers, now) => {
		const value = headers['stripe-signature'];
		if (value === undefined || value === '') return failed('missing-signature');
		if (typeof value !== 'string') return failed('malformed-signature');
		const parts = value.split(',', MAX_STRIPE_PARTS + 1);
		if (parts.length > MAX_STRIPE_PARTS) return failed('too-many-signatures');
		const times: string[] = [];
		const digests: Uint8Array[] = [];
		for (const part of parts) {
			const [, name, text = ''] = /^([a-z]\w{0,9})=(\S+)$/.exec(part) ?? [];
			if (name === undefined) return failed('malformed-signature');
			if (name === 't') times.push(text);
			if (name !== 'v1') continue;
			const digest = readDigest(text);
			if (digest === undefined) return failed('malformed-signature');
			digests.push(digest);
		}
		if (digests.length === 0) return failed('missing-signature');
		if (digests.length > MAX_SIGNATURES) return failed('too-many-signatures');
		if (times.length > 1) return failed('malformed-timestamp');
		const timestamp = readTimestamp(times[0], { now, toleranceSeconds });
		if (typeof timestamp === 'string') return failed(timestamp);
		return { ok: true, signed: { before: `${String(times[0])}.`, isTimed: true, digests } };
	};
}

/**
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 * @see https://docs.svix.com/receiving/verifying-payloads/how-manual for the same under older names
 */
function standardCheck(secrets: readonly string[], toleranceSeconds: number): SenderCheck {
	const keys = createStandardWebhookKeys(secrets);
	return (headers, now) => {
		const named = headers['webhook-signature'] === undefined ? olderNames(headers) : headers;
		// A comma and a blank is what Node.js makes of two headers; signatures are separated by a blank alone.
		if (named['webhook-signature']?.includes(', ') === true) return failed('malformed-signature');
		const checked = checkStandardWebhookHeaders(named, { now, toleranceSeconds });
		if (!checked.ok) return checked;
		return {
			ok: true,
			verify: (body) => {
				const verdict = verifyStandardWebhookSignature(body, checked, keys);
				return verdict.ok ? { ok: true, once: checked.id } : verdict;
			},
		};
	};
}

function olderNames(headers: IncomingHttpHeaders): IncomingHttpHeaders {
	return {
		'webhook-id': headers['svix-id'],
		'webhook-timestamp': headers['svix-timestamp'],
		'webhook-signature': headers['svix-signature'],
	};
}

/** The secret itself. Hashes are compared, which have one length whatever was sent. */
function tokenCheck(secrets: readonly string[], header: string): SenderCheck {
	const expected = secrets.map((secret) => sha256(Buffer.from(secret, 'utf8')));
	return (headers) => {
		const value = headers[header];
		if (value === undefined || value === '') return failed('missing-signature');
		if (typeof value !== 'string') return failed('malformed-signature');
		return {
			ok: true,
			verify: () => {
				// Node.js makes a character of each byte of a header.
				const sent = sha256(Buffer.from(value, 'latin1'));
				let isFound = false;
				for (const hash of expected) if (timingSafeEqual(hash, sent)) isFound = true;
				return isFound ? { ok: true } : failed('signature-mismatch');
			},
		};
	};
}

function sha256(bytes: Uint8Array): Buffer {
	return createHash('sha256').update(bytes).digest();
}

function failed(reason: VerifyFailure): SenderRefusal {
	return { ok: false, reason };
}
