import { PLUGIN_ID } from '../protocol';
import { ensureObject, isObject } from './jsonObject';
import type { JsonObject } from './jsonObject';

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
