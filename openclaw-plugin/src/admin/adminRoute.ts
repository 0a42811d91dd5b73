import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerJson, answerRefusal, methodNotAllowed, refuse } from '../http/answers';
import type { Checked } from '../http/answers';
import { parseJsonBody, readLimitedBody } from '../http/body';
import { readTarget } from '../http/request';
import type { Logger } from '../sdk';
import type { Authorizer } from '../tokens/authorizer';
import { createEndpointActions } from './endpointActions';
import type { Done, EndpointActionsParts } from './endpointActions';
import { NO_SUCH_PATH, NOT_DONE } from './refusals';

/** Where the API is. */
export const ADMIN_PATH = '/plugins/event-webhooks/api';

export interface AdminRouteOptions extends Omit<EndpointActionsParts, 'now'> {
	readonly authorize: Authorizer;
	readonly logger: Logger;
	/** Milliseconds, the system's clock unless given. */
	readonly now?: () => number;
}

/** What a path does with each of its methods. */
type Methods = Readonly<Record<string, (body: unknown) => Checked<Done>>>;

/** Methods whose requests have a body. */
const WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT']);

/**
 * Makes the handler of the API for endpoints, below {@link ADMIN_PATH}. Every request needs a token with
 * the scope `endpoints`.
 *
 * - `GET /endpoints`, `GET /endpoints/{name}`
 * - `PUT /endpoints/{name}`, `POST /endpoints`: create or replace; the secret is told when it was made
 * - `DELETE /endpoints/{name}`
 * - `POST /endpoints/{name}/test`, `…/rotate`, `…/enable`
 *
 * @example
 * api.registerHttpRoute({ path: ADMIN_PATH, auth: 'plugin', match: 'prefix', handler });
 */
export function createAdminRoute(
	options: AdminRouteOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
	const { authorize, logger, now = Date.now } = options;
	const actions = createEndpointActions({ ...options, now });

	const methodsOf = ([room, name, verb, ...deeper]: readonly string[]): Methods | undefined => {
		if (room !== 'endpoints' || deeper.length > 0) return undefined;
		if (name === undefined) {
			return {
				GET: () => ({ ok: true, value: actions.list() }),
				POST: (body) => actions.put(undefined, body),
			};
		}
		if (verb === undefined) {
			return {
				GET: () => actions.show(name),
				PUT: (body) => actions.put(name, body),
				DELETE: () => actions.remove(name),
			};
		}
		if (verb === 'test') return { POST: () => actions.sendTest(name) };
		if (verb === 'rotate') return { POST: (body) => actions.rotate(name, body) };
		return verb === 'enable' ? { POST: () => actions.enable(name) } : undefined;
	};
	const act = async (
		request: IncomingMessage,
		segments: readonly string[],
	): Promise<Checked<Done>> => {
		const methods = methodsOf(segments);
		if (methods === undefined) return refuse(NO_SUCH_PATH);
		const { method = '' } = request;
		const run = Object.hasOwn(methods, method) ? methods[method] : undefined;
		if (run === undefined) return refuse(methodNotAllowed(Object.keys(methods)));
		const body = await readBody(request, method);
		return body.ok ? run(body.value) : body;
	};

	return async (request, response) => {
		const target = readTarget(request, ADMIN_PATH);
		if (target === undefined) return false;
		try {
			if (authorize(request, response, 'endpoints') === undefined) return true;
			const acted = await act(request, target.segments);
			if (!acted.ok) {
				answerRefusal(response, acted.refusal);
				return true;
			}
			const { status, body, deed } = acted.value;
			if (deed !== undefined) logger.info(`${deed} over the API`);
			answerJson(response, status, { ok: true, ...body });
		} catch (error) {
			const reason = error instanceof Error ? error.message : String(error);
			logger.error(`a request to the API for endpoints failed: ${reason}`);
			answerRefusal(response, NOT_DONE);
		}
		return true;
	};
}

/** Requests that only name something to do need no body. */
async function readBody(request: IncomingMessage, method: string): Promise<Checked<unknown>> {
	if (!WITH_BODY.has(method)) return { ok: true, value: undefined };
	const raw = await readLimitedBody(request);
	if (!raw.ok) return raw;
	if (raw.value.length === 0) return { ok: true, value: {} };
	return parseJsonBody(request.headers, raw.value);
}
