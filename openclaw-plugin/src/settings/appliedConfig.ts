import { findPluginEntry } from './configFile';
import { sharedOf } from '../shared';

/** A configuration of the gateway, `${NAME}` and secret references resolved. */
export interface GatewayConfig {
	readonly whole: unknown;
	/** `plugins.entries["event-webhooks"].config` of it. */
	readonly plugin: unknown;
}

/** What the gateway last started the plugin's service with. */
interface Applied {
	/** Goes up with each start; 0 before the first. */
	count: number;
	config: GatewayConfig | undefined;
}

const appliedIn = (folder: string) =>
	sharedOf(folder).slot<Applied>('settings', () => ({ count: 0, config: undefined }));

/**
 * Makes a configuration the one that all instances of the plugin in this process work by.
 *
 * @param folder see `dataFolder`
 * @param whole the gateway's whole configuration
 */
export function applyConfig(folder: string, whole: unknown): void {
	const applied = appliedIn(folder);
	applied.config = { whole, plugin: findPluginEntry(whole)?.config };
	applied.count += 1;
}

/**
 * Keeps something that is made of the gateway's configuration, and makes it anew when that has changed.
 *
 * @param own the configuration with which the instance was registered; it holds until the next change
 * @returns a function that gives the same value as before when nothing has changed
 * @example
 * const current = followConfig(folder, own, ({ plugin }) => readSettings(plugin));
 * applyConfig(folder, changed);
 * current();
 */
export function followConfig<Value>(
	folder: string,
	own: GatewayConfig,
	make: (config: GatewayConfig) => Value,
): () => Value {
	// Looked up once: hooks ask for the value with each event.
	const applied = appliedIn(folder);
	let seen = applied.count;
	let value = make(own);
	return () => {
		if (applied.config !== undefined && applied.count !== seen) {
			seen = applied.count;
			value = make(applied.config);
		}
		return value;
	};
}
