import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerRefusal } from '../http/answers';
import type { Refusal } from '../http/answers';
import { bearerToken } from '../http/bearerToken';
import { clientAddress } from '../http/clientAddress';
import type { FailureLimit } from './failureLimit';
import type { TokenScope } from './token';
import type { TokenCheck } from './tokenCheck';

/**
 * Lets a request in, or answers it: 401 without a valid token, 429 to who tries many, 403 with a token
 * for something else. To be asked before anything else of the request is looked at.
 *
 * @returns what the token opens, undefined when the request was answered
 */
export type Authorizer = (
	request: IncomingMessage,
	response: ServerResponse,
	scope: TokenScope,
) => readonly TokenScope[] | undefined;

/**
 * Makes the guard of the plugin's own routes.
 *
 * @example
 * const authorize = createAuthorizer(createTokenCheck({ database, hooksToken }), createFailureLimit());
 * if (authorize(request, response, 'inbound') === undefined) return true;
 */
export function createAuthorizer(check: TokenCheck, failures: FailureLimit): Authorizer {
	return (request, response, scope) => {
		const token = bearerToken(request);
		const verdict = token === undefined ? undefined : check(token, scope);
		if (verdict?.ok === true) return verdict.scopes;
		if (verdict?.reason === 'scope') {
			answerRefusal(response, WRONG_SCOPE[scope]);
			return undefined;
		}
		const pause = verdict === undefined ? 0 : failures.count(clientAddress(request));
		answerRefusal(response, pause > 0 ? tooManyFailures(pause) : UNAUTHORIZED);
		return undefined;
	};
}

/** The body is not read any more, so the connection can't serve another request. */
const CLOSE = { Connection: 'close' };

const UNAUTHORIZED: Refusal = {
	status: 401,
	code: 'unauthorized',
	message: "A valid access token is needed in the header 'Authorization: Bearer …'",
	headers: { ...CLOSE, 'WWW-Authenticate': 'Bearer realm="openclaw-event-webhooks"' },
};

const WRONG_SCOPE: Readonly<Record<TokenScope, Refusal>> = {
	inbound: wrongScope("The token is not for sending messages: it lacks the scope 'inbound'"),
	agents: wrongScope(
		"The token is for inbound endpoints only, not for any agent. Issue one with the scope 'agents': openclaw event-webhooks token",
	),
	endpoints: wrongScope(
		"The token is not for managing endpoints. Issue one with the scope 'endpoints': openclaw event-webhooks token",
	),
};

function wrongScope(message: string): Refusal {
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
