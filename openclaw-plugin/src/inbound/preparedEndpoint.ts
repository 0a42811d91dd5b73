import { refuse } from '../http/answers';
import type { Checked, Refusal } from '../http/answers';
import { createConditions, parseTemplate, readWhole } from '../protocol';
import type { InboundEndpointConfig } from '../protocol';
import type { InboundSettings } from '../settings/settings';
import { createTemplateWriter, createValueReader, endpointSession } from './messageText';
import type { MessageInput, WriteMessage } from './messageText';
import { createSenderGate } from './senderCall';
import type { SenderGate } from './senderCall';

/** What an endpoint makes of a call. */
export interface MessageMaker {
	readonly write: WriteMessage;
	/** Says which condition a call, or an element of its list, does not meet; without a message then. */
	readonly findUnmet?: (input: MessageInput) => string | undefined;
	/** The list of whose elements messages are made, where a call may become several. */
	readonly listItems?: (input: MessageInput) => Checked<readonly unknown[]>;
}

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
	const readValues = createValueReader(endpoint);
	const { when, map } = endpoint;
	const findUnmet = when === undefined ? undefined : createConditions(when);
	return {
		write,
		...(findUnmet === undefined ? {} : { findUnmet: (input) => findUnmet(readValues(input)) }),
		...(map === undefined ? {} : { listItems: createItemReader(map) }),
	};
}

/** Elements that one call may have: each is a run of an agent. */
const MAX_ITEMS = 50;

function createItemReader(path: string): NonNullable<MessageMaker['listItems']> {
	const parsed = parseTemplate(`{{${path}}}`);
	return ({ body }) => {
		const read = parsed.ok ? readWhole(parsed.template, { body }) : undefined;
		const value = read?.ok === true ? read.value : undefined;
		if (!Array.isArray(value)) return refuse(noList(path));
		const items: readonly unknown[] = value;
		return items.length > MAX_ITEMS ? refuse(tooManyItems(path)) : { ok: true, value: items };
	};
}

function noList(path: string): Refusal {
	return {
		status: 422,
		code: 'missing-values',
		message: `The request has no list at ${path}, of whose elements messages are made`,
		paths: [path],
	};
}

function tooManyItems(path: string): Refusal {
	return {
		status: 413,
		code: 'too-many-items',
		message: `The list at ${path} has more than ${String(MAX_ITEMS)} elements. Send them in several calls`,
		path,
	};
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
