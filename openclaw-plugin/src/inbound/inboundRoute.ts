import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../gatewayApi';
import { answerJson, answerRefusal, methodNotAllowed } from '../http/answers';
import type { Checked, Refusal } from '../http/answers';
import { bearerToken, clientAddress, readTarget } from '../http/request';
import { errorText } from '../logger';
import { DEFAULT_AGENT } from '../settings/gatewayConfig';
import type { GatewaySettings } from '../settings/gatewayConfig';
import type { InboundSettings } from '../settings/settings';
import type { Database } from '../store/databaseAccess';
import type { TokenGate } from '../tokens/authorizer';
import type { Caller } from '../tokens/tokens';
import type { CallbackRules } from './callback';
import { DIRECT } from './message';
import type { InboundMessage } from './message';
import { answerRun, waitForResult } from './messageAnswer';
import { openMessageStore } from './messageStore';
import { readDirectMessage } from './messageText';
import { listSessions, prepareEndpoints } from './preparedEndpoint';
import type { MessageMaker } from './preparedEndpoint';
import type { RefusalStore } from './refusalStore';
import { LOOP_DETECTED, readWait } from './requestOptions';
import { senderCaller } from './senderCall';
import type { SenderCall } from './senderCall';
import { signalsOf } from './signals';
import { takeMessage } from './takeMessage';
import type { Call, CallRules, MessageTools } from './takeMessage';

/*
 * A message from outside to an agent, from the request to the reply:
 *
 *   inboundRoute    who calls what, by token (tokens/) or signature, and path
 *   senderCall      a call that its sender has signed; senderSignature verifies each sender's scheme
 *   preparedEndpoint what the settings say about an endpoint, ready for use
 *   takeMessage     body → text → options → queue → answer, for a call
 *   messageText     fills in the endpoint's template, or reads a message to any agent
 *   requestOptions  key, wait, session and callback that were asked for; sessionPolicy says which session may be
 *   messageStore    the queue in the database; what the same key brings twice is one message
 *   signals         wakes the runner, and tells the request that waits of the end
 *   agentRunner     takes the oldest message of each session, in the service, and ends what is canceled
 *   agentRun        starts the run, follows it, takes it up after a crash; gatewayAnswers reads what the gateway says
 *   messageAnswer   what who waits is answered; callback sends the same as a signed event
 *
 * Beside it: runOrigin, by which the events of a run say what has started it; inboundCalls and refusalStore, what an
 * operator sees of the calls.
 */

/** Handler of an HTTP route; says whether it has answered. */
export type RouteHandler = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

/** What the gateway's own settings say; they change with its reload. */
export type GatewayRules = Pick<GatewaySettings, 'agents' | 'channels' | 'hooks'>;

export interface InboundRouteOptions extends Pick<CallbackRules, 'findSigner' | 'findReceiver'> {
	/** See `dataFolder`. */
	readonly folder: string;
	readonly database: Database;
	readonly inbound: InboundSettings;
	/** Asked with each request. */
	readonly gateway: () => GatewayRules;
	readonly gate: TokenGate;
	readonly refusals: RefusalStore;
	readonly wrapExternalContent: MessageTools['wrapExternalContent'];
	/** See `SessionRules`. */
	readonly isSessionThere: (sessionKey: string) => boolean | undefined;
	readonly logger: Logger;
	/** Milliseconds, the system's clock unless given. */
	readonly now?: () => number;
}

/** Name of the folder of runs, which are asked for with GET; endpoints are posted to. */
const RUNS = 'runs';
/** Below a run: ends it. */
const CANCEL = 'cancel';

/**
 * Makes the handler of `{basePath}` and all below: `GET {basePath}` lists the endpoints, agents and
 * channels, `POST {basePath}` tells any agent something (token scope `agents`), `POST {basePath}/{name}` fills in the
 * endpoint's template and queues the message for its agent, `GET {basePath}/runs/{runId}` tells what became of a
 * message, `POST {basePath}/runs/{runId}/cancel` ends its run. Every request needs a token, before anything is read or
 * told, or the signature of the endpoint's sender; what is refused is noted.
 *
 * @example
 * api.registerHttpRoute({ path: inbound.basePath, auth: 'plugin', match: 'prefix', handler });
 */
export function createInboundRoute(options: InboundRouteOptions): RouteHandler {
	const { inbound, database, gate, refusals, logger, now = Date.now } = options;
	const { wrapExternalContent, findSigner, findReceiver } = options;
	const messages = openMessageStore(database);
	const signals = signalsOf(options.folder);
	const tools = { messages, signals, refusals, wrapExternalContent, now };
	const endpoints = prepareEndpoints(inbound.endpoints, now);
	const sessions = listSessions(inbound.endpoints);

	const list = (response: ServerResponse, caller: Caller) => {
		const { agents, channels } = options.gateway();
		const usable = [...endpoints].flatMap(([name, endpoint]) =>
			endpoint.kind === 'usable' && mayCall(caller, name)
				? [{ name, agentId: endpoint.agentId, template: endpoint.template }]
				: [],
		);
		answerJson(response, 200, { ok: true, endpoints: usable, agents, channels });
	};
	/** The gateway has its first agent even where its settings name others only. */
	const isAgent = (agentId: string) =>
		[DEFAULT_AGENT, ...options.gateway().agents.map(({ id }) => id)].some(
			(id) => id.toLowerCase() === agentId.toLowerCase(),
		);
	const take = async (call: Call, name: string, maker: MessageMaker) => {
		const rules: CallRules = {
			session: {
				others: sessions.flatMap(([other, key]) => (other === name ? [] : [key])),
				prefixes: inbound.sessionKeys,
				hooks: options.gateway().hooks,
				isThere: options.isSessionThere,
			},
			callbacks: {
				origins: inbound.callbackOrigins,
				isAnyAllowed: call.caller.scopes.includes('endpoints'),
				findSigner,
				findReceiver,
			},
		};
		return await takeMessage(call, name, maker, rules, tools);
	};
	const takeDirect = async (call: Call) => {
		const { agents, hooks } = options.gateway();
		const { allowedAgentIds } = hooks;
		return await take(call, DIRECT, {
			write: ({ body }) => readDirectMessage(body, { agents, allowedAgentIds }),
		});
	};
	const takeForEndpoint = async (call: Call, name: string) => {
		const endpoint = mayCall(call.caller, name) ? endpoints.get(name) : undefined;
		if (endpoint === undefined) return unknownEndpoint(name);
		if (call.request.method !== 'POST') return methodNotAllowed(['POST']);
		if (endpoint.kind === 'faulty') return endpointFaulty(name);
		if (isAgent(endpoint.agentId)) return await take(call, name, endpoint.maker);
		const logged = `The gateway has no agent '${endpoint.agentId}'`;
		return { ...endpointFaulty(name), logged };
	};
	/** @param isCanceled whether the run is to end, too */
	const showRun = async (
		{ request, response, query, caller }: Call,
		runId: string,
		isCanceled: boolean,
	) => {
		const wait = readWait(request.headers, query);
		if (!wait.ok) return wait.refusal;
		const message = messages.find(runId);
		if (message === undefined || !maySee(caller, message)) return UNKNOWN_RUN;
		if (isCanceled) {
			messages.markCanceled(runId);
			signals.cancel(runId);
		}
		const current = isCanceled ? (messages.find(runId) ?? message) : message;
		answerRun(response, await waitForResult(tools, current, wait.value, response), wait.value);
		return undefined;
	};
	const serve = async (call: Call, segments: readonly string[]): Promise<Refusal | undefined> => {
		const [name, below, ...deeper] = segments;
		const { method } = call.request;
		if (!inbound.enabled) return INBOUND_OFF;
		if (name === undefined) {
			if (method === 'POST') return await takeDirect(call);
			if (method !== 'GET') return methodNotAllowed(['GET', 'POST']);
			list(call.response, call.caller);
			return undefined;
		}
		if (below === undefined) return await takeForEndpoint(call, name);
		const [action, ...rest] = deeper;
		const isRun = name === RUNS && (action ?? CANCEL) === CANCEL && rest.length === 0;
		if (!isRun) return unknownEndpoint(segments.join('/'));
		const isCanceled = action === CANCEL;
		const allowed = isCanceled ? 'POST' : 'GET';
		return method === allowed
			? await showRun(call, below, isCanceled)
			: methodNotAllowed([allowed]);
	};

	/** A token goes first. Who has none, or not a right one, may have signed the call. */
	const admit = async (
		request: IncomingMessage,
		segments: readonly string[],
	): Promise<Checked<{ readonly caller: Caller; readonly sender?: SenderCall }>> => {
		const isPost = request.method === 'POST';
		const [name, ...below] = segments;
		const byToken = gate(request, isPost && name === undefined ? 'agents' : 'inbound');
		if (byToken.ok) return { ok: true, value: { caller: byToken.value } };
		const endpoint = name === undefined || !inbound.enabled ? undefined : endpoints.get(name);
		const isSendable = isPost && below.length === 0 && endpoint?.kind === 'usable';
		const senderGate = isSendable ? endpoint.senderGate : undefined;
		if (name === undefined || senderGate === undefined) return byToken;
		const bySignature = await senderGate(request);
		if (bySignature.kind === 'sender') {
			const { call } = bySignature;
			return { ok: true, value: { caller: senderCaller(call, name), sender: call } };
		}
		const hasToken = bearerToken(request) !== undefined;
		if (bySignature.kind === 'unsigned' && hasToken) return byToken;
		return { ok: false, refusal: bySignature.refusal };
	};

	return async (request, response) => {
		const target = readTarget(request, inbound.basePath);
		if (target === undefined) return false;
		const { segments, query } = target;
		const refuse = (refusal: Refusal) => {
			const reason = refusals.note(segments.join('/'), clientAddress(request), refusal);
			if (reason !== undefined && refusal.code === LOOP_DETECTED) logger.warn(reason);
			answerRefusal(response, refusal);
		};
		try {
			const admitted = await admit(request, segments);
			if (!admitted.ok) {
				refuse(admitted.refusal);
				return true;
			}
			const call = { request, response, query, ...admitted.value };
			const refusal = await serve(call, segments);
			if (refusal !== undefined) refuse(refusal);
		} catch (error) {
			logger.error(`an inbound message was not taken: ${errorText(error)}`);
			refuse(NOT_STORED);
		}
		return true;
	};
}

function mayCall({ endpoints }: Caller, name: string): boolean {
	return endpoints?.includes(name) ?? true;
}

/** A run is for who started it, and for tokens that may write to any agent. */
function maySee(caller: Caller, message: InboundMessage): boolean {
	if (message.endpoint !== DIRECT && !mayCall(caller, message.endpoint)) return false;
	return message.caller === caller.id || caller.scopes.includes('agents');
}

const INBOUND_OFF: Refusal = {
	status: 404,
	code: 'inbound-off',
	message:
		"Inbound endpoints are switched off at this gateway: see 'inbound.enabled' in the settings of the plugin event-webhooks",
};

const NOT_STORED: Refusal = {
	status: 503,
	code: 'not-stored',
	message:
		"The gateway could not store the message: see its log, or 'openclaw event-webhooks list'",
	headers: { 'Retry-After': '10' },
};

const UNKNOWN_RUN: Refusal = {
	status: 404,
	code: 'unknown-run',
	message:
		'There is no such run, or it is not for this token. Runs are kept for some days after their end',
};

/** What is wrong is told to who runs the gateway, not to who calls. */
function endpointFaulty(name: string): Refusal {
	return {
		status: 503,
		code: 'endpoint-faulty',
		message: `The settings of the inbound endpoint '${name}' cannot be used: see 'openclaw event-webhooks status' at the gateway`,
		headers: { 'Retry-After': '60' },
	};
}

/** The one refusal that repeats something of the request: the name, shortened. */
function unknownEndpoint(name: string): Refusal {
	const shown = name.length > 100 ? `${name.slice(0, 100)}…` : name;
	return {
		status: 404,
		code: 'unknown-endpoint',
		message: `There is no inbound endpoint '${shown}' at this gateway`,
	};
}
