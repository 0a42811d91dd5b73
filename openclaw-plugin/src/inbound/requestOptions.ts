import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { refuse } from '../http/answers';
import type { Checked, Refusal } from '../http/answers';
import { textOf } from '../http/request';
import { readCallback } from './callback';
import type { CallbackRules } from './callback';
import type { MessageCallback, MessageOptions, MessageOrigin } from './message';
import type { WrittenMessage } from './messageText';
import { chooseSession } from './sessionPolicy';
import type { SessionRules } from './sessionPolicy';

/** What a sender asks for besides the message, in headers or in the query. */
export interface RequestOptions {
	/** `Idempotency-Key`. */
	readonly key?: string;
	/** Seconds to hold the request for the reply; 0 for not at all. */
	readonly waitSeconds: number;
	readonly sessionKey: string;
	readonly deliver: boolean;
	readonly callback?: MessageCallback;
	readonly origin: MessageOrigin;
}

const MAX_WAIT_SECONDS = 300;
const DEFAULT_WAIT_SECONDS = 60;
/** Of an idempotency key. */
export const MAX_KEY_LENGTH = 256;
const MAX_SOURCE_LENGTH = 200;
/** Runs that may lead from one to the next: more of them are a circle. */
const MAX_HOPS = 8;
/** Nobody but the gateway's owner can end a circle: it is also logged. */
export const LOOP_DETECTED = 'loop-detected';
/** What an HTTP header can carry. */
const PLAIN = /^[\x20-\x7e]+$/;

/**
 * Reads what a request asks for: `Idempotency-Key`; `Prefer: wait=<seconds>` (RFC 7240) or `?wait=`;
 * `X-OpenClaw-Session-Key` or `?sessionKey=`; `X-OpenClaw-Deliver` or `?deliver=`;
 * `X-OpenClaw-Callback-Url` or `?callbackUrl=`, with `X-OpenClaw-Callback-Secret`; `X-OpenClaw-Source` and
 * `X-OpenClaw-Hops`. A header goes before the query.
 *
 * @returns the options, 400 that names what cannot be used, 403 for a session of others, or 508 for a message
 *   that goes round in a circle
 */
export function readRequestOptions(
	headers: IncomingHttpHeaders,
	query: URLSearchParams,
	rules: { readonly session: SessionRules; readonly callbacks: CallbackRules },
): Checked<RequestOptions> {
	const key = textOf(headers['idempotency-key']);
	if (key !== undefined && (key.length > MAX_KEY_LENGTH || !PLAIN.test(key))) {
		return refuse(BAD_KEY);
	}
	const wait = readWait(headers, query);
	if (!wait.ok) return wait;
	const inHeader = textOf(headers['x-openclaw-session-key']);
	if (inHeader !== undefined && !PLAIN.test(inHeader)) return refuse(NOT_PLAIN);
	const deliver = textOf(headers['x-openclaw-deliver']) ?? textOf(query.get('deliver')) ?? 'false';
	if (deliver !== 'true' && deliver !== 'false') return refuse(BAD_DELIVER);
	const asked = inHeader ?? textOf(query.get('sessionKey'));
	const session = chooseSession(asked, deliver === 'true', rules.session);
	if (!session.ok) return session;
	const callback = readCallback(headers, query, rules.callbacks);
	if (!callback.ok) return callback;
	const origin = readOrigin(headers);
	if (!origin.ok) return origin;
	return {
		ok: true,
		value: {
			waitSeconds: wait.value,
			sessionKey: session.value,
			deliver: deliver === 'true',
			origin: origin.value,
			...(key === undefined ? {} : { key }),
			...(callback.value === undefined ? {} : { callback: callback.value }),
		},
	};
}

/** What the sender names itself, and how many runs its own cause has come through. */
export function readOrigin(headers: IncomingHttpHeaders): Checked<MessageOrigin> {
	const source = textOf(headers['x-openclaw-source']);
	if (source !== undefined && (source.length > MAX_SOURCE_LENGTH || !PLAIN.test(source))) {
		return refuse(BAD_SOURCE);
	}
	const before = textOf(headers['x-openclaw-hops']) ?? '0';
	if (!/^\d{1,9}$/.test(before)) return refuse(BAD_HOPS);
	const hops = Number(before) + 1;
	if (hops > MAX_HOPS) return refuse(loop(source));
	return { ok: true, value: { hops, ...(source === undefined ? {} : { source }) } };
}

/**
 * What makes a message the same as an earlier one with the same key: what the agent is told, but for the time
 * that its template wrote into it, and all that decides what becomes of it. What of the request leaves no trace
 * in these makes no difference.
 */
export function hashMessage(
	{ agentId, timeless, model = '' }: WrittenMessage,
	{ sessionKey, deliver, callback }: RequestOptions,
): Buffer {
	const target =
		callback === undefined ? [] : [callback.url, 'secret' in callback ? callback.secret : ''];
	const parts = [agentId, sessionKey, timeless, model, deliver, ...target];
	return createHash('sha256').update(JSON.stringify(parts)).digest();
}

/**
 * Reads how long to wait, in seconds: `Prefer: wait=…`, or `?wait=` with seconds, `true` or `false`.
 *
 * @returns 0 for not at all
 */
export function readWait(headers: IncomingHttpHeaders, query: URLSearchParams): Checked<number> {
	const preferred = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?/i.exec(textOf(headers.prefer) ?? '')?.[1];
	// A preference that is too much is met as far as it can be (RFC 7240, section 2).
	if (preferred !== undefined) {
		return { ok: true, value: Math.min(Number(preferred), MAX_WAIT_SECONDS) };
	}
	const text = textOf(query.get('wait')) ?? 'false';
	if (text === 'false') return { ok: true, value: 0 };
	if (text === 'true') return { ok: true, value: DEFAULT_WAIT_SECONDS };
	const seconds = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
	return seconds <= MAX_WAIT_SECONDS ? { ok: true, value: seconds } : refuse(BAD_WAIT);
}

const BAD_KEY: Refusal = {
	status: 400,
	code: 'invalid-idempotency-key',
	path: 'Idempotency-Key',
	message: `The Idempotency-Key must have at most ${String(MAX_KEY_LENGTH)} plain characters`,
};

const BAD_SOURCE: Refusal = {
	status: 400,
	code: 'invalid-source',
	path: 'X-OpenClaw-Source',
	message: `X-OpenClaw-Source must have at most ${String(MAX_SOURCE_LENGTH)} plain characters`,
};

const BAD_HOPS: Refusal = {
	status: 400,
	code: 'invalid-hops',
	path: 'X-OpenClaw-Hops',
	message: "X-OpenClaw-Hops must be a whole number: 'data.origin.hops' of the event that led here",
};

function loop(source: string | undefined): Refusal {
	const whose = source === undefined ? '' : ` of '${source}'`;
	return {
		status: 508,
		code: LOOP_DETECTED,
		message: `This message${whose} goes round in a circle: ${String(MAX_HOPS)} runs of agents have led from one to the next. Let the receiver leave out events whose 'data.origin.source' is its own`,
	};
}

const BAD_WAIT: Refusal = {
	status: 400,
	code: 'invalid-wait',
	path: 'wait',
	message: `'wait' must be true, false, or whole seconds from 0 to ${String(MAX_WAIT_SECONDS)}`,
};

const BAD_DELIVER: Refusal = {
	status: 400,
	code: 'invalid-deliver',
	path: 'deliver',
	message: "'deliver' must be true or false",
};

const NOT_PLAIN: Refusal = {
	status: 400,
	code: 'invalid-session-key',
	path: 'sessionKey',
	message:
		'A header carries plain characters only, and this session key has others. Send it as ?sessionKey= instead',
};

/** What of them is kept with the message. */
export function messageOptions({
	deliver,
	waitSeconds,
	callback,
	origin,
}: RequestOptions): MessageOptions {
	return {
		origin,
		...(deliver ? { deliver: true } : {}),
		...(waitSeconds > 0 || callback !== undefined ? { detailed: true } : {}),
		...(callback === undefined ? {} : { callback }),
	};
}
