import { child, isObject } from './configFields';
import type { Field } from './configFields';

/** The plugin whose settings the webhooks are in a whole openclaw.json5. */
export const PLUGIN_ID = 'event-webhooks';

/** Other sections of openclaw.json5, by which a whole file is told from the webhooks object alone. */
const FILE_SECTIONS = [
	'agents',
	'bindings',
	'channels',
	'cron',
	'env',
	'gateway',
	'hooks',
	'logging',
	'messages',
	'meta',
	'models',
	'plugins',
	'session',
	'skills',
	'tools',
	'ui',
];

/**
 * Finds the webhooks object in a file: under the plugin's settings, under `webhooks`, or the file
 * itself. A whole file without any of it counts as one without webhooks.
 */
export function findWebhooks(file: Field): Field | undefined {
	const entry = child(child(child(file, 'plugins'), 'entries'), PLUGIN_ID);
	if (entry.value !== undefined) {
		const config = child(entry, 'config');
		return config.value === undefined ? undefined : config;
	}
	const webhooks = child(file, 'webhooks');
	if (webhooks.value !== undefined) return webhooks;
	const isWholeFile = FILE_SECTIONS.some((section) => child(file, section).value !== undefined);
	return isWholeFile ? undefined : file;
}

/** The agents a whole file defines: `agents.entries` by name, or the older `agents.list` by id. */
export function listDefinedAgents(file: Field): readonly string[] {
	const agents = child(file, 'agents');
	const entries = child(agents, 'entries').value;
	const list = child(agents, 'list').value;
	const listed: readonly unknown[] = Array.isArray(list) ? list : [];
	const ids = listed.map((agent) => (isObject(agent) ? agent.id : undefined));
	return [...(isObject(entries) ? Object.keys(entries) : []), ...ids].filter(
		(id): id is string => typeof id === 'string' && id !== '',
	);
}

/** Names of `${NAME}` in all texts of a value, in order of appearance. */
export function listEnvironmentNames(value: unknown): readonly string[] {
	const names = new Set<string>();
	// A stack of its own: the value may be nested deeper than calls can be.
	const pending: unknown[] = [value];
	while (pending.length > 0) {
		const next = pending.pop();
		if (typeof next === 'string') {
			for (const [name] of next.matchAll(/(?<=\$\{)[A-Za-z_]\w*(?=\})/g)) names.add(name);
		} else if (typeof next === 'object' && next !== null) {
			for (const inner of Object.values(next).reverse()) pending.push(inner);
		}
	}
	return [...names];
}
