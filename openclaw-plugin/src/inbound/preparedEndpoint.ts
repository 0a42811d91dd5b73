import type { InboundEndpointConfig } from '../protocol';
import type { InboundSettings } from '../settings/settings';
import { createConditions } from './condition';
import { createTemplateWriter, createValueReader, endpointSession } from './messageText';
import { createSenderGate } from './senderCall';
import type { SenderGate } from './senderCall';
import type { MessageMaker } from './takeMessage';

/** An endpoint of the settings, ready to take messages. */
export type PreparedEndpoint =
	| {
			readonly kind: 'usable';
			readonly agentId: string;
			readonly template: string;
			readonly maker: MessageMaker;
			/** Lets in who signs its calls; without it only those with a token. */
			readonly senderGate?: SenderGate;
	  }
	| { readonly kind: 'faulty' };

/** Makes of the settings what each request needs: templates are read and keys made once. */
export function prepareEndpoints(
	configured: InboundSettings['endpoints'],
	now: () => number,
): ReadonlyMap<string, PreparedEndpoint> {
	return new Map(
		Object.entries(configured).map(([name, endpoint]): [string, PreparedEndpoint] => {
			if (endpoint.kind === 'faulty') return [name, { kind: 'faulty' }];
			const { kind, agentId, template, auth } = endpoint;
			const maker = createMaker({ name, ...endpoint });
			const senderGate = auth === undefined ? {} : { senderGate: createSenderGate(auth, now) };
			return [name, { kind, agentId, template, maker, ...senderGate }];
		}),
	);
}

function createMaker(endpoint: InboundEndpointConfig & { readonly name: string }): MessageMaker {
	const write = createTemplateWriter(endpoint);
	if (endpoint.when === undefined) return { write };
	const findUnmet = createConditions(endpoint.when);
	const readValues = createValueReader(endpoint);
	return { write, findUnmet: (input) => findUnmet(readValues(input)) };
}

/** The sessions of all inbound endpoints: no caller of one writes into that of another. */
export function listSessions(
	configured: InboundSettings['endpoints'],
): readonly (readonly [name: string, session: string])[] {
	return Object.entries(configured).flatMap(([name, endpoint]) =>
		endpoint.kind === 'usable'
			? [[name, endpointSession({ name, agentId: endpoint.agentId })] as const]
			: [],
	);
}
