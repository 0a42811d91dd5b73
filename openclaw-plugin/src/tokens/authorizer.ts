import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerRefusal, refuse } from '../http/answers';
import type { Checked, Refusal } from '../http/answers';
import { bearerToken, clientAddress } from '../http/request';
import type { Caller, TokenCheck, TokenScope } from './tokens';

/*
 * Who calls: `tokens` issues and checks, `authorizer` lets in, and slows down who guesses.
 */

/**
 * Says who calls, or why the request is refused: 401 without a valid token, 429 to who tries many, 403
 * with a token for something else. To be asked before anything else of the request is looked at.
 */
export type TokenGate = (request: IncomingMessage, scope: TokenScope) => Checked<Caller>;

/**
 * A {@link TokenGate} that answers what it refuses, and says undefined then. It lets in no token that is bound to inbound
 * endpoints.
 */
export type Authorizer = (
	request: IncomingMessage,
	response: ServerResponse,
	scope: TokenScope,
) => Caller | undefined;

/** Slows down whoever guesses tokens. */
export interface FailureLimit {
	/**
	 * Counts a failure.
	 *
	 * @returns seconds to wait before the next try; 0 while the client has not failed too often
	 */
	count(client: string): number;
}

/**
 * Makes the guard of the plugin's own routes.
 *
 * @example
 * const gate = createTokenGate(createTokenCheck({ database, hookToken }), createFailureLimit());
 * const caller = gate(request, 'inbound');
 */
export function createTokenGate(check: TokenCheck, failures: FailureLimit): TokenGate {
	return (request, scope) => {
		const token = bearerToken(request);
		if (token === undefined) return refuse(UNAUTHORIZED);
		const verdict = check(token, scope);
		if (verdict.ok) return { ok: true, value: verdict.caller };
		if (verdict.reason === 'scope') return refuse(WRONG_SCOPE[scope]);
		if (verdict.reason === 'expired') return refuse(EXPIRED);
		const pause = failures.count(clientAddress(request));
		return refuse(pause > 0 ? tooManyFailures(pause) : UNAUTHORIZED);
	};
}

/** Makes a gate that answers by itself. */
export function createAuthorizer(check: TokenCheck, failures: FailureLimit): Authorizer {
	const gate = createTokenGate(check, failures);
	return (request, response, scope) => {
		const admitted = gate(request, scope);
		const isBound = admitted.ok && admitted.value.endpoints !== undefined;
		if (admitted.ok && !isBound) return admitted.value;
		answerRefusal(response, admitted.ok ? BOUND : admitted.refusal);
		return undefined;
	};
}

/** Failed tokens of one client within this many milliseconds count together. */
const WINDOW_MS = 60_000;
const MAX_FAILURES = 10;
/** Clients that are kept in mind; some 200 bytes each. */
const MAX_CLIENTS = 10_000;

/**
 * Counts failed tokens by client: ten a minute are answered as what they are, further ones with a
 * pause. Only failures are counted and only they are slowed: a right token always passes, so nobody
 * can lock out others behind the same address. (The SDK's limiters either lock a client out, or don't say
 * for how long.)
 *
 * @param now milliseconds, the system's clock unless given
 */
export function createFailureLimit(now: () => number = Date.now): FailureLimit {
	const clients = new Map<string, { failures: number; until: number }>();
	return {
		count(client) {
			const time = now();
			const known = clients.get(client);
			const entry =
				known !== undefined && known.until > time && known.until <= time + WINDOW_MS
					? { ...known, failures: known.failures + 1 }
					: { failures: 1, until: time + WINDOW_MS };
			// The newest last, so that the first is the one to forget.
			clients.delete(client);
			clients.set(client, entry);
			if (clients.size > MAX_CLIENTS) clients.delete(clients.keys().next().value ?? client);
			return entry.failures > MAX_FAILURES ? Math.ceil((entry.until - time) / 1000) : 0;
		},
	};
}

/** The body is not read any more, so the connection can't serve another request. */
const CLOSE = { Connection: 'close' };
const CHALLENGE = { ...CLOSE, 'WWW-Authenticate': 'Bearer realm="openclaw-event-webhooks"' };

/** The one answer to everybody who may not call, whatever it was that they tried. */
export const UNAUTHORIZED: Refusal = {
	status: 401,
	code: 'unauthorized',
	message:
		"A valid access token is needed in the header 'Authorization: Bearer …', or the signature that the endpoint asks for",
	headers: CHALLENGE,
};

const EXPIRED: Refusal = {
	status: 401,
	code: 'token-expired',
	message: 'The access token has expired. Issue a new one: openclaw event-webhooks token create',
	headers: CHALLENGE,
};

const WRONG_SCOPE: Readonly<Record<TokenScope, Refusal>> = {
	inbound: wrongScope('inbound', 'sending messages to inbound endpoints'),
	agents: wrongScope('agents', 'writing to any agent'),
	sessions: wrongScope('sessions', 'writing into any session'),
	endpoints: wrongScope('endpoints', 'managing endpoints'),
	events: wrongScope('events', 'reading events'),
	approvals: wrongScope('approvals', 'deciding on tool calls'),
};

const BOUND: Refusal = {
	status: 403,
	code: 'wrong-scope',
	message: 'The token is for certain inbound endpoints, and opens nothing else',
	headers: CLOSE,
};

function wrongScope(scope: TokenScope, purpose: string): Refusal {
	const message = `The token is not for ${purpose}. Issue one with the scope '${scope}': openclaw event-webhooks token create`;
	return { status: 403, code: 'wrong-scope', message, headers: CLOSE };
}

function tooManyFailures(seconds: number): Refusal {
	return {
		status: 429,
		code: 'too-many-failures',
		message: 'Too many wrong access tokens came from this address',
		headers: { ...CLOSE, 'Retry-After': String(seconds) },
	};
}
