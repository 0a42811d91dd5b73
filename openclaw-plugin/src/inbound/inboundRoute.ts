import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerJson, answerRefusal, methodNotAllowed } from '../http/answers';
import { readTarget } from '../http/requestTarget';
import type { GatewayAgent, InboundConfig } from '../protocol';
import type { Logger } from '../sdk';
import type { Database } from '../store/databaseAccess';
import type { Authorizer } from '../tokens/authorizer';
import { INBOUND_OFF, NOT_STORED, unknownEndpoint } from './answer';
import { openMessageStore } from './messageStore';
import { createMessageWriter } from './prompt';
import { takeMessage } from './takeMessage';
import type { Inlet, MessageTaking } from './takeMessage';

/** Handler of an HTTP route; says whether it has answered. */
export type RouteHandler = (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

export interface InboundRouteOptions extends Omit<MessageTaking, 'messages' | 'callbackOrigins'> {
	readonly inbound: InboundConfig;
	/** What `GET {basePath}` tells about the gateway's agents. */
	readonly agents: readonly GatewayAgent[];
	readonly database: Database;
	readonly authorize: Authorizer;
	readonly logger: Logger;
}

/**
 * Makes the handler of `{basePath}` and all below: `GET {basePath}` lists the endpoints and agents,
 * `POST {basePath}/{name}` fills in the endpoint's template and queues the message for its agent. Every
 * request needs a token, before anything is read or told.
 *
 * @example
 * api.registerHttpRoute({ path: inbound.basePath, auth: 'plugin', match: 'prefix', handler });
 */
export function createInboundRoute(options: InboundRouteOptions): RouteHandler {
	const { inbound, agents, authorize, logger } = options;
	const messages = openMessageStore(options.database);
	const taking = { ...options, messages, callbackOrigins: inbound.callbackOrigins };
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
		answerJson(response, 200, { ok: true, endpoints, agents });
	};
	const handle = async (request: IncomingMessage, response: ServerResponse, target: Target) => {
		const [name, ...deeper] = target.segments;
		if (!inbound.enabled) {
			answerRefusal(response, INBOUND_OFF);
		} else if (name === undefined) {
			if (request.method === 'GET') listInlets(response);
			else answerRefusal(response, methodNotAllowed(['GET']));
		} else {
			const inlet = deeper.length === 0 ? inlets.get(name) : undefined;
			if (inlet === undefined) answerRefusal(response, unknownEndpoint(target.segments.join('/')));
			else if (request.method !== 'POST') answerRefusal(response, methodNotAllowed(['POST']));
			else await takeMessage(request, response, target.query, inlet, taking);
		}
	};
	return async (request, response) => {
		const target = readTarget(request, inbound.basePath);
		if (target === undefined) return false;
		try {
			if (authorize(request, response, 'inbound')) await handle(request, response, target);
		} catch (error) {
			logger.error(`an inbound message was not taken: ${describe(error)}`);
			answerRefusal(response, NOT_STORED);
		}
		return true;
	};
}

type Target = NonNullable<ReturnType<typeof readTarget>>;

function describe(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
