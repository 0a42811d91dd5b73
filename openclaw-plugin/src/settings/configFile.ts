import { isObject, PLUGIN_ID } from '../protocol';
import type { JsonObject } from '../protocol';

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
