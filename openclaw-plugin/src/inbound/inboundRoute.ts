import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerJson, answerRefusal, methodNotAllowed } from '../http/answers';
import type { Checked } from '../http/answers';
import { readTarget } from '../http/request';
import type { GatewayAgent, GatewayChannel, InboundConfig } from '../protocol';
import type { Logger } from '../sdk';
import type { Database } from '../store/databaseAccess';
import type { Authorizer } from '../tokens/authorizer';
import type { TokenScope } from '../tokens/tokens';
import { INBOUND_OFF, NOT_STORED, unknownEndpoint } from './answer';
import type { CallbackRules } from './callbackTarget';
import { readDirectMessage } from './directMessage';
import { openMessageStore } from './messageStore';
import { createMessageWriter } from './prompt';
import type { MessageWriter } from './prompt';
import { takeMessage } from './takeMessage';
import type { Letter, MessageTaking, ReadLetter } from './takeMessage';

/** Handler of an HTTP route; says whether it has answered. */
export type RouteHandler = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

/** One inbound endpoint, ready to write messages. */
interface Inlet {
	readonly name: string;
	readonly agentId: string;
	readonly template: string;
	readonly write: MessageWriter;
}

export interface InboundRouteOptions
	extends Omit<MessageTaking, 'messages' | 'callbacks'>,
		Pick<CallbackRules, 'findSigner' | 'findReceiver'> {
	readonly inbound: InboundConfig;
	/** What `GET {basePath}` tells about the gateway's agents. */
	readonly agents: readonly GatewayAgent[];
	readonly channels: readonly GatewayChannel[];
	/** Whom messages to any agent may name, in lower case; undefined for all. */
	readonly allowedAgentIds: readonly string[] | undefined;
	readonly database: Database;
	readonly authorize: Authorizer;
	readonly logger: Logger;
}

/**
 * Makes the handler of `{basePath}` and all below: `GET {basePath}` lists the endpoints, agents and
 * channels, `POST {basePath}` tells any agent something (token scope `agents`), `POST {basePath}/{name}` fills in the endpoint's template and queues the message for its agent. Every
 * request needs a token, before anything is read or told.
 *
 * @example
 * api.registerHttpRoute({ path: inbound.basePath, auth: 'plugin', match: 'prefix', handler });
 */
export function createInboundRoute(options: InboundRouteOptions): RouteHandler {
	const { inbound, agents, channels, authorize, logger, now = Date.now } = options;
	const { findSigner, findReceiver } = options;
	const messages = openMessageStore(options.database);
	const takingFor = (scopes: readonly TokenScope[]): MessageTaking => ({
		...options,
		messages,
		callbacks: {
			origins: inbound.callbackOrigins,
			isAnyAllowed: scopes.includes('endpoints'),
			findSigner,
			findReceiver,
		},
	});
	const inlets = new Map<string, Inlet>(
		Object.entries(inbound.endpoints).map(([name, endpoint]) => [
			name,
			{ name, ...endpoint, write: createMessageWriter(endpoint) },
		]),
	);
	const listInlets = (response: ServerResponse) => {
		const endpoints = [...inlets.values()].map(({ name, agentId, template }) => ({
			name,
			agentId,
			template,
		}));
		answerJson(response, 200, { ok: true, endpoints, agents, channels });
	};
	const handle = async (
		request: IncomingMessage,
		response: ServerResponse,
		{ segments, query }: Target,
		scopes: readonly TokenScope[],
	) => {
		const [name, ...deeper] = segments;
		const take = async (readLetter: ReadLetter) => {
			await takeMessage(request, response, query, readLetter, takingFor(scopes));
		};
		if (!inbound.enabled) {
			answerRefusal(response, INBOUND_OFF);
		} else if (name === undefined) {
			if (request.method === 'GET') listInlets(response);
			else if (request.method === 'POST') await take((body) => readDirectMessage(body, options));
			else answerRefusal(response, methodNotAllowed(['GET', 'POST']));
		} else {
			const inlet = deeper.length === 0 ? inlets.get(name) : undefined;
			if (inlet === undefined) answerRefusal(response, unknownEndpoint(segments.join('/')));
			else if (request.method !== 'POST') answerRefusal(response, methodNotAllowed(['POST']));
			else await take((body, { headers }) => fillIn(inlet, { body, headers, query, now: now() }));
		}
	};
	return async (request, response) => {
		const target = readTarget(request, inbound.basePath);
		if (target === undefined) return false;
		const isDirect = target.segments.length === 0 && request.method === 'POST';
		try {
			const caller = authorize(request, response, isDirect ? 'agents' : 'inbound');
			if (caller !== undefined) await handle(request, response, target, caller.scopes);
		} catch (error) {
			logger.error(`an inbound message was not taken: ${describe(error)}`);
			answerRefusal(response, NOT_STORED);
		}
		return true;
	};
}

function fillIn({ name, agentId, write }: Inlet, request: WriterRequest): Checked<Letter> {
	const written = write(request);
	if (!written.ok) return written;
	const sessionKey = `agent:${agentId}:webhook:${name}`;
	return { ok: true, value: { ...written.value, name, agentId, sessionKey } };
}

type WriterRequest = Parameters<MessageWriter>[0];
type Target = NonNullable<ReturnType<typeof readTarget>>;

function describe(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
