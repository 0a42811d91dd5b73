import { isObject, PLUGIN_ID } from '../protocol';
import type { GatewayAgent, GatewayChannel, JsonObject } from '../protocol';

/** The object under a key, put there where there is none. */
export function ensureObject(parent: JsonObject, key: string): JsonObject {
	const known = parent[key];
	if (isObject(known)) return known;
	const created: JsonObject = {};
	parent[key] = created;
	return created;
}

/** `plugins.entries["event-webhooks"]` of a gateway's configuration; undefined where there is none. */
export function findPluginEntry(file: unknown): JsonObject | undefined {
	const plugins = isObject(file) ? file.plugins : undefined;
	const entries = isObject(plugins) ? plugins.entries : undefined;
	const entry = isObject(entries) ? entries[PLUGIN_ID] : undefined;
	return isObject(entry) ? entry : undefined;
}

/** The same entry, made where there is none. */
export function ensurePluginEntry(file: JsonObject): JsonObject {
	return ensureObject(ensureObject(ensureObject(file, 'plugins'), 'entries'), PLUGIN_ID);
}

/** An endpoint in the entry's settings, as it is written there. */
export function findWrittenEndpoint(
	entry: JsonObject | undefined,
	name: string,
): JsonObject | undefined {
	const config = isObject(entry?.config) ? entry.config : {};
	const endpoints: readonly unknown[] = Array.isArray(config.endpoints) ? config.endpoints : [];
	return endpoints.filter(isObject).find((endpoint) => endpoint.name === name);
}

/** The gateway's configuration file. */
export interface ConfigFile {
	/** The whole content as it is written: `${NAME}` and secret references unresolved. */
	read(): Promise<unknown>;
	/**
	 * Changes the file under a lock; a running gateway applies it. The draft has `${NAME}` filled in;
	 * what the edit leaves alone stays as it was written.
	 *
	 * @param edit may be called more than once, each time with a new draft
	 */
	change(edit: (draft: Record<string, unknown>) => void): Promise<void>;
}

const CONFIG_PATH = `plugins.entries.${PLUGIN_ID}.config`;

/** The first OpenClaw that restarts a service when its settings change. */
const SINCE = [2026, 9, 2] as const;

/** Which changes of the gateway's configuration need no replacement of the plugin. */
export interface ReloadRules {
	/** The gateway does nothing but restart services. */
	readonly hotPrefixes: readonly string[];
	/** The service is restarted with the new configuration. */
	readonly servicePrefixes: readonly string[];
}

/**
 * A gateway refuses to replace a plugin while an agent is at work; it restarts a service at any time.
 *
 * @param version of OpenClaw, such as `2026.9.6`
 * @returns undefined where only a replacement applies settings
 * @see https://docs.openclaw.ai/plugins/sdk-runtime
 */
export function reloadRules(version: string | undefined): ReloadRules | undefined {
	if (version === undefined || !isSince(version)) return undefined;
	return { hotPrefixes: [CONFIG_PATH], servicePrefixes: [CONFIG_PATH, 'agents.entries'] };
}

function isSince(version: string): boolean {
	const parts = version.split(/[.-]/).map(Number);
	for (const [index, least] of SINCE.entries()) {
		const part = parts[index] ?? Number.NaN;
		if (part !== least) return part > least;
	}
	return true;
}

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
