import {
	addIssue,
	checkKeys,
	child,
	optional,
	readBoolean,
	readList,
	readNames,
	readText,
} from './configFields';
import type { Field } from './configFields';
import { readInboundTemplate } from './configTemplates';
import type { InboundConfig, InboundEndpointConfig } from './configTypes';

export const DEFAULT_INBOUND_PATH = '/webhooks/inbound';

/** What a URL's path can hold without meaning something else there. */
const BASE_PATH = /^(?:\/[^/?#\s]+)+$/;
const ENDPOINT_NAME = /^[^/?#\s]+$/;

/** Reads `inbound`: on and under the default path unless it says otherwise. */
export function readInbound(field: Field): InboundConfig | undefined {
	if (!checkKeys(field, ['enabled', 'basePath', 'endpoints', 'callbackOrigins'])) return undefined;
	return {
		enabled: true,
		basePath: DEFAULT_INBOUND_PATH,
		endpoints: {},
		callbackOrigins: [],
		...optional(field, 'enabled', readBoolean),
		...optional(field, 'basePath', readBasePath),
		...optional(field, 'endpoints', readEndpoints),
		...optional(field, 'callbackOrigins', (inner) => readList(inner, readOrigin)),
	};
}

function readBasePath(field: Field): string | undefined {
	const path = readText(field)?.replace(/\/$/, '');
	if (path === undefined || BASE_PATH.test(path)) return path;
	addIssue(field, "must be a path such as '/webhooks/inbound'");
	return undefined;
}

function readOrigin(field: Field): string | undefined {
	const text = readText(field);
	if (text === undefined) return undefined;
	if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return new URL(text).origin;
	addIssue(field, "must be an origin such as 'https://n8n.example'");
	return undefined;
}

function readEndpoints(field: Field): Readonly<Record<string, InboundEndpointConfig>> {
	const entries = readNames(field).flatMap((name) => {
		const inner = child(field, name);
		if (!ENDPOINT_NAME.test(name) || /^\.\.?$/.test(name)) {
			addIssue(inner, 'cannot be part of a URL');
			return [];
		}
		const endpoint = readEndpoint(inner);
		return endpoint === undefined ? [] : [[name, endpoint] as const];
	});
	return Object.fromEntries(entries);
}

function readEndpoint(field: Field): InboundEndpointConfig | undefined {
	if (!checkKeys(field, ['agentId', 'template'])) return undefined;
	const agentId = readText(child(field, 'agentId'));
	const template = readInboundTemplate(child(field, 'template'));
	return agentId === undefined || template === undefined ? undefined : { agentId, template };
}
