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
