import { ENDPOINT_KEYS } from './configEndpoint';
import type { EndpointConfig } from './configEndpoint';
import { child, formatPath } from './configFields';
import type { Field, FieldIssue } from './configFields';
import type { InboundConfig, InboundParts } from './configInbound';
import { DEFAULT_OUTBOX, readParts } from './configParts';
import type { OutboxConfig } from './configParts';
import { createKeyLocator, formatJson5, parseJson5 } from './json5';
import { isObject } from './jsonObject';

export interface WebhooksConfig {
	readonly endpoints: readonly EndpointConfig[];
	readonly inbound: InboundConfig | undefined;
	/** What the events name as their gateway; the host's name unless given. */
	readonly instanceId: string | undefined;
	readonly outbox: OutboxConfig | undefined;
	/** Every agent the file names, each once. */
	readonly agentIds: readonly string[];
	/** Names of `${NAME}` in the values, each once. They are never resolved here. */
	readonly environmentNames: readonly string[];
}

export interface ConfigIssue {
	/** The key as one would write it, e.g. `webhooks.endpoints[0].retry.maxAttempts`; empty for the file. */
	readonly path: string;
	/** What is wrong, the key included. */
	readonly message: string;
	/** From 1; absent where the place could not be found. */
	readonly line?: number;
	/** From 1, in UTF-16 code units. */
	readonly column?: number;
}

export type ParsedConfig =
	| { ok: true; config: WebhooksConfig }
	| { ok: false; issues: readonly [ConfigIssue, ...ConfigIssue[]] };

/** The plugin whose settings the webhooks are in a whole openclaw.json5. */
export const PLUGIN_ID = 'event-webhooks';

const MAX_TEXT_LENGTH = 1_048_576;
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
 * Reads the webhooks of an `openclaw.json5`: a file with a top-level `webhooks`, a whole gateway
 * configuration with the plugin's entry, or the webhooks object alone. `${NAME}` stays as it is:
 * the values are the gateway's, and only their names are reported.
 *
 * @param text JSON5: comments, trailing commas and bare keys are fine
 * @returns the settings, or every issue found with its key and, where it can be told, its line;
 * never throws
 * @example
 * const parsed = parseConfig(text);
 * if (!parsed.ok) console.log(parsed.issues[0].line, parsed.issues[0].path);
 */
export function parseConfig(text: string): ParsedConfig {
	if (typeof text !== 'string')
		return failed(describeIssue({ path: [], message: 'must be a text' }));
	if (text.length > MAX_TEXT_LENGTH) {
		const message = `has more than ${String(MAX_TEXT_LENGTH)} characters`;
		return failed(describeIssue({ path: [], message }));
	}
	const parsed = parseJson5(text);
	if (!parsed.ok) {
		const { line, column } = parsed;
		const message = `cannot be read as JSON5: ${parsed.message}`;
		return failed({ ...describeIssue({ path: [], message }), line, column });
	}
	const { config, issues } = readFile(parsed.value);
	const locateKey = createKeyLocator(text, parsed.value);
	const [first, ...others] = issues.map((issue) => ({
		...describeIssue(issue),
		...locateKey(issue.path),
	}));
	return first === undefined ? { ok: true, config } : failed(first, ...others);
}

/**
 * Reads settings that were parsed already, as {@link parseConfig} does; issues have no lines.
 *
 * @param value the file's content, or the webhooks object alone; never throws
 * @example
 * const checked = checkConfig({ endpoints: [] });
 */
export function checkConfig(value: unknown): ParsedConfig {
	const { config, issues } = readFile(value);
	const [first, ...others] = issues.map(describeIssue);
	return first === undefined ? { ok: true, config } : failed(first, ...others);
}

/**
 * Writes the block to paste into `openclaw.json5`, so that the gateway sends events to an endpoint.
 *
 * @returns JSON5, two blanks of indentation, as a whole file to merge
 * @example
 * formatEndpointConfig({ name: 'n8n', url: 'https://n8n.example/webhook/1', events: ['*'] });
 */
export function formatEndpointConfig(endpoint: EndpointConfig): string {
	const ordered = Object.fromEntries(
		ENDPOINT_KEYS.flatMap((key) => (endpoint[key] === undefined ? [] : [[key, endpoint[key]]])),
	);
	return formatJson5({
		plugins: { entries: { [PLUGIN_ID]: { enabled: true, config: { endpoints: [ordered] } } } },
	});
}

/** Says what is wrong in a sentence without a period. */
export function describeIssue({ path, message }: FieldIssue): ConfigIssue {
	const key = formatPath(path);
	return { path: key, message: `${key === '' ? 'The configuration' : `'${key}'`} ${message}` };
}

function readFile(value: unknown): { config: WebhooksConfig; issues: readonly FieldIssue[] } {
	const file: Field = { value, path: [], issues: [] };
	const webhooks = findWebhooks(file);
	const parts = readParts(webhooks ?? { ...file, value: {} });
	const endpoints = parts.endpoints.flatMap((part) => (part.ok ? [part.config] : []));
	const inbound = parts.inbound === undefined ? undefined : usableInbound(parts.inbound);
	const agentIds = new Set([...listDefinedAgents(file), ...listUsedAgents(endpoints, inbound)]);
	return {
		config: {
			endpoints,
			inbound,
			instanceId: parts.instanceId,
			outbox: parts.outbox === undefined ? undefined : { ...DEFAULT_OUTBOX, ...parts.outbox },
			agentIds: [...agentIds],
			environmentNames: listEnvironmentNames(webhooks?.value),
		},
		issues: parts.issues,
	};
}

/**
 * Finds the webhooks object in a file: under the plugin's settings, under `webhooks`, or the file
 * itself. A whole file without any of it counts as one without webhooks.
 */
function findWebhooks(file: Field): Field | undefined {
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

function usableInbound(inbound: InboundParts): InboundConfig {
	const { enabled, basePath, callbackOrigins, sessionKeys } = inbound;
	const endpoints = Object.entries(inbound.endpoints).flatMap(([name, part]) =>
		part.ok ? [[name, part.config] as const] : [],
	);
	return {
		enabled,
		basePath,
		endpoints: Object.fromEntries(endpoints),
		callbackOrigins,
		sessionKeys,
	};
}

/** The agents a whole file defines: `agents.entries` by name, or the older `agents.list` by id. */
function listDefinedAgents(file: Field): readonly string[] {
	const agents = child(file, 'agents');
	const entries = child(agents, 'entries').value;
	const list = child(agents, 'list').value;
	const listed: readonly unknown[] = Array.isArray(list) ? list : [];
	const ids = listed.map((agent) => (isObject(agent) ? agent.id : undefined));
	return [...(isObject(entries) ? Object.keys(entries) : []), ...ids].filter(
		(id): id is string => typeof id === 'string' && id !== '',
	);
}

function listUsedAgents(
	endpoints: readonly EndpointConfig[],
	inbound: InboundConfig | undefined,
): readonly string[] {
	return [
		...Object.values(inbound?.endpoints ?? {}).map((endpoint) => endpoint.agentId),
		...endpoints.flatMap((endpoint) => endpoint.filter?.agentIds ?? []),
	];
}

/** Names of `${NAME}` in all texts of a value, in order of appearance. */
function listEnvironmentNames(value: unknown): readonly string[] {
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

function failed(first: ConfigIssue, ...others: readonly ConfigIssue[]): ParsedConfig {
	return { ok: false, issues: [first, ...others] };
}
