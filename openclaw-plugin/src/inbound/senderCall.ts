import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { refuse } from '../http/answers';
import type { Checked, Refusal } from '../http/answers';
import { readLimitedBody, textOf } from '../http/request';
import { isObject, renderTemplate } from '../protocol';
import type { SenderAuth, SenderType, VerifyFailure } from '../protocol';
import { UNAUTHORIZED } from '../tokens/authorizer';
import type { Caller } from '../tokens/tokens';
import { MAX_KEY_LENGTH, readOrigin } from './requestOptions';
import type { RequestOptions } from './requestOptions';
import { createSenderCheck } from './senderSignature';

/** A call that its sender has signed, in the place of an access token. */
export interface SenderCall {
	readonly auth: SenderAuth;
	/** The body as it came: its bytes were signed. */
	readonly raw: Buffer;
	/** See `SenderVerdict`. */
	readonly once?: string;
}

/** What became of a call without an access token. */
export type Admitted =
	| { readonly kind: 'sender'; readonly call: SenderCall }
	/** There is no signature, so that somebody with a token may rather hear what is wrong with that. */
	| { readonly kind: 'unsigned' | 'refused'; readonly refusal: Refusal };

/** Lets a sender in by its signature. */
export type SenderGate = (request: IncomingMessage) => Promise<Admitted>;

/**
 * Makes the gate of an inbound endpoint with `auth`. The body is read once the headers look right.
 *
 * @param now milliseconds
 */
export function createSenderGate(auth: SenderAuth, now: () => number): SenderGate {
	const check = createSenderCheck(auth);
	return async (request) => {
		const claim = check(request.headers, Math.floor(now() / 1000));
		if (!claim.ok) {
			const kind = claim.reason === 'missing-signature' ? 'unsigned' : 'refused';
			return { kind, refusal: notGenuine(auth.type, claim.reason) };
		}
		const body = await readLimitedBody(request);
		if (!body.ok) return { kind: 'refused', refusal: body.refusal };
		const verdict = claim.verify(body.value);
		if (!verdict.ok) return { kind: 'refused', refusal: notGenuine(auth.type, verdict.reason) };
		const { once } = verdict;
		const call = { auth, raw: body.value, ...(once === undefined ? {} : { once }) };
		return { kind: 'sender', call };
	};
}

/** Before the name of a kind of sender, in the place of a token's id, which holds no colon. */
const SENDER = 'sender:';

/** Who calls by a signature: nobody who may do more than call this endpoint. */
export function senderCaller({ auth }: SenderCall, endpoint: string): Caller {
	return { id: `${SENDER}${auth.type}`, scopes: [], endpoints: [endpoint] };
}

/** The kind of sender that a caller is; undefined for a token. */
export function senderTypeOf(caller: string): string | undefined {
	return caller.startsWith(SENDER) ? caller.slice(SENDER.length) : undefined;
}

/**
 * What Slack wants to hear back before it sends anything.
 *
 * @see https://docs.slack.dev/reference/events/url_verification
 */
export function readChallenge({ auth }: SenderCall, body: unknown): string | undefined {
	if (auth.type !== 'slack' || !isObject(body) || body.type !== 'url_verification')
		return undefined;
	return typeof body.challenge === 'string' ? body.challenge : undefined;
}

/** Where each sender has what is the same in all its tries. Those of `once` are signed themselves. */
const DELIVERY_IDS: Readonly<Partial<Record<SenderType, string>>> = {
	github: 'headers.x-github-delivery',
	gitlab: 'headers.idempotency-key',
	shopify: 'headers.x-shopify-webhook-id',
	stripe: 'body.id',
	slack: 'body.event_id',
};

/**
 * By what a call is recognized when its sender tries again.
 *
 * @returns the key, and a hash that tells two messages with one key apart; undefined where the sender names
 *   nothing and no time is signed: then each call is a message
 */
export function identifyCall(
	{ auth, raw, once }: SenderCall,
	headers: IncomingHttpHeaders,
	body: unknown,
): { readonly key: string; readonly hash: Buffer } | undefined {
	const known = DELIVERY_IDS[auth.type];
	const chosen = 'deliveryId' in auth ? auth.deliveryId : undefined;
	const path = known ?? chosen ?? 'headers.idempotency-key';
	const id = auth.type === 'standard-webhooks' ? undefined : readText(path, { headers, body });
	const key = id ?? once;
	if (key === undefined) return undefined;
	const short = key.length > MAX_KEY_LENGTH ? sha256(key).toString('hex') : key;
	// A sender's own ids say what is the same: Stripe counts its tries in the body. Others may be chosen badly.
	return { key: short, hash: sha256(known === undefined && id !== undefined ? raw : short) };
}

/**
 * What a sender asks for: nothing. It cannot set headers, and the query is not signed.
 *
 * @param session of its endpoint
 * @returns 403 for what takes an access token
 */
export function readSenderOptions(
	headers: IncomingHttpHeaders,
	query: URLSearchParams,
	session: string,
): Checked<RequestOptions> {
	const asked =
		TOKEN_OPTIONS.find(
			([name, header]) => query.has(name) || textOf(headers[header]) !== undefined,
		)?.[0] ?? (query.has('wait') ? 'wait' : undefined);
	if (asked !== undefined) return refuse(takesToken(asked));
	const origin = readOrigin(headers);
	if (!origin.ok) return origin;
	return {
		ok: true,
		value: { waitSeconds: 0, sessionKey: session, deliver: false, origin: origin.value },
	};
}

const TOKEN_OPTIONS = [
	['sessionKey', 'x-openclaw-session-key'],
	['deliver', 'x-openclaw-deliver'],
	['callbackUrl', 'x-openclaw-callback-url'],
] as const;

function readText(path: string, values: Readonly<Record<string, unknown>>): string | undefined {
	const rendered = renderTemplate(`{{${path}}}`, values);
	return rendered.ok ? textOf(rendered.text) : undefined;
}

function sha256(value: string | Uint8Array): Buffer {
	return createHash('sha256').update(value).digest();
}

function takesToken(name: string): Refusal {
	return {
		status: 403,
		code: 'option-not-allowed',
		path: name,
		message: `A call that is let in by its signature cannot ask for '${name}'. That takes an access token`,
	};
}

const REASONS: Readonly<Record<VerifyFailure, string>> = {
	'no-secret': 'there is no secret to check it by',
	'missing-signature': 'it has no signature. Is a secret set at the sender?',
	'malformed-signature': 'the header with its signature has another form, or came twice',
	'too-many-signatures': 'it has too many signatures',
	'missing-timestamp': 'the header with its time is missing',
	'malformed-timestamp': 'the header with its time has another form, or came twice',
	'timestamp-too-old':
		'it was signed too long ago: an old call is repeated, or the clocks here and at the sender differ',
	'timestamp-in-future': 'it was signed in the future: the clocks here and at the sender differ',
	'signature-mismatch':
		'its signature is wrong: the sender has another secret, or something on the way has changed the body',
};

/** The caller hears what everybody hears who may not call. */
function notGenuine(type: SenderType, reason: VerifyFailure): Refusal {
	return { ...UNAUTHORIZED, logged: `Not from ${type} (${reason}): ${REASONS[reason]}` };
}
