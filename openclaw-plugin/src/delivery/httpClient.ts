import { request as requestHttp } from 'node:http';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { errorText } from '../logger';
import { createEgress } from './egress';
import type { ProxyEnvironment, Receiver, Way } from './egress';
import { findHostRefusal } from './hostGuard';
import type { HostRules } from './hostGuard';

/** One HTTP request to an endpoint. */
export interface DeliveryRequest {
	/** `POST` unless given; `OPTIONS` only finds out whether and when somebody answers. */
	readonly method?: 'POST' | 'OPTIONS';
	/** Whose connections are used. */
	readonly receiver: Receiver;
	readonly url: URL;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string;
	/** Milliseconds until the whole answer must have arrived. */
	readonly timeoutMs: number;
	/** Ends the request when the dispatcher stops. */
	readonly signal?: AbortSignal | undefined;
}

/** What came of a request. */
export type DeliveryResponse =
	| {
			readonly kind: 'answered';
			readonly status: number;
			readonly durationMs: number;
			/** Beginning of the body, as text. */
			readonly body: string;
			/** A proxy on the way has answered, not the receiver. */
			readonly isFromProxy?: boolean | undefined;
			readonly contentType?: string | undefined;
			/** When the receiver answered, by its own clock. */
			readonly date?: string | undefined;
			readonly retryAfter?: string | undefined;
			readonly location?: string | undefined;
	  }
	| {
			readonly kind: 'unanswered';
			/**
			 * `blocked`: the address is not allowed; nothing was sent. `stopped`: the dispatcher ended it.
			 * `proxy`: the proxy on the way did not let it through. `settings`: a file they name cannot be used.
			 */
			readonly reason: 'timeout' | 'network' | 'blocked' | 'stopped' | 'proxy' | 'settings';
			/** For people: what happened. No secrets. */
			readonly message: string;
			readonly durationMs: number;
	  };

type Unanswered = Extract<DeliveryResponse, { kind: 'unanswered' }>;
type Failure = Pick<Unanswered, 'reason' | 'message'>;

/** Makes a request; never rejects. */
export type SendRequest = (request: DeliveryRequest) => Promise<DeliveryResponse>;

/** Makes requests over connections that are kept. */
export interface HttpClient {
	readonly send: SendRequest;
	/** Closes all connections. */
	close(): void;
}

/**
 * Makes requests with Node.js's own client. Connections are kept, redirects are not followed, certificates
 * are checked.
 *
 * @param rules which hosts are refused
 * @param env where proxies are set; of the process unless given
 * @example
 * const client = createHttpClient(GATEWAY_HOST_RULES);
 * const response = await client.send(request);
 */
export function createHttpClient(rules: HostRules, env?: ProxyEnvironment): HttpClient {
	const egress = createEgress(rules, env);
	const routes = new WeakMap<URL, Route>();
	const routeFor = ({ receiver, url }: DeliveryRequest): Route => {
		const way = egress.wayTo(receiver, url);
		const known = routes.get(url);
		if (known?.way === way && known.href === url.href) return known;
		const route = createRoute(url, way);
		routes.set(url, route);
		return route;
	};
	const routeOrFailure = (request: DeliveryRequest): Route | Failure => {
		const refusal = findHostRefusal(request.url, request.receiver, rules);
		if (refusal !== undefined) return { reason: 'blocked', message: refusal };
		try {
			return routeFor(request);
		} catch (error) {
			return { reason: 'settings', message: errorText(error) };
		}
	};
	return {
		send: async (request) => {
			const started = performance.now();
			const elapsed = () => Math.round(performance.now() - started);
			const route = routeOrFailure(request);
			if ('reason' in route) return { kind: 'unanswered', durationMs: elapsed(), ...route };
			return await exchange(request, route, elapsed);
		},
		close: () => {
			egress.close();
		},
	};
}

/** What all requests to one URL have in common. */
interface Route {
	readonly href: string;
	readonly way: Way;
	readonly open: typeof requestHttp;
	readonly options: RequestOptions;
}

function createRoute(url: URL, way: Way): Route {
	const { protocol, hostname, port, path, auth } = urlToHttpOptions(url);
	const open = url.protocol === 'https:' ? requestHttps : requestHttp;
	const { agent } = way;
	const options = { agent, protocol, hostname, port, path, auth };
	return { href: url.href, way, open, options };
}

async function exchange(
	request: DeliveryRequest,
	route: Route,
	elapsed: () => number,
): Promise<DeliveryResponse> {
	const { timeoutMs, signal, url } = request;
	return await new Promise((resolve) => {
		let client: ClientRequest | undefined;
		/** Whether there is a connection to the receiver, or to the proxy that forwards to it. */
		let isConnected = false;
		const finish = (response: DeliveryResponse) => {
			clearTimeout(timer);
			forget?.();
			resolve(response);
		};
		const fail = (failure: Failure) => {
			finish({ kind: 'unanswered', durationMs: elapsed(), ...failure });
		};
		const end = (failure: Failure) => {
			fail(failure);
			client?.destroy();
		};
		const timer = setTimeout(() => {
			end(timeoutFailure(timeoutMs, isConnected ? undefined : route.way.proxy));
		}, timeoutMs);
		const forget =
			signal &&
			onAbort(signal, () => {
				end(STOPPED);
			});
		const open = (isRepeated: boolean) => {
			let isAnswered = false;
			try {
				client = post(request, route);
			} catch (error) {
				fail(networkFailure(error, url, undefined));
				return;
			}
			const own = client;
			own.once('socket', () => {
				isConnected = true;
			});
			own.once('response', (response) => {
				isAnswered = true;
				readBeginning(response).then(
					(body) => {
						finish(answered(response, body, { route, durationMs: elapsed() }));
					},
					(error: unknown) => {
						fail(networkFailure(error, url, undefined));
					},
				);
			});
			own.on('error', (error) => {
				if (!isRepeated && !isAnswered && isStale(own, error)) open(true);
				else fail(networkFailure(error, url, route.way.proxy));
			});
		};
		if (signal?.aborted === true) fail(STOPPED);
		else open(false);
	});
}

function post(request: DeliveryRequest, route: Route): ClientRequest {
	const { method = 'POST', headers, body, timeoutMs } = request;
	const { open, options, way } = route;
	// Without it a proxy that does not answer would keep its connection for ever.
	const timeout = way.proxy === undefined ? {} : { timeout: timeoutMs };
	const client = open({ ...options, ...timeout, method, headers });
	client.end(body);
	return client;
}

function answered(
	{ statusCode = 0, headers }: IncomingMessage,
	body: string,
	{ route, durationMs }: { readonly route: Route; readonly durationMs: number },
): DeliveryResponse {
	return {
		kind: 'answered',
		status: statusCode,
		durationMs,
		body,
		isFromProxy: statusCode === 407 && route.way.proxy !== undefined,
		contentType: headers['content-type'],
		date: headers.date,
		retryAfter: headers['retry-after'],
		location: headers.location,
	};
}

/** Whether the receiver closed a kept connection just when it was used again, which is no fault of it. */
function isStale(client: ClientRequest, { code }: NodeJS.ErrnoException): boolean {
	return client.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE');
}

/** Bytes of an answer that are read; of what is longer the connection is closed. */
const MAX_READ_BYTES = 65_536;
/** Bytes of an answer that are kept for the log. */
const KEPT_BYTES = 4096;

/**
 * Reads an answer, so that its connection can be used again, and keeps its beginning.
 *
 * @throws Error when the connection ends before the answer does
 */
async function readBeginning(response: IncomingMessage): Promise<string> {
	return await new Promise((resolve, reject) => {
		const chunks: Buffer[] = [];
		let size = 0;
		const finish = () => {
			resolve(Buffer.concat(chunks).subarray(0, KEPT_BYTES).toString('utf8'));
		};
		response.on('data', (chunk: Buffer) => {
			if (size < KEPT_BYTES) chunks.push(chunk);
			size += chunk.length;
			if (size <= MAX_READ_BYTES) return;
			finish();
			response.destroy();
		});
		response.once('end', finish);
		response.once('error', reject);
		response.once('close', () => {
			reject(new Error('The connection was closed in the middle of the answer'));
		});
	});
}

/** What ends when a signal does; one listener on each signal serves all, and costs a tenth. */
const waiting = new WeakMap<AbortSignal, Set<() => void>>();

function onAbort(signal: AbortSignal, callback: () => void): () => void {
	const callbacks = waiting.get(signal) ?? listenTo(signal);
	callbacks.add(callback);
	return () => {
		callbacks.delete(callback);
	};
}

function listenTo(signal: AbortSignal): Set<() => void> {
	const callbacks = new Set<() => void>();
	waiting.set(signal, callbacks);
	const callAll = () => {
		for (const callback of callbacks) callback();
	};
	signal.addEventListener('abort', callAll, { once: true });
	return callbacks;
}

const STOPPED: Failure = {
	reason: 'stopped',
	message: 'The gateway stopped before the answer arrived',
};

/** @param proxy that no connection came about through */
function timeoutFailure(timeoutMs: number, proxy: string | undefined): Failure {
	const within = `within ${String(timeoutMs)} ms (timeoutMs of the endpoint)`;
	return proxy === undefined
		? { reason: 'timeout', message: `No complete answer ${within}` }
		: { reason: 'proxy', message: `The proxy ${proxy} made no connection ${within}` };
}

/** What the codes of Node.js and OpenSSL mean for the operator. */
const EXPLANATIONS: ReadonlyMap<string, string> = new Map([
	['ECONNREFUSED', 'Nothing listens there: the connection was refused'],
	['ECONNRESET', 'The connection was closed before the answer was complete'],
	['EPIPE', 'The connection was closed before the answer was complete'],
	['ENOTFOUND', 'The name of the host cannot be resolved'],
	['EAI_AGAIN', 'The name of the host cannot be resolved now'],
	['EHOSTUNREACH', 'There is no way to the host'],
	['ENETUNREACH', 'There is no way to the network of the host'],
	['ETIMEDOUT', 'The host does not answer'],
	['CERT_HAS_EXPIRED', 'The TLS certificate has expired'],
	['DEPTH_ZERO_SELF_SIGNED_CERT', 'The TLS certificate is self-signed'],
	['SELF_SIGNED_CERT_IN_CHAIN', 'The TLS certificate is from an authority that is not trusted'],
	[
		'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
		'The TLS certificate is from an authority that is not trusted',
	],
	['ERR_TLS_CERT_ALTNAME_INVALID', 'The TLS certificate is for another host'],
]);
/** Those that the endpoint's `caFile` helps against. */
const UNTRUSTED =
	/^(?:DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(?:_LOCALLY)?))$/;

/** Describes a request that got no answer. The texts name the host, never the rest of the URL. */
function networkFailure(error: unknown, { host }: URL, proxy: string | undefined): Failure {
	const { code, syscall, statusCode } = (error ?? {}) as Readonly<Record<string, unknown>>;
	const name = typeof code === 'string' ? code : undefined;
	if (name === 'OPENCLAW_BLOCKED_HOST') return { reason: 'blocked', message: errorText(error) };
	if (proxy !== undefined && name === 'ERR_PROXY_TUNNEL') {
		return { reason: 'proxy', message: tunnelText(proxy, host, statusCode) };
	}
	const known = name === undefined ? undefined : EXPLANATIONS.get(name);
	// Through a proxy all connections are made to that, and no names but its own resolved.
	if (proxy !== undefined && (syscall === 'connect' || syscall === 'getaddrinfo')) {
		const text = `The proxy ${proxy} cannot be reached: ${known ?? errorText(error)}`;
		return { reason: 'proxy', message: name === undefined ? text : `${text} (${name})` };
	}
	const advice = UNTRUSTED.test(name ?? '') ? '. If it is yours, name it as caFile' : '';
	const place = name === undefined ? host : `${name}, ${host}`;
	return { reason: 'network', message: `${known ?? errorText(error)} (${place})${advice}` };
}

function tunnelText(proxy: string, host: string, status: unknown): string {
	const text = `The proxy ${proxy} made no connection to ${host}`;
	if (status === 407) return `${text}: it wants other credentials (HTTP 407)`;
	if (status === 403) return `${text}: it does not allow it (HTTP 403)`;
	return typeof status === 'number' ? `${text} (HTTP ${String(status)})` : text;
}
