import { isObject } from './jsonObject';

/** What the plugin tells about one inbound endpoint. */
export interface GatewayEndpoint {
	readonly name: string;
	readonly agentId: string;
	readonly template: string;
}

export interface GatewayAgent {
	readonly id: string;
	/** What people call it, where that differs. */
	readonly name?: string;
}

export interface GatewayChannel {
	readonly id: string;
}

/** The answer to `GET {inboundPath}`: what can be written to, and who there is. */
export interface GatewayDirectory {
	readonly endpoints: readonly GatewayEndpoint[];
	readonly agents: readonly GatewayAgent[];
	/** Of the gateway's configuration; empty from a plugin that does not tell them. */
	readonly channels: readonly GatewayChannel[];
}

export type ParsedGatewayDirectory =
	| { ok: true; directory: GatewayDirectory }
	| { ok: false; message: string };

/**
 * Reads the plugin's answer to `GET {inboundPath}`: `{ ok: true, endpoints, agents, channels? }`. Fields that are
 * not known here are passed over, as a newer plugin may have added them; so are entries without a
 * name, which nobody could choose.
 *
 * @param value the parsed JSON body
 * @returns the directory, or why the answer is none; never throws
 * @example
 * parseGatewayDirectory({ ok: true, endpoints: [], agents: [{ id: 'main' }] });
 */
export function parseGatewayDirectory(value: unknown): ParsedGatewayDirectory {
	if (!isObject(value) || value.ok !== true) {
		return { ok: false, message: 'The answer is not from the event-webhooks plugin' };
	}
	const { endpoints, agents, channels } = value;
	if (!Array.isArray(endpoints) || !Array.isArray(agents)) {
		return { ok: false, message: "The answer has no lists of 'endpoints' and 'agents'" };
	}
	return {
		ok: true,
		directory: {
			endpoints: endpoints.flatMap(readEndpoint),
			agents: agents.flatMap(readAgent),
			channels: Array.isArray(channels) ? channels.flatMap(readChannel) : [],
		},
	};
}

function readEndpoint(value: unknown): readonly GatewayEndpoint[] {
	if (!isObject(value)) return [];
	const { name, agentId, template } = value;
	if (!isName(name) || typeof agentId !== 'string' || typeof template !== 'string') return [];
	return [{ name, agentId, template }];
}

function readAgent(value: unknown): readonly GatewayAgent[] {
	if (!isObject(value) || !isName(value.id)) return [];
	return [isName(value.name) ? { id: value.id, name: value.name } : { id: value.id }];
}

function readChannel(value: unknown): readonly GatewayChannel[] {
	return isObject(value) && isName(value.id) ? [{ id: value.id }] : [];
}

function isName(value: unknown): value is string {
	return typeof value === 'string' && value !== '';
}
