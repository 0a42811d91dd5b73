import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Approvals } from '../approvals/approvals';
import type { Connections } from '../delivery/connections';
import type { SendRequest } from '../delivery/httpClient';
import type { EndpointManager } from '../endpoints/manage';
import type { EndpointRegistry } from '../endpoints/registry';
import type { Logger } from '../gatewayApi';
import { answerJson, answerRefusal, methodNotAllowed, refuse } from '../http/answers';
import type { Checked, Refusal } from '../http/answers';
import { parseJsonBody } from '../http/body';
import { readLimitedBody, readTarget } from '../http/request';
import type { Outbox } from '../outbox/outbox';
import type { Database } from '../store/databaseAccess';
import { errorText } from '../logger';
import type { Authorizer } from '../tokens/authorizer';
import type { Caller, TokenScope } from '../tokens/tokens';
import { findApprovalMethods, isApprovalPath } from './approvalApi';
import type { ApprovalCall } from './approvalApi';
import { answerAttachment, isAttachmentPath } from './attachmentApi';
import { createDeliveryApi, exportDeliveries } from './deliveryApi';
import { answerFetch, isFetchPath } from './fetchApi';
import { createEndpointApi } from './endpointApi';
import type { Done, Methods } from './endpointApi';
import { createHolderCheck } from './holder';
import { METRICS_TYPE, renderMetrics } from './metrics';
import { findReviewMethods, isReviewPath } from './reviewApi';
import type { ReviewApiParts, ReviewCall } from './reviewApi';

/*
 * The API for operators and for n8n. None of it decides anything: see endpoints/manage and delivery/connections.
 *
 *   adminRoute     who may, and which of these answers
 *   endpointApi    list, add, change, remove, pause, rotate …
 *   holder         whether another n8n, with a copy of the database, has the endpoint
 *   deliveryApi    list, show, replay, export
 *   fetchApi       a receiver fetches its events, and says what became of them
 *   approvalApi    tool calls that wait, and decisions on them
 *   reviewApi      a question to a person in a chat
 *   attachmentApi  a file of a message; keptFile opens it and nothing else
 *   metrics        for Prometheus
 */

/** Where the API is. */
export const ADMIN_PATH = '/plugins/event-webhooks/api';

export interface AdminRouteOptions {
	/** Where the plugin keeps its data. */
	readonly folder: string;
	/** Where the gateway keeps the files that it receives. */
	readonly mediaFolders: readonly string[];
	readonly database: Database;
	readonly manager: EndpointManager;
	readonly outbox: Pick<Outbox, 'maxBytes' | 'usedBytes'>;
	readonly registry: Pick<EndpointRegistry, 'findByName'>;
	readonly connections: Connections;
	readonly approvals: Approvals;
	readonly reviewParts: ReviewApiParts;
	/** Asks a receiver whether it is there. */
	readonly request: SendRequest;
	readonly instanceId: string;
	/** Version of the plugin. */
	readonly version: string;
	readonly authorize: Authorizer;
	readonly logger: Logger;
	/** Milliseconds, the system's clock unless given. */
	readonly now?: () => number;
}

/** Methods whose requests have a body. */
const WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/**
 * Makes the handler of the API for operators and for automatic setup, below {@link ADMIN_PATH}. Every
 * request needs a token with the scope `endpoints`; one that fetches events or their files needs `events`, one
 * about tool calls that wait `approvals`, one that asks a person in a chat `sessions`.
 *
 * - `/endpoints/{name}/fetch`, `…/settle`: see `fetchApi.ts`
 * - `/endpoints…`: see `endpointApi.ts`
 * - `/events/{id}/attachments/{index}`: see `attachmentApi.ts`
 * - `/deliveries…`: see `deliveryApi.ts`
 * - `/approvals…`: see `approvalApi.ts`
 * - `/reviews`: see `reviewApi.ts`
 * - `GET /metrics`: for Prometheus, see `metrics.ts`
 *
 * @example
 * api.registerHttpRoute({ path: ADMIN_PATH, auth: 'plugin', match: 'prefix', handler });
 */
export function createAdminRoute(
	options: AdminRouteOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
	const { authorize, logger, database, folder, now = Date.now } = options;
	const holders = createHolderCheck({ ...options, now });
	const findEndpointMethods = createEndpointApi({ ...options, holders, now });
	const findDeliveryMethods = createDeliveryApi(options);

	const methodsOf = (
		segments: readonly string[],
		query: URLSearchParams,
		from: Omit<ReviewCall, 'query'>,
	): Methods | undefined => {
		const [resource, ...rest] = segments;
		if (isApprovalPath(segments)) {
			const call: ApprovalCall = { query, caller: from.caller.id, key: from.key };
			return findApprovalMethods(options.approvals, segments, call);
		}
		if (isReviewPath(segments)) {
			return findReviewMethods(options.reviewParts, segments, { query, ...from });
		}
		if (resource === 'endpoints') return findEndpointMethods(rest, query);
		return resource === 'deliveries' ? findDeliveryMethods(rest, query) : undefined;
	};
	const act = async (
		request: IncomingMessage,
		segments: readonly string[],
		query: URLSearchParams,
		caller: Caller,
	): Promise<Checked<Done>> => {
		const { headers } = request;
		const key = firstOf(headers['idempotency-key']);
		const methods = methodsOf(segments, query, { headers, caller, key });
		if (methods === undefined) return refuse(NO_SUCH_PATH);
		const { method = '' } = request;
		const run = Object.hasOwn(methods, method) ? methods[method] : undefined;
		if (run === undefined) return refuse(methodNotAllowed(Object.keys(methods)));
		const body = await readBody(request, method);
		return body.ok ? await run(body.value) : body;
	};
	/** What is not answered with JSON; says whether it was asked for. */
	const answerText = async (
		{ method }: IncomingMessage,
		response: ServerResponse,
		[resource, what]: readonly string[],
		query: URLSearchParams,
	): Promise<boolean> => {
		if (method !== 'GET') return false;
		if (resource === 'metrics' && what === undefined) {
			const metrics = await renderMetrics({ ...options, now: now() });
			response.writeHead(200, { 'Content-Type': METRICS_TYPE, 'Cache-Control': 'no-store' });
			response.end(metrics);
			return true;
		}
		if (resource !== 'deliveries' || what !== 'export') return false;
		await exportDeliveries(response, database, query);
		return true;
	};

	return async (request, response) => {
		const target = readTarget(request, ADMIN_PATH);
		if (target === undefined) return false;
		const { segments, query } = target;
		try {
			const isFetch = isFetchPath(segments);
			const isAttachment = isAttachmentPath(segments);
			const caller = authorize(request, response, scopeOf(segments));
			if (caller === undefined) return true;
			if (isFetch) {
				await answerFetch(request, response, segments, { ...options, now });
				return true;
			}
			if (isAttachment) {
				await answerAttachment(request, response, segments, query, options);
				return true;
			}
			if (await answerText(request, response, segments, query)) return true;
			const acted = await act(request, segments, query, caller);
			if (!acted.ok) {
				answerRefusal(response, acted.refusal);
				return true;
			}
			const { status, body, deed } = acted.value;
			if (deed !== undefined) logger.info(`${deed} over the API`);
			answerJson(response, status, { ok: true, ...body });
		} catch (error) {
			logger.error(`a request to the API failed (${folder}): ${errorText(error)}`);
			answerRefusal(response, NOT_DONE);
		}
		return true;
	};
}

function scopeOf(segments: readonly string[]): TokenScope {
	if (isFetchPath(segments) || isAttachmentPath(segments)) return 'events';
	if (isReviewPath(segments)) return 'sessions';
	return isApprovalPath(segments) ? 'approvals' : 'endpoints';
}

function firstOf(header: string | readonly string[] | undefined): string | undefined {
	return typeof header === 'string' ? header : header?.[0];
}

/** Requests that only name something to do need no body. */
async function readBody(request: IncomingMessage, method: string): Promise<Checked<unknown>> {
	if (!WITH_BODY.has(method)) return { ok: true, value: undefined };
	const raw = await readLimitedBody(request);
	if (!raw.ok) return raw;
	if (raw.value.length === 0) return { ok: true, value: {} };
	return parseJsonBody(request.headers, raw.value);
}

const NO_SUCH_PATH: Refusal = {
	status: 404,
	code: 'unknown-path',
	message: 'There is nothing at this path of the API',
};

const NOT_DONE: Refusal = {
	status: 503,
	code: 'not-stored',
	message:
		"The gateway could not store the change: see its log, or 'openclaw event-webhooks status'",
	headers: { 'Retry-After': '10' },
};
