import {
	addIssue,
	apart,
	checkKeys,
	checkTemplate,
	child,
	findNear,
	optional,
	readBoolean,
	readList,
	readNames,
	readPath,
	readText,
} from './configFields';
import type { Field, FieldIssue } from './configFields';
import { readConditions } from './configCondition';
import type { Condition } from './configCondition';
import { readSenderAuth } from './configSender';
import type { SenderAuth } from './configSender';
import { INBOUND_ROOTS, ITEM_ROOTS } from './template';

/** What a POST to `{basePath}/{name}` tells which agent. */
export interface InboundEndpointConfig {
	readonly agentId: string;
	readonly template: string;
	/** Paths without which a call is refused, such as `body.title`; at least one of the template's when absent. */
	readonly required?: readonly string[];
	/** How the sender proves that a call is its own; with an access token alone when absent. */
	readonly auth?: SenderAuth;
	/** All must hold for a call, or for an element of `map`, to become a message. */
	readonly when?: readonly Condition[];
	/** Path of a list in the body: each of its elements becomes a message, and is `item` in template and conditions. */
	readonly map?: string;
}

export interface InboundConfig {
	readonly enabled: boolean;
	/** Starts with a slash and doesn't end with one. */
	readonly basePath: string;
	readonly endpoints: Readonly<Record<string, InboundEndpointConfig>>;
	/** Where `callbackUrl` of a message may lead: origins such as `https://n8n.example`. */
	readonly callbackOrigins: readonly string[];
	/** How session keys begin that any caller may name, such as `agent:support:webhook:`. */
	readonly sessionKeys: readonly string[];
}

/** An inbound endpoint, or what is wrong with it. */
export type InboundEndpointPart =
	| { readonly ok: true; readonly config: InboundEndpointConfig }
	| { readonly ok: false; readonly issues: readonly FieldIssue[] };

/** `inbound` with each endpoint by itself. */
export interface InboundParts extends Omit<InboundConfig, 'endpoints'> {
	readonly endpoints: Readonly<Record<string, InboundEndpointPart>>;
	/** What is wrong outside of the endpoints. */
	readonly issues: readonly FieldIssue[];
}

export const DEFAULT_INBOUND_PATH = '/webhooks/inbound';

/** The keys of an inbound endpoint, in the order in which they are described. */
export const INBOUND_ENDPOINT_KEYS = [
	'agentId',
	'template',
	'required',
	'auth',
	'when',
	'map',
] as const satisfies readonly (keyof InboundEndpointConfig)[];

const INBOUND_KEYS = ['enabled', 'basePath', 'endpoints', 'callbackOrigins', 'sessionKeys'];
/** What a URL's path can hold without meaning something else there. */
const BASE_PATH = /^(?:\/[^/?#\s]+)+$/;
const ENDPOINT_NAME = /^[^/?#\s]+$/;

/**
 * Reads `inbound`: on and under the default path unless it says otherwise. Where it is not clear whether
 * it is to be on, it is off.
 */
export function readInbound(field: Field): InboundParts {
	const own = apart(field);
	const isReadable = checkKeys(own, INBOUND_KEYS);
	const parts = {
		enabled: isReadable && isEnabled(own),
		basePath: DEFAULT_INBOUND_PATH,
		callbackOrigins: [],
		sessionKeys: [],
		...optional(own, 'basePath', readBasePath),
		...optional(own, 'callbackOrigins', (inner) => readList(inner, readOrigin)),
		...optional(own, 'sessionKeys', (inner) => readList(inner, readText)),
	};
	const endpoints = child(own, 'endpoints');
	const names = endpoints.value === undefined ? [] : readNames(endpoints);
	const entries = names.map((name) => [name, readPart(child(endpoints, name))] as const);
	field.issues.push(...own.issues);
	for (const [, part] of entries) if (!part.ok) field.issues.push(...part.issues);
	return { ...parts, endpoints: Object.fromEntries(entries), issues: own.issues };
}

function isEnabled(inbound: Field): boolean {
	const enabled = child(inbound, 'enabled');
	if (enabled.value !== undefined) return readBoolean(enabled) === true;
	const misspelt = findNear(inbound.value, 'enabled', INBOUND_KEYS);
	return misspelt === undefined || misspelt === true;
}

function readBasePath(field: Field): string | undefined {
	const path = readText(field)?.replace(/\/$/, '');
	if (path === undefined || BASE_PATH.test(path)) return path;
	addIssue(field, `must be a path such as '${DEFAULT_INBOUND_PATH}'`);
	return undefined;
}

function readOrigin(field: Field): string | undefined {
	const text = readText(field);
	if (text === undefined) return undefined;
	if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return new URL(text).origin;
	addIssue(field, "must be an origin such as 'https://n8n.example'");
	return undefined;
}

function readPart(field: Field): InboundEndpointPart {
	const own = apart(field);
	const config = readEndpoint(own);
	if (config !== undefined && own.issues.length === 0) return { ok: true, config };
	return { ok: false, issues: own.issues };
}

function readEndpoint(field: Field): InboundEndpointConfig | undefined {
	const name = String(field.path.at(-1));
	if (!ENDPOINT_NAME.test(name) || /^\.\.?$/.test(name)) {
		addIssue(field, 'cannot be part of a URL');
		return undefined;
	}
	if (!checkKeys(field, INBOUND_ENDPOINT_KEYS)) return undefined;
	const agentId = readText(child(field, 'agentId'));
	const roots = child(field, 'map').value === undefined ? INBOUND_ROOTS : ITEM_ROOTS;
	const template = readTemplate(child(field, 'template'), roots);
	const rules = {
		...optional(field, 'required', (inner) => readList(inner, (entry) => readPath(entry, roots))),
		...optional(field, 'auth', readSenderAuth),
		...optional(field, 'when', (inner) => readConditions(inner, roots)),
		...optional(field, 'map', (inner) => readPath(inner, ['body'])),
	};
	if (agentId === undefined || template === undefined) return undefined;
	return { agentId, template, ...rules };
}

function readTemplate(field: Field, roots: readonly string[]): string | undefined {
	const template = readText(field);
	if (template === undefined) return undefined;
	return checkTemplate(field, template, { roots, hasFormats: false }) ? template : undefined;
}
