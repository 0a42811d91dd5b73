import { formatJson5, isObject, parseConfig, parseJson5, WEBHOOKS_KEYS } from '../protocol';
import type { ConfigIssue, JsonObject } from '../protocol';
import { ensureObject, ensurePluginEntry, findPluginEntry } from './gatewayConfig';

/**
 * Joins webhooks with those there are: endpoints and rules of approvals by their names, the rest by their keys. What the new
 * ones don't mention stays.
 *
 * @example
 * mergeWebhooks({ endpoints: [a, b] }, { endpoints: [newB, c] }); // { endpoints: [a, newB, c] }
 */
export function mergeWebhooks(present: JsonObject, added: JsonObject): JsonObject {
	const merged: JsonObject = { ...present, ...added };
	if (added.endpoints !== undefined) {
		merged.endpoints = mergeByName(asList(present.endpoints), asList(added.endpoints));
	}
	if (added.approvals !== undefined) {
		merged.approvals = mergeByName(asList(present.approvals), asList(added.approvals));
	}
	if (isObject(present.inbound) && isObject(added.inbound)) {
		merged.inbound = mergeKeys(present.inbound, added.inbound, 'endpoints');
	}
	if (isObject(present.outbox) && isObject(added.outbox)) {
		merged.outbox = { ...present.outbox, ...added.outbox };
	}
	return merged;
}

function mergeByName(present: readonly unknown[], added: readonly unknown[]): readonly unknown[] {
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

/** A line of a comparison. */
export interface DiffLine {
	readonly kind: 'added' | 'removed' | 'same';
	readonly text: string;
}

/** Unchanged lines that are shown around a change. */
const CONTEXT_LINES = 3;

/**
 * Compares two texts line by line, by their longest common subsequence.
 *
 * @returns the changes with some lines around them; empty when the texts are equal
 */
export function diffLines(before: string, after: string): readonly DiffLine[] {
	const lines = align(linesOf(before), linesOf(after));
	const isNear = new Set<number>();
	lines.forEach(({ kind }, index) => {
		if (kind === 'same') return;
		for (let near = index - CONTEXT_LINES; near <= index + CONTEXT_LINES; near += 1) {
			isNear.add(near);
		}
	});
	return lines.filter((_, index) => isNear.has(index));
}

function linesOf(text: string): readonly string[] {
	return text === '' ? [] : text.split('\n');
}

function align(before: readonly string[], after: readonly string[]): readonly DiffLine[] {
	const lengths = commonLengths(before, after);
	const width = after.length + 1;
	const common = (from: number, to: number) => lengths[from * width + to] ?? 0;
	const lines: DiffLine[] = [];
	let [from, to] = [0, 0];
	while (from < before.length || to < after.length) {
		const [old, next] = [before[from], after[to]];
		if (old !== undefined && old === next) {
			lines.push({ kind: 'same', text: old });
			from += 1;
			to += 1;
		} else if (
			old !== undefined &&
			(next === undefined || common(from + 1, to) >= common(from, to + 1))
		) {
			lines.push({ kind: 'removed', text: old });
			from += 1;
		} else if (next !== undefined) {
			lines.push({ kind: 'added', text: next });
			to += 1;
		}
	}
	return lines;
}

/** For each pair of places: how many lines the two rests have in common. */
function commonLengths(before: readonly string[], after: readonly string[]): Uint32Array {
	const width = after.length + 1;
	const lengths = new Uint32Array((before.length + 1) * width);
	for (let from = before.length - 1; from >= 0; from -= 1) {
		for (let to = after.length - 1; to >= 0; to -= 1) {
			const at = from * width + to;
			lengths[at] =
				before[from] === after[to]
					? (lengths[at + width + 1] ?? 0) + 1
					: Math.max(lengths[at + width] ?? 0, lengths[at + 1] ?? 0);
		}
	}
	return lengths;
}

/** Nothing but names of the environment: not secret. */
const REFERENCES = /^(?:\$\{\w+\}\s*)+$/;

/**
 * Makes a function that replaces what is secret in a plugin's entry: signing secrets, those of
 * senders, values of headers, and passwords and queries of URLs. Equal secrets get equal numbers, so that a comparison
 * shows where one has changed.
 *
 * @example
 * const mask = createMask();
 * mask({ config: { endpoints: [{ secret: 'whsec_x' }] } }); // … { secret: '(hidden #1)' }
 */
export function createMask(): (entry: JsonObject) => JsonObject {
	const numbers = new Map<string, number>();
	const hide = (value: unknown): unknown => {
		if (typeof value !== 'string' || REFERENCES.test(value)) return value;
		const number = numbers.get(value) ?? numbers.size + 1;
		numbers.set(value, number);
		return `(hidden #${String(number)})`;
	};
	const maskEndpoint = (endpoint: unknown): unknown => {
		if (!isObject(endpoint)) return endpoint;
		const masked = { ...endpoint };
		if ('secret' in masked) masked.secret = hide(masked.secret);
		if (typeof masked.url === 'string') masked.url = hideInUrl(masked.url, hide);
		if (isObject(masked.headers)) {
			masked.headers = Object.fromEntries(
				Object.entries(masked.headers).map(([name, value]) => [name, hide(value)]),
			);
		}
		return masked;
	};
	const maskInbound = (inbound: JsonObject): JsonObject => {
		if (!isObject(inbound.endpoints)) return inbound;
		const endpoints = Object.entries(inbound.endpoints).map(([name, endpoint]) => {
			if (!isObject(endpoint) || !isObject(endpoint.auth)) return [name, endpoint] as const;
			const { secret } = endpoint.auth;
			const hidden: unknown = Array.isArray(secret) ? secret.map(hide) : hide(secret);
			return [name, { ...endpoint, auth: { ...endpoint.auth, secret: hidden } }] as const;
		});
		return { ...inbound, endpoints: Object.fromEntries(endpoints) };
	};
	return (entry) => {
		const { config } = entry;
		if (!isObject(config)) return entry;
		const masked = { ...config };
		if (Array.isArray(config.endpoints)) masked.endpoints = config.endpoints.map(maskEndpoint);
		if (isObject(config.inbound)) masked.inbound = maskInbound(config.inbound);
		return { ...entry, config: masked };
	};
}

function hideInUrl(url: string, hide: (value: unknown) => unknown): string {
	return url
		.replace(/(?<=:\/\/[^/?#@]*:)[^/?#@]+(?=@)/, (password) => String(hide(password)))
		.replace(/(?<=\?)[^#]+/, (query) => String(hide(query)));
}
