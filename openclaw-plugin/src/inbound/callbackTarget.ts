import type { IncomingHttpHeaders } from 'node:http';
import { isSecret } from '../endpoints/secret';
import { refuse } from '../http/answers';
import type { Checked, Refusal } from '../http/answers';
import { CALLBACK_UNSIGNED } from './answer';
import { textOf } from './headerText';
import type { MessageCallback } from './message';

/** Where callbacks may lead. */
export interface CallbackRules {
	/** `inbound.callbackOrigins` of the settings. */
	readonly origins: readonly string[];
	/** Whether the sender may register any URL as an endpoint anyway. */
	readonly isAnyAllowed: boolean;
	/** Finds the endpoint whose secrets sign what goes to a URL. */
	readonly findSigner: (url: string) => string | undefined;
	/** Whether events are sent to an origin; undefined when none are. */
	readonly findReceiver: (origin: string) => { readonly allowPrivateHosts: boolean } | undefined;
}

const MAX_URL_LENGTH = 2048;

/**
 * Reads where the result of a message is sent to. A callback with a secret of its own
 * (`X-OpenClaw-Callback-Secret`, never in the query, which ends up in logs) needs no endpoint to be
 * signed; its origin must be in the settings, or be that of an endpoint, or the token must be one that
 * can make endpoints.
 *
 * @returns undefined without a callback; 400 that names what cannot be used
 */
export function readCallback(
	headers: IncomingHttpHeaders,
	query: URLSearchParams,
	rules: CallbackRules,
): Checked<MessageCallback | undefined> {
	const url = textOf(headers['x-openclaw-callback-url']) ?? textOf(query.get('callbackUrl'));
	const secret = textOf(headers['x-openclaw-callback-secret']);
	if (secret !== undefined && (url === undefined || !isSecret(secret))) return refuse(BAD_SECRET);
	if (url === undefined) return { ok: true, value: undefined };
	const origin = originOf(url);
	if (origin === undefined) return refuse(NOT_ALLOWED);
	if (secret === undefined) {
		if (!rules.origins.includes(origin)) return refuse(NOT_ALLOWED);
		const endpoint = rules.findSigner(url);
		return endpoint === undefined
			? refuse(CALLBACK_UNSIGNED)
			: { ok: true, value: { url, endpoint } };
	}
	if (rules.isAnyAllowed || rules.origins.includes(origin)) {
		return { ok: true, value: { url, secret, allowPrivateHosts: true } };
	}
	const receiver = rules.findReceiver(origin);
	return receiver === undefined
		? refuse(NOT_ALLOWED)
		: { ok: true, value: { url, secret, ...receiver } };
}

/** Undefined for what is no web address, or holds a password. */
function originOf(url: string): string | undefined {
	if (url.length > MAX_URL_LENGTH || !URL.canParse(url)) return undefined;
	const { origin, protocol, username, password } = new URL(url);
	return /^https?:$/.test(protocol) && username === '' && password === '' ? origin : undefined;
}

const BAD_SECRET: Refusal = {
	status: 400,
	code: 'invalid-callback-secret',
	path: 'X-OpenClaw-Callback-Secret',
	message:
		"The callback secret must be 'whsec_' and Base64 of 24 to 64 bytes, and come with a callback URL",
};

const NOT_ALLOWED: Refusal = {
	status: 400,
	code: 'callback-not-allowed',
	path: 'callbackUrl',
	message:
		"The callback URL does not lead to one of the origins in 'inbound.callbackOrigins' of the gateway's settings. With a callback secret, the origin of an endpoint or a token with the scope 'endpoints' does as well",
};
