import { formatJson5, isObject, parseConfig, parseJson5 } from '../protocol';
import type { ConfigIssue, JsonObject } from '../protocol';
import { ensureObject, ensurePluginEntry, findPluginEntry } from './configFile';
import { createMask, diffLines } from './importPreview';
import type { DiffLine } from './importPreview';

/**
 * Joins webhooks with those there are: endpoints by their names, the rest by their keys. What the new
 * ones don't mention stays.
 *
 * @example
 * mergeWebhooks({ endpoints: [a, b] }, { endpoints: [newB, c] }); // { endpoints: [a, newB, c] }
 */
export function mergeWebhooks(present: JsonObject, added: JsonObject): JsonObject {
	const merged: JsonObject = { ...present, ...added };
	if (added.endpoints !== undefined) {
		merged.endpoints = mergeEndpoints(asList(present.endpoints), asList(added.endpoints));
	}
	if (isObject(present.inbound) && isObject(added.inbound)) {
		merged.inbound = mergeKeys(present.inbound, added.inbound, 'endpoints');
	}
	if (isObject(present.outbox) && isObject(added.outbox)) {
		merged.outbox = { ...present.outbox, ...added.outbox };
	}
	return merged;
}

function mergeEndpoints(
	present: readonly unknown[],
	added: readonly unknown[],
): readonly unknown[] {
	const byName = new Map(added.map((endpoint) => [nameOf(endpoint), endpoint] as const));
	const kept = present.map((endpoint) => byName.get(nameOf(endpoint)) ?? endpoint);
	const names = new Set(present.map(nameOf));
	return [...kept, ...added.filter((endpoint) => !names.has(nameOf(endpoint)))];
}

function mergeKeys(present: JsonObject, added: JsonObject, nested: string): JsonObject {
	const [before, after] = [present[nested], added[nested]];
	const joined = isObject(before) && isObject(after) ? { [nested]: { ...before, ...after } } : {};
	return { ...present, ...added, ...joined };
}

function nameOf(endpoint: unknown): unknown {
	return isObject(endpoint) ? endpoint.name : undefined;
}

function asList(value: unknown): readonly unknown[] {
	return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

/** The webhooks that a file holds. */
export type ReadWebhooks =
	| {
			readonly ok: true;
			/** As they are written: `${NAME}` and secret references unresolved. */
			readonly webhooks: JsonObject;
			/** Names of `${NAME}` in them, each once. */
			readonly environmentNames: readonly string[];
	  }
	| { readonly ok: false; readonly issues: readonly ConfigIssue[] };

const WEBHOOKS_KEYS = ['endpoints', 'inbound', 'instanceId', 'outbox'];

/**
 * Reads the webhooks of a file: under a top-level `webhooks`, under the plugin's settings in a whole
 * `openclaw.json5`, or alone.
 *
 * @param text JSON5
 * @returns the webhooks, or everything that is wrong with them; never throws
 */
export function readWebhooks(text: string): ReadWebhooks {
	const checked = parseConfig(text);
	if (!checked.ok) return checked;
	const parsed = parseJson5(text);
	const webhooks = parsed.ok ? locate(parsed.value) : undefined;
	if (webhooks === undefined) {
		const message = `The file has no webhooks: no key '${['webhooks', ...WEBHOOKS_KEYS].join("', '")}'`;
		return { ok: false, issues: [{ path: '', message }] };
	}
	return { ok: true, webhooks, environmentNames: checked.config.environmentNames };
}

function locate(file: unknown): JsonObject | undefined {
	if (!isObject(file)) return undefined;
	const entry = findPluginEntry(file);
	if (entry !== undefined) return isObject(entry.config) ? entry.config : undefined;
	if (isObject(file.webhooks)) return file.webhooks;
	return WEBHOOKS_KEYS.some((key) => Object.hasOwn(file, key)) ? file : undefined;
}

/** What an import will do to the gateway's configuration. */
export interface ImportPlan {
	/** Changes of `plugins.entries["event-webhooks"]`, secrets hidden; empty when there are none. */
	readonly diff: readonly DiffLine[];
	/** Makes the changes. */
	apply(file: JsonObject): void;
}

/** How an import treats what is there. */
export interface ImportOptions {
	/** Removes what the imported file doesn't have, instead of keeping it. */
	readonly isReplacement?: boolean;
}

/**
 * Plans to put webhooks into a gateway's configuration. The entry is switched on, and may see
 * conversations: without that the gateway withholds the hooks that errors are told by.
 *
 * @param file the gateway's configuration as it is written
 * @param webhooks see `readWebhooks`
 */
export function planImport(
	file: unknown,
	webhooks: JsonObject,
	options: ImportOptions = {},
): ImportPlan {
	const apply = (target: JsonObject) => {
		const entry = ensurePluginEntry(target);
		const present = isObject(entry.config) ? entry.config : {};
		entry.enabled = true;
		ensureObject(entry, 'hooks').allowConversationAccess = true;
		entry.config = options.isReplacement === true ? webhooks : mergeWebhooks(present, webhooks);
	};
	const changed: JsonObject = isObject(file) ? structuredClone(file) : {};
	apply(changed);
	const mask = createMask();
	const write = (entry: JsonObject | undefined) =>
		entry === undefined ? '' : formatJson5(mask(entry));
	const before = write(findPluginEntry(file));
	const after = write(findPluginEntry(changed));
	// A secret that has changed has another number: equal texts mean equal settings.
	return { diff: before === after ? [] : diffLines(before, after), apply };
}
