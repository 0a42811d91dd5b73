import type {
	IAllExecuteFunctions,
	ICredentialsDecrypted,
	IHttpRequestOptions,
	RequestHelperFunctions,
} from 'n8n-workflow';

import { CREDENTIAL_NAME, tokenAt } from './gatewayConnection';
import type { GatewayConnection } from './gatewayConnection';

/** One request to the gateway. */
export interface GatewayRequest {
	readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
	/** Path below the gateway's address, with a leading slash, escaped. */
	readonly path: string;
	/** Texts in any script; what is undefined is left out. */
	readonly query?: Readonly<Record<string, string | undefined>>;
	/** A JSON text. */
	readonly body?: string;
	/** Sent besides the usual ones; a header carries plain letters and signs only. */
	readonly headers?: Readonly<Record<string, string>>;
	/** Sent as `Idempotency-Key`: the gateway runs equal keys once. */
	readonly idempotencyKey?: string;
	readonly timeoutMs: number;
	/** Ends the request early. */
	readonly signal?: AbortSignal;
	/** For answers that are files: the body of a success is a Buffer then. */
	readonly asBytes?: true;
}

/** Why no answer came. */
export type FaultReason =
	| 'refused'
	| 'unreachable'
	| 'timeout'
	| 'interrupted'
	| 'tls'
	| 'not-http'
	| 'blocked'
	| 'other';

/** An answer with any status, or the reason why there was none. Nothing in it comes from the request. */
export type GatewayOutcome =
	| {
			readonly kind: 'answer';
			readonly status: number;
			readonly headers: Readonly<Record<string, unknown>>;
			/** Parsed when it is JSON, a text otherwise. */
			readonly body: unknown;
	  }
	| { readonly kind: 'fault'; readonly reason: FaultReason; readonly code: string | undefined };

/** The part of n8n's contexts that a request needs; execution and list contexts have it. */
export type RequestContext = IAllExecuteFunctions & {
	helpers: Pick<RequestHelperFunctions, 'httpRequestWithAuthentication'>;
};

/**
 * Sends one request, once. Redirects are not followed: they would carry the token elsewhere.
 *
 * @param context the node's `this`
 * @param connection the checked credential; reading it once for many requests spares n8n from decrypting
 *   it for each
 * @param request what to send
 * @returns what the gateway answered, or why it did not; never throws, and never hands on the HTTP
 *   library's own error, which holds the request with its token
 * @example
 * const outcome = await callGateway(this, connection, { method: 'GET', path: '/healthz', timeoutMs: 5000 });
 * if (outcome.kind === 'answer') console.log(outcome.status);
 */
export async function callGateway(
	context: RequestContext,
	connection: GatewayConnection,
	request: GatewayRequest,
): Promise<GatewayOutcome> {
	const accept = request.asBytes === undefined ? 'application/json' : '*/*';
	const headers: Record<string, string> = { ...request.headers, Accept: accept };
	if (request.body !== undefined) headers['Content-Type'] = 'application/json';
	if (request.idempotencyKey !== undefined) headers['Idempotency-Key'] = request.idempotencyKey;
	const options: IHttpRequestOptions = {
		method: request.method,
		url: connection.baseUrl + request.path + queryOf(request),
		headers,
		timeout: request.timeoutMs,
		returnFullResponse: true,
		ignoreHttpStatusErrors: true,
		disableFollowRedirect: true,
		skipSslCertificateValidation: connection.ignoreSslIssues,
		...(request.body === undefined ? {} : { body: request.body }),
		...(request.signal === undefined ? {} : { abortSignal: request.signal }),
		...(request.asBytes === undefined ? {} : { encoding: 'arraybuffer' as const }),
	};
	const credentialsDecrypted: ICredentialsDecrypted = {
		id: '',
		name: '',
		type: CREDENTIAL_NAME,
		// n8n adds this one token, whichever field of the credential it comes from.
		data: { accessToken: tokenAt(connection, request.path) },
	};
	try {
		const response: unknown = await context.helpers.httpRequestWithAuthentication.call(
			context,
			CREDENTIAL_NAME,
			options,
			{ credentialsDecrypted },
		);
		return request.asBytes === undefined ? readResponse(response) : readFile(response);
	} catch (error) {
		return readFault(error);
	}
}

function queryOf({ query = {} }: GatewayRequest): string {
	const parameters = new URLSearchParams();
	for (const [name, value] of Object.entries(query)) {
		if (value !== undefined) parameters.set(name, value);
	}
	const text = parameters.toString();
	return text === '' ? '' : `?${text}`;
}

/** Reads what n8n gives as a full response. */
export function readResponse(response: unknown): GatewayOutcome {
	const { statusCode, headers, body } = asRecord(response);
	if (typeof statusCode !== 'number') return { kind: 'fault', reason: 'other', code: undefined };
	return { kind: 'answer', status: statusCode, headers: { ...asRecord(headers) }, body };
}

/** A refusal is JSON, where a file was asked for, too. */
function readFile(response: unknown): GatewayOutcome {
	const outcome = readResponse(response);
	if (outcome.kind === 'fault') return outcome;
	const { status, body } = outcome;
	const bytes = body instanceof ArrayBuffer ? Buffer.from(body) : body;
	if (!Buffer.isBuffer(bytes) || (status >= 200 && status <= 299))
		return { ...outcome, body: bytes };
	const text = bytes.toString('utf8');
	try {
		return { ...outcome, body: JSON.parse(text) as unknown };
	} catch {
		return { ...outcome, body: text };
	}
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

const REASONS: Readonly<Record<string, FaultReason>> = {
	ECONNREFUSED: 'refused',
	ENOTFOUND: 'unreachable',
	EAI_AGAIN: 'unreachable',
	EHOSTUNREACH: 'unreachable',
	ENETUNREACH: 'unreachable',
	ENETDOWN: 'unreachable',
	ECONNABORTED: 'timeout',
	ETIMEDOUT: 'timeout',
	ECONNRESET: 'interrupted',
	EPIPE: 'interrupted',
	ERR_BAD_RESPONSE: 'interrupted',
	EPROTO: 'tls',
};

/**
 * Finds out why a request got no answer, from what n8n or the HTTP library threw. Only the code is
 * looked at, never a text.
 */
export function readFault(error: unknown): GatewayOutcome {
	let blocked = false;
	let code: string | undefined;
	let level = asRecord(error);
	for (let depth = 0; depth < 5 && code === undefined; depth++) {
		const found = level.code;
		if (typeof found === 'string' && /^[A-Z][A-Z0-9_]+$/.test(found)) code = found;
		blocked ||= typeof level.name === 'string' && level.name.startsWith('Ssrf');
		level = asRecord(level.cause);
	}
	if (blocked) return { kind: 'fault', reason: 'blocked', code };
	return { kind: 'fault', reason: code === undefined ? 'other' : reasonOf(code), code };
}

function reasonOf(code: string): FaultReason {
	const known = REASONS[code];
	if (known !== undefined) return known;
	if (code.startsWith('HPE_')) return 'not-http';
	return /CERT|TLS|SSL|SIGNATURE|ISSUER/.test(code) ? 'tls' : 'other';
}
