import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { signEvent } from '../../protocol/sign';
import { DEFAULT_TOLERANCE_SECONDS } from '../../protocol/signatureHeaders';
import { capturedEvent } from './capturedEvents';
import type { Delivery, HeaderChanges } from './sendEvent';

/** A request that must not run a workflow. */
export interface Attack {
	/** Completes "a request …". */
	readonly name: string;
	/**
	 * Makes the request, with an event of its own.
	 *
	 * @param secret what the receiver verifies with
	 * @param toleranceSeconds how old a request may be for the receiver; 300 unless given
	 */
	readonly delivery: (secret: string, toleranceSeconds?: number) => Partial<Delivery>;
	/** Whether the protocol leaves it to the receiver to refuse it, as OpenClaw Trigger does. */
	readonly isUpToReceiver?: boolean;
}

/** One that is signed, and that OpenClaw Trigger answers with this status. */
export interface MalformedRequest extends Attack {
	readonly status: number;
	/** With n8n before 2.41, where that differs. */
	readonly earlierStatus?: number;
}

/** A genuine request that somebody recorded and sends again as it was. */
export interface Replay {
	readonly name: string;
	/** Sent all at once, after the genuine one. */
	readonly copies: number;
}

const DIGEST = 'a'.repeat(64);
/** Larger than the 16 MiB that n8n takes. */
const TOO_LARGE = 17 * 1024 * 1024;

const now = () => Math.floor(Date.now() / 1000);
const event = () => capturedEvent('message.sent');

function withHeaders(name: string, headers: () => HeaderChanges): Attack {
	return { name, delivery: () => ({ event: event(), headers: headers() }) };
}

function withSignature(name: string, value: string | readonly string[]): Attack {
	return withHeaders(name, () => ({ 'x-openclaw-signature': value }));
}

function withTimestamp(name: string, value: () => string | readonly string[] | undefined): Attack {
	return withHeaders(name, () => ({ 'x-openclaw-timestamp': value() }));
}

function changedByte(): Partial<Delivery> {
	const sent = event();
	const text = JSON.stringify(sent);
	const sentBody = text.replace('"message.sent"', '"message.Sent"');
	if (sentBody === text) throw new Error('The body has not changed');
	return { event: sent, sentBody };
}

/** Rightly signed, and then the signature is written in another way. */
function rewritten(name: string, rewrite: (valid: string) => string | readonly string[]): Attack {
	const delivery = (secret: string): Partial<Delivery> => {
		const sent = event();
		const timestamp = now();
		const signed = signEvent({ id: sent.id, body: JSON.stringify(sent), secret, timestamp });
		const signature = rewrite(signed['X-OpenClaw-Signature'] ?? '');
		return { event: sent, timestamp, headers: { 'x-openclaw-signature': signature } };
	};
	return { name, delivery };
}

/** What a receiver accepts that parses the body and verifies what it writes anew. */
function respaced(): Partial<Delivery> {
	const sent = event();
	return { event: sent, sentBody: JSON.stringify(sent, null, 1) };
}

/** What a receiver would accept that takes a missing secret for an empty one. */
function signedWithNothing(): Partial<Delivery> {
	const sent = event();
	const timestamp = String(now());
	const hmac = createHmac('sha256', '').update(`${timestamp}.${JSON.stringify(sent)}`);
	const headers = {
		'x-openclaw-timestamp': timestamp,
		'x-openclaw-signature': `sha256=${hmac.digest('hex')}`,
	};
	return { event: sent, headers };
}

/** Not signed by the holder of the secret, or not now. Answered with 401. */
export const FORGERIES: readonly Attack[] = [
	// Of neither scheme: one is enough.
	withHeaders('without signature', () => ({
		'x-openclaw-signature': undefined,
		'webhook-signature': undefined,
	})),
	withTimestamp('without timestamp', () => undefined),
	{
		name: 'with another secret',
		delivery: () => ({ event: event(), secret: 'whsec_another' }),
	},
	{ name: 'with an empty secret', delivery: signedWithNothing },
	{
		name: 'that is stale',
		delivery: (_secret, tolerance = DEFAULT_TOLERANCE_SECONDS) => ({
			event: event(),
			timestamp: now() - tolerance - 1,
		}),
	},
	{
		name: 'from the future',
		delivery: (_secret, tolerance = DEFAULT_TOLERANCE_SECONDS) => ({
			event: event(),
			timestamp: now() + tolerance + 30,
		}),
	},
	withTimestamp('with letters in the timestamp', () => `${now()}a`),
	withTimestamp('with a fraction in the timestamp', () => `${now()}.5`),
	withTimestamp('under another timestamp', () => String(now() - 5)),
	withSignature('with upper-case hex', `sha256=${DIGEST.toUpperCase()}`),
	withSignature('with truncated hex', `sha256=${DIGEST.slice(1)}`),
	withSignature('with a bare digest', DIGEST),
	withSignature('with two signature headers', [`sha256=${DIGEST}`, `sha256=${DIGEST}`]),
	rewritten('with a valid signature in one of two headers', (valid) => [valid, `sha256=${DIGEST}`]),
	withTimestamp('with two timestamp headers', () => [String(now()), String(now())]),
	withSignature('with too many signatures', Array(6).fill(`sha256=${DIGEST}`).join(',')),
	{ name: 'with one byte changed', delivery: changedByte },
];

/** Nearly genuine: what a receiver takes that compares carelessly. Answered with 401. */
export const NEAR_MISSES: readonly Attack[] = [
	rewritten('with the first 16 digits of the right signature', (valid) => valid.slice(0, 23)),
	rewritten('with the right signature and two digits more', (valid) => `${valid}00`),
	rewritten('with the right signature in upper case', (valid) =>
		valid.replace(/[0-9a-f]{64}$/, (digest) => digest.toUpperCase()),
	),
	rewritten("with the right digest without 'sha256='", (valid) => valid.replace(/^.*=/, '')),
	rewritten('with the right signature as the last of six', (valid) =>
		[...Array<string>(5).fill(`sha256=${DIGEST}`), valid].join(','),
	),
	{ name: 'with other white space than was signed', delivery: respaced },
];

function body(name: string, text: string, contentType: string, status: number): MalformedRequest {
	const delivery = () => ({ body: text, headers: { 'content-type': contentType } });
	return { name, delivery, status };
}

const padded = () => JSON.stringify({ ...event(), padding: 'x'.repeat(TOO_LARGE) });

/** Broken and oversize bodies of a type; `gzip` where they are, or claim to be, compressed. */
function unreadable(contentType: string) {
	// Otherwise the connection may be closed before the sender has read the answer.
	const plain = { 'content-type': contentType, connection: 'keep-alive' };
	const gzip = { ...plain, 'content-encoding': 'gzip' };
	const truncated = () => gzipSync(JSON.stringify(event())).subarray(0, 40);
	return {
		notGzip: {
			name: `that claims to be gzip, ${contentType}`,
			delivery: () => ({ event: event(), headers: gzip }),
			isUpToReceiver: true,
		},
		truncated: {
			name: `of truncated gzip, ${contentType}`,
			delivery: () => ({ event: event(), sentBody: truncated(), headers: gzip }),
		},
		large: {
			name: `of 17 MiB, ${contentType}`,
			delivery: () => ({ body: padded(), headers: plain }),
			isUpToReceiver: true,
		},
		bomb: {
			name: `of 17 MiB that gzip made small, ${contentType}`,
			delivery: () => ({ event: event(), sentBody: gzipSync(padded()), headers: gzip }),
			isUpToReceiver: true,
		},
	};
}

function readByTrigger(contentType: string): MalformedRequest[] {
	const { notGzip, truncated, large, bomb } = unreadable(contentType);
	return [
		{ ...notGzip, status: 400 },
		{ ...truncated, status: 400 },
		{ ...large, status: 413 },
		{ ...bomb, status: 413 },
	];
}

const FORM = 'multipart/form-data; boundary=x';
const FIELD = '--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n';

/** Signed by the holder of the secret, but no event, or not sent as one. */
export const MALFORMED: readonly MalformedRequest[] = [
	body('that is an array', '[]', 'application/json', 400),
	body('that is a text', '"event"', 'application/json', 400),
	body('that is null', 'null', 'application/json', 400),
	body('that is an object but no event', '{"hello":"world"}', 'application/json', 400),
	body(
		'that is an event without id',
		JSON.stringify({ ...event(), id: '' }),
		'application/json',
		400,
	),
	body('that is no JSON', 'not json', 'text/plain', 400),
	body('that is empty', '', 'application/octet-stream', 400),
	body('of broken JSON', '{"id":', 'application/json', 422),
	// Earlier ones leave the broken form to the node.
	{ ...body('that is a form', 'a=1', FORM, 400), earlierStatus: 415 },
	body('that is a form with a field', FIELD, FORM, 415),
	body('of mixed parts', '--x--', 'multipart/mixed; boundary=x', 415),
	...readByTrigger('application/octet-stream'),
	...readByTrigger('application/vnd.openclaw+json'),
	...['GET', 'PUT', 'DELETE'].map((method) => ({
		name: `by ${method}`,
		delivery: () => ({ event: event(), method }),
		status: 404,
		isUpToReceiver: true,
	})),
];

/** Signed ones of types that n8n itself parses, and cannot read. Answered with a failure. */
export const UNREADABLE: readonly Attack[] = ['application/json', 'text/plain'].flatMap((type) => {
	const { notGzip, large } = unreadable(type);
	return [notGzip, large];
});

/** Answered with 200, and run nothing. */
export const REPLAYS: readonly Replay[] = [
	{ name: 'sent again', copies: 1 },
	{ name: 'sent again twenty times at once', copies: 20 },
];
