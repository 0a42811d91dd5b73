import { Agent as HttpAgent, request as requestHttp } from 'node:http';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { checkHost, guardedLookup } from './hostGuard';
import type { HostRules } from './hostGuard';
import { StoppedError, TimeoutError, unanswered } from './networkFailure';
import { onAbort } from './onAbort';
import type { DeliveryRequest, DeliveryResponse, HttpClient } from './request';
import { readBeginning } from './responseBody';

type AnyAgent = HttpAgent | HttpsAgent;

/** What all requests of an endpoint to one URL have in common. */
interface Route extends Pick<DeliveryRequest, 'endpoint' | 'allowPrivateHosts' | 'concurrency'> {
	readonly href: string;
	readonly open: typeof requestHttp;
	readonly options: RequestOptions;
}

/** Milliseconds after which a connection that is not used is closed. */
const IDLE_MS = 30_000;

/**
 * Makes requests with Node.js's own client: connections are kept, a pool for each endpoint, so that none
 * waits for another. Redirects are not followed, certificates are checked.
 *
 * @param rules which hosts are refused
 * @example
 * const client = createHttpClient(GATEWAY_HOST_RULES);
 * const response = await client.send(request);
 */
export function createHttpClient(rules: HostRules): HttpClient {
	const agents = new Map<string, AnyAgent>();
	let routes = new WeakMap<URL, Route>();
	const agentFor = (request: DeliveryRequest): AnyAgent => {
		const { endpoint, url, allowPrivateHosts, concurrency } = request;
		// What was allowed once must not be used when it is not any more.
		const purpose = [endpoint, url.protocol, allowPrivateHosts, concurrency].join(' ');
		const agent = agents.get(purpose) ?? createAgent(request, rules);
		agents.set(purpose, agent);
		return agent;
	};
	const routeFor = (request: DeliveryRequest): Route => {
		const known = routes.get(request.url);
		if (known !== undefined && isFor(known, request)) return known;
		const route = createRoute(request, agentFor(request));
		routes.set(request.url, route);
		return route;
	};
	return {
		send: async (request) => {
			const started = performance.now();
			const elapsed = () => Math.round(performance.now() - started);
			try {
				checkHost(request.url, request, rules);
				return await exchange(request, routeFor(request), elapsed);
			} catch (error) {
				return unanswered(error, request.url, elapsed());
			}
		},
		close: () => {
			for (const agent of agents.values()) agent.destroy();
			agents.clear();
			routes = new WeakMap();
		},
	};
}

function createAgent(request: DeliveryRequest, rules: HostRules): AnyAgent {
	const options = {
		keepAlive: true,
		maxSockets: request.concurrency,
		timeout: IDLE_MS,
		lookup: guardedLookup(request, rules),
	};
	return request.url.protocol === 'https:'
		? new HttpsAgent({ ...options, rejectUnauthorized: true })
		: new HttpAgent(options);
}

function createRoute(request: DeliveryRequest, agent: AnyAgent): Route {
	const { endpoint, url, allowPrivateHosts, concurrency } = request;
	const { protocol, hostname, port, path, auth } = urlToHttpOptions(url);
	return {
		endpoint,
		href: url.href,
		allowPrivateHosts,
		concurrency,
		open: url.protocol === 'https:' ? requestHttps : requestHttp,
		options: { method: 'POST', agent, protocol, hostname, port, path, auth },
	};
}

function isFor(route: Route, request: DeliveryRequest): boolean {
	return (
		route.endpoint === request.endpoint &&
		route.href === request.url.href &&
		route.allowPrivateHosts === request.allowPrivateHosts &&
		route.concurrency === request.concurrency
	);
}

/** @throws Error of the network, {@link TimeoutError}, {@link StoppedError} */
async function exchange(
	request: DeliveryRequest,
	route: Route,
	elapsed: () => number,
): Promise<DeliveryResponse> {
	const { timeoutMs, signal } = request;
	if (signal?.aborted === true) throw new StoppedError();
	let cancel: (reason: Error) => void = () => undefined;
	const timer = setTimeout(() => {
		cancel(new TimeoutError(timeoutMs));
	}, timeoutMs);
	const stop = () => {
		cancel(new StoppedError());
	};
	const forget = signal && onAbort(signal, stop);
	try {
		return await new Promise((resolve, reject) => {
			const answer = (response: IncomingMessage, body: string) => {
				resolve({
					kind: 'answered',
					status: response.statusCode ?? 0,
					durationMs: elapsed(),
					body,
					retryAfter: response.headers['retry-after'],
					location: response.headers.location,
				});
			};
			const open = (isRepeated: boolean) => {
				const client = post(request, route);
				let isAnswered = false;
				cancel = (reason) => {
					reject(reason);
					client.destroy();
				};
				client.once('response', (response) => {
					isAnswered = true;
					readBeginning(response).then((body) => {
						answer(response, body);
					}, reject);
				});
				client.on('error', (error) => {
					if (!isRepeated && !isAnswered && isStale(client, error)) open(true);
					else reject(error);
				});
			};
			open(false);
		});
	} finally {
		clearTimeout(timer);
		forget?.();
	}
}

function post({ headers, body }: DeliveryRequest, { open, options }: Route): ClientRequest {
	const client = open({ ...options, headers });
	client.end(body);
	return client;
}

/** Whether the receiver closed a kept connection just when it was used again, which is no fault of it. */
function isStale(client: ClientRequest, error: NodeJS.ErrnoException): boolean {
	return client.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
