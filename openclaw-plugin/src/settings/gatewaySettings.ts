import { isObject } from '../protocol';
import type { GatewayAgent, GatewayChannel } from '../protocol';
import { findPluginEntry } from './configFile';

/** What the plugin uses of the gateway's own settings. */
export interface GatewaySettings {
	readonly agents: readonly GatewayAgent[];
	/** The channels that are set up. */
	readonly channels: readonly GatewayChannel[];
	readonly hooks: GatewayHooks;
	/** Milliseconds after which the gateway gives up on the plugin when it holds a tool call, where its owner has set that. */
	readonly toolCallLimitMs?: number;
}

/** The gateway's own hooks: who has their token may do here what they may do there. */
export interface GatewayHooks {
	/** `hooks.enabled`: without it the token opens nothing. */
	readonly isEnabled: boolean;
	/** `hooks.token`; absent where it could not be filled in. */
	readonly token?: string;
	/** `hooks.allowedAgentIds` in lower case: whom requests may name; undefined for all. */
	readonly allowedAgentIds: readonly string[] | undefined;
	/** `hooks.allowRequestSessionKey`: whether requests may name a session. */
	readonly mayNameSession: boolean;
	/** `hooks.allowedSessionKeyPrefixes` in lower case; empty for no restriction. */
	readonly sessionKeyPrefixes: readonly string[];
}

/** The agent that a gateway has when its configuration names none. */
export const DEFAULT_AGENT = 'main';

/** Keys of `channels` that are settings of all channels. */
const NO_CHANNELS: ReadonlySet<string> = new Set(['defaults', 'modelByChannel']);

/**
 * Reads what the plugin uses of the gateway's whole configuration, in which `${NAME}` and secret references
 * are filled in. Never throws: what is not as expected counts as not there.
 *
 * @see https://docs.openclaw.ai/gateway/configuration-reference
 */
export function readGatewaySettings(config: unknown): GatewaySettings {
	const toolCallLimitMs = readToolCallLimit(findPluginEntry(config)?.hooks);
	return {
		agents: listAgents(field(config, 'agents')),
		channels: listChannels(field(config, 'channels')),
		hooks: readHooks(field(config, 'hooks')),
		...(toolCallLimitMs === undefined ? {} : { toolCallLimitMs }),
	};
}

/**
 * Follows the gateway's settings: whatever is asked for with each use is as of the gateway's last reload.
 *
 * @param current gives the gateway's whole configuration as it is now
 * @returns a function that gives the same object as before while nothing in it has changed
 * @example
 * const gateway = followGatewaySettings(() => api.runtime.config.current());
 * gateway().hooks.token;
 */
export function followGatewaySettings(current: () => unknown): () => GatewaySettings {
	let config: unknown;
	let settings: GatewaySettings | undefined;
	return () => {
		const now = current();
		if (settings === undefined || now !== config) {
			config = now;
			const read = readGatewaySettings(now);
			if (settings === undefined || JSON.stringify(read) !== JSON.stringify(settings)) {
				settings = read;
			}
		}
		return settings;
	};
}

/** `agents.entries` by name, or the older `agents.list`. */
function listAgents(agents: unknown): readonly GatewayAgent[] {
	const entries = field(agents, 'entries');
	const list = field(agents, 'list');
	const found = [
		...(isObject(entries)
			? Object.entries(entries).flatMap(([id, agent]) => readAgent(id, agent))
			: []),
		...(Array.isArray(list) ? list.flatMap((agent) => readAgent(field(agent, 'id'), agent)) : []),
	];
	return found.length > 0 ? found : [{ id: DEFAULT_AGENT }];
}

function readAgent(id: unknown, agent: unknown): readonly GatewayAgent[] {
	if (typeof id !== 'string' || id === '') return [];
	const name = field(field(agent, 'identity'), 'name') ?? field(agent, 'name');
	return [typeof name === 'string' && name !== '' ? { id, name } : { id }];
}

function listChannels(channels: unknown): readonly GatewayChannel[] {
	if (!isObject(channels)) return [];
	return Object.entries(channels)
		.filter(([id, settings]) => isObject(settings) && !NO_CHANNELS.has(id))
		.map(([id]) => ({ id }));
}

function readHooks(hooks: unknown): GatewayHooks {
	const token = field(hooks, 'token');
	const agentIds = listTexts(field(hooks, 'allowedAgentIds'));
	return {
		isEnabled: field(hooks, 'enabled') === true,
		...(typeof token === 'string' && token.trim() !== '' ? { token: token.trim() } : {}),
		allowedAgentIds: agentIds?.includes('*') === true ? undefined : agentIds,
		mayNameSession: field(hooks, 'allowRequestSessionKey') === true,
		sessionKeyPrefixes: listTexts(field(hooks, 'allowedSessionKeyPrefixes')) ?? [],
	};
}

/** `plugins.entries["event-webhooks"].hooks.timeouts.before_tool_call`, or `timeoutMs` beside it. */
function readToolCallLimit(hooks: unknown): number | undefined {
	const limits = [field(field(hooks, 'timeouts'), 'before_tool_call'), field(hooks, 'timeoutMs')];
	return limits.find((limit): limit is number => typeof limit === 'number' && limit > 0);
}

/** Texts in lower case, without those with nothing in them; undefined for what is no list. */
function listTexts(value: unknown): readonly string[] | undefined {
	if (!Array.isArray(value)) return undefined;
	return value
		.filter((entry) => typeof entry === 'string')
		.map((entry) => entry.trim().toLowerCase())
		.filter((entry) => entry !== '');
}

function field(value: unknown, name: string): unknown {
	return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}
