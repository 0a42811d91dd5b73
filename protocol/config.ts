import { ENDPOINT_KEYS, readEndpoint } from './configEndpoint';
import { addIssue, checkKeys, child, optional, readList, readText } from './configFields';
import type { Field, FieldIssue, KeyPath } from './configFields';
import { readInbound } from './configInbound';
import { createKeyLocator } from './configLocate';
import { readOutbox } from './configOutbox';
import { findWebhooks, listDefinedAgents, listEnvironmentNames, PLUGIN_ID } from './configSource';
import type {
	ConfigIssue,
	EndpointConfig,
	InboundConfig,
	ParsedConfig,
	WebhooksConfig,
} from './configTypes';
import { formatJson5, parseJson5 } from './json5';

export type * from './configTypes';

const WEBHOOKS_KEYS = ['endpoints', 'inbound', 'instanceId', 'outbox'];
const MAX_TEXT_LENGTH = 1_048_576;

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
	if (typeof text !== 'string') return failed(describe({ path: [], message: 'must be a text' }));
	if (text.length > MAX_TEXT_LENGTH) {
		const message = `has more than ${String(MAX_TEXT_LENGTH)} characters`;
		return failed(describe({ path: [], message }));
	}
	const parsed = parseJson5(text);
	if (!parsed.ok) {
		const { line, column } = parsed;
		const message = `cannot be read as JSON5: ${parsed.message}`;
		return failed({ ...describe({ path: [], message }), line, column });
	}
	const { config, issues } = readFile(parsed.value);
	const locateKey = createKeyLocator(text, parsed.value);
	const [first, ...others] = issues.map((issue) => ({
		...describe(issue),
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
	const [first, ...others] = issues.map(describe);
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

function readFile(value: unknown): { config: WebhooksConfig; issues: readonly FieldIssue[] } {
	const issues: FieldIssue[] = [];
	const file: Field = { value, path: [], issues };
	const webhooks = findWebhooks(file);
	const endpoints = webhooks === undefined ? [] : readEndpoints(webhooks);
	const settings =
		webhooks === undefined
			? {}
			: {
					...optional(webhooks, 'inbound', readInbound),
					...optional(webhooks, 'instanceId', readText),
					...optional(webhooks, 'outbox', readOutbox),
				};
	const { inbound, instanceId, outbox } = settings;
	const agentIds = new Set([...listDefinedAgents(file), ...listUsedAgents(endpoints, inbound)]);
	const environmentNames = listEnvironmentNames(webhooks?.value);
	return {
		config: { endpoints, inbound, instanceId, outbox, agentIds: [...agentIds], environmentNames },
		issues,
	};
}

function readEndpoints(webhooks: Field): readonly EndpointConfig[] {
	if (!checkKeys(webhooks, WEBHOOKS_KEYS)) return [];
	const names = new Set<string>();
	const read = optional(webhooks, 'endpoints', (list) =>
		readList(list, (field) => {
			const endpoint = readEndpoint(field);
			if (endpoint !== undefined && names.has(endpoint.name)) {
				addIssue(child(field, 'name'), 'is the name of another endpoint already');
			}
			if (endpoint !== undefined) names.add(endpoint.name);
			return endpoint;
		}),
	);
	return read.endpoints ?? [];
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

function describe({ path, message }: FieldIssue): ConfigIssue {
	const key = formatPath(path);
	return { path: key, message: `${key === '' ? 'The configuration' : `'${key}'`} ${message}` };
}

/** Writes a path as in JavaScript: names that are no identifiers in brackets. */
function formatPath(path: KeyPath): string {
	let text = '';
	for (const key of path) {
		if (typeof key === 'number') text += `[${String(key)}]`;
		else if (/^[A-Za-z_$][\w$]*$/.test(key)) text += text === '' ? key : `.${key}`;
		else text += `[${JSON.stringify(key)}]`;
	}
	return text;
}

function failed(first: ConfigIssue, ...others: readonly ConfigIssue[]): ParsedConfig {
	return { ok: false, issues: [first, ...others] };
}
