import { parseConfig, parseJson5 } from '../protocol';
import type { ConfigIssue } from '../protocol';
import { isObject } from './jsonObject';
import type { JsonObject } from './jsonObject';
import { findPluginEntry } from './pluginEntry';

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
