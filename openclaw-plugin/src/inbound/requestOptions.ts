import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { refuse } from '../http/answers';
import type { Checked, Refusal } from '../http/answers';
import { readCallback } from './callbackTarget';
import type { CallbackRules } from './callbackTarget';
import { textOf } from './headerText';
import type { MessageCallback } from './message';

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

/** What the endpoint and the settings say. */
export interface OptionRules {
	readonly agentId: string;
	/** Session of messages that name none. */
	readonly sessionKey: string;
	readonly callbacks: CallbackRules;
}

export const MAX_WAIT_SECONDS = 300;
const DEFAULT_WAIT_SECONDS = 60;
const MAX_KEY_LENGTH = 256;
const MAX_SESSION_KEY_LENGTH = 256;
/** What an HTTP header can carry. */
const KEY = /^[\x20-\x7e]+$/;
const SESSION_KEY = /^[^\s\p{Cc}]+$/u;

/**
 * Reads what a request asks for: `Idempotency-Key`; `Prefer: wait=<seconds>` (RFC 7240) or `?wait=`;
 * `X-OpenClaw-Session-Key` or `?sessionKey=`; `X-OpenClaw-Deliver` or `?deliver=`;
 * `X-OpenClaw-Callback-Url` or `?callbackUrl=`, with `X-OpenClaw-Callback-Secret`. A header goes before
 * the query.
 *
 * @returns the options, or 400 that names what cannot be used
 */
export function readRequestOptions(
	headers: IncomingHttpHeaders,
	query: URLSearchParams,
	rules: OptionRules,
): Checked<RequestOptions> {
	const key = textOf(headers['idempotency-key']);
	if (key !== undefined && (key.length > MAX_KEY_LENGTH || !KEY.test(key))) return refuse(BAD_KEY);
	const waitSeconds = readWait(headers, query);
	if (waitSeconds === undefined) return refuse(BAD_WAIT);
	const session = textOf(headers['x-openclaw-session-key']) ?? textOf(query.get('sessionKey'));
	const sessionKey = session === undefined ? rules.sessionKey : qualify(session, rules.agentId);
	if (sessionKey === undefined) return refuse(badSessionKey(rules.agentId));
	const deliver = textOf(headers['x-openclaw-deliver']) ?? textOf(query.get('deliver')) ?? 'false';
	if (deliver !== 'true' && deliver !== 'false') return refuse(BAD_DELIVER);
	const callback = readCallback(headers, query, rules.callbacks);
	if (!callback.ok) return callback;
	return {
		ok: true,
		value: {
			waitSeconds,
			sessionKey,
			deliver: deliver === 'true',
			...(key === undefined ? {} : { key }),
			...(callback.value === undefined ? {} : { callback: callback.value }),
		},
	};
}

/** What makes a request the same as an earlier one: its body, and where its reply goes. */
export function hashRequest(body: Buffer, options: RequestOptions): Buffer {
	const { sessionKey, deliver, callback } = options;
	const secret = callback !== undefined && 'secret' in callback ? [callback.secret] : [];
	return createHash('sha256')
		.update(JSON.stringify([sessionKey, deliver, callback?.url ?? '', ...secret]))
		.update(body)
		.digest();
}

function readWait(headers: IncomingHttpHeaders, query: URLSearchParams): number | undefined {
	const preferred = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?/i.exec(textOf(headers.prefer) ?? '')?.[1];
	// A preference that is too much is met as far as it can be (RFC 7240, section 2).
	if (preferred !== undefined) return Math.min(Number(preferred), MAX_WAIT_SECONDS);
	const text = textOf(query.get('wait')) ?? 'false';
	if (text === 'false') return 0;
	if (text === 'true') return DEFAULT_WAIT_SECONDS;
	const seconds = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN;
	return seconds <= MAX_WAIT_SECONDS ? seconds : undefined;
}

/** A key without `agent:` before it is one of the endpoint's agent; keys of other agents are refused. */
function qualify(sessionKey: string, agentId: string): string | undefined {
	if (sessionKey.length > MAX_SESSION_KEY_LENGTH || !SESSION_KEY.test(sessionKey)) return undefined;
	const prefix = `agent:${agentId}:`;
	if (!sessionKey.toLowerCase().startsWith('agent:')) return prefix + sessionKey;
	const isOwn = sessionKey.toLowerCase().startsWith(prefix.toLowerCase());
	return isOwn && sessionKey.length > prefix.length ? sessionKey : undefined;
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

function badSessionKey(agentId: string): Refusal {
	return {
		status: 400,
		code: 'invalid-session-key',
		path: 'sessionKey',
		message: `The session key must belong to the endpoint's agent and start with 'agent:${agentId}:', without blanks`,
	};
}
