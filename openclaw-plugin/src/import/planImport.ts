import { formatJson5 } from '../protocol';
import { ensureObject, isObject } from './jsonObject';
import type { JsonObject } from './jsonObject';
import { diffLines } from './lineDiff';
import type { DiffLine } from './lineDiff';
import { createMask } from './maskSecrets';
import { mergeWebhooks } from './mergeWebhooks';
import { ensurePluginEntry, findPluginEntry } from './pluginEntry';

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
