import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { refuse } from '../http/answers';
import type { Checked, Refusal } from '../http/answers';
import { textOf } from '../http/request';
import { readCallback } from './callback';
import type { CallbackRules } from './callback';
import type { MessageCallback } from './message';
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
}

const MAX_WAIT_SECONDS = 300;
const DEFAULT_WAIT_SECONDS = 60;
const MAX_KEY_LENGTH = 256;
/** What an HTTP header can carry. */
const PLAIN = /^[\x20-\x7e]+$/;

/**
 * Reads what a request asks for: `Idempotency-Key`; `Prefer: wait=<seconds>` (RFC 7240) or `?wait=`;
 * `X-OpenClaw-Session-Key` or `?sessionKey=`; `X-OpenClaw-Deliver` or `?deliver=`;
 * `X-OpenClaw-Callback-Url` or `?callbackUrl=`, with `X-OpenClaw-Callback-Secret`. A header goes before
 * the query.
 *
 * @returns the options, 400 that names what cannot be used, or 403 for a session of others
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
	return {
		ok: true,
		value: {
			waitSeconds: wait.value,
			sessionKey: session.value,
			deliver: deliver === 'true',
			...(key === undefined ? {} : { key }),
			...(callback.value === undefined ? {} : { callback: callback.value }),
		},
	};
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
