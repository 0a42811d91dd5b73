import {
	addIssue,
	checkKeys,
	child,
	isObject,
	optional,
	readBoolean,
	readInteger,
	readList,
	readNames,
	readText,
} from './configFields';
import type { Field } from './configFields';
import { checkTemplates } from './configTemplates';
import type { EndpointConfig, RetryConfig, SecretReference } from './configTypes';
import { EVENT_TYPES, isKnownEventType } from './event';
import type { EventType } from './event';
import { FILTER_KEYS } from './eventFilter';
import type { EventFilter } from './eventFilter';

/** The keys of an endpoint, in the order in which they are written. */
export const ENDPOINT_KEYS = [
	'name',
	'url',
	'secret',
	'events',
	'retry',
	'filter',
	'transform',
	'headers',
	'enabled',
	'timeoutMs',
	'concurrency',
	'allowPrivateHosts',
] as const satisfies readonly (keyof EndpointConfig)[];

/** Tries and milliseconds where `retry` gives only one of the two. */
export const DEFAULT_RETRY: RetryConfig = { maxAttempts: 3, backoffMs: 1000 };

const MAX_ATTEMPTS = 20;
const MAX_BACKOFF_MS = 3_600_000;
const MAX_TIMEOUT_MS = 600_000;
const MAX_CONCURRENCY = 100;
/** What HTTP allows in a field name (RFC 9110, section 5.6.2). */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const ENVIRONMENT_NAME = /\$\{\w+\}/;

/** Reads one entry of `endpoints`; undefined, with the issues added, when it cannot be used. */
export function readEndpoint(field: Field): EndpointConfig | undefined {
	if (!checkKeys(field, ENDPOINT_KEYS)) return undefined;
	const name = readText(child(field, 'name'));
	const url = readUrl(child(field, 'url'));
	const events = readEvents(child(field, 'events'));
	const settings = {
		...optional(field, 'secret', readSecret),
		...optional(field, 'retry', readRetry),
		...optional(field, 'filter', readFilter),
		...optional(field, 'transform', readTransform),
		...optional(field, 'headers', readHeaders),
		...optional(field, 'enabled', readBoolean),
		...optional(field, 'timeoutMs', (inner) => readInteger(inner, 1, MAX_TIMEOUT_MS)),
		...optional(field, 'concurrency', (inner) => readInteger(inner, 1, MAX_CONCURRENCY)),
		...optional(field, 'allowPrivateHosts', readBoolean),
	};
	if (name === undefined || url === undefined || events === undefined) return undefined;
	return { name, url, events, ...settings };
}

function readUrl(field: Field): string | undefined {
	const url = readText(field);
	if (url === undefined || ENVIRONMENT_NAME.test(url)) return url;
	if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url;
	addIssue(field, "must start with 'http://' or 'https://'");
	return undefined;
}

function readEvents(field: Field): readonly (EventType | '*')[] | undefined {
	const events = readList(field, (entry) => {
		if (entry.value === '*' || isKnownEventType(entry.value)) return entry.value;
		addIssue(entry, `must be '*' or one of ${EVENT_TYPES.join(', ')}`);
		return undefined;
	});
	if (Array.isArray(field.value) && field.value.length === 0) {
		addIssue(field, 'must name at least one event');
		return undefined;
	}
	return events;
}

function readSecret(field: Field): string | SecretReference | undefined {
	if (!isObject(field.value)) return readText(field);
	checkKeys(field, ['source', 'provider', 'id']);
	const source = readText(child(field, 'source'));
	const id = readText(child(field, 'id'));
	if (source === undefined || id === undefined) return undefined;
	return { source, ...optional(field, 'provider', readText), id };
}

function readRetry(field: Field): RetryConfig | undefined {
	if (!checkKeys(field, ['maxAttempts', 'backoffMs'])) return undefined;
	return {
		...DEFAULT_RETRY,
		...optional(field, 'maxAttempts', (inner) => readInteger(inner, 1, MAX_ATTEMPTS)),
		...optional(field, 'backoffMs', (inner) => readInteger(inner, 0, MAX_BACKOFF_MS)),
	};
}

function readFilter(field: Field): EventFilter | undefined {
	if (!checkKeys(field, FILTER_KEYS)) return undefined;
	return Object.assign(
		{},
		...FILTER_KEYS.map((key) => optional(field, key, (inner) => readList(inner, readText))),
	) as EventFilter;
}

function readTransform(field: Field): Readonly<Record<string, unknown>> | undefined {
	if (!isObject(field.value)) {
		addIssue(field, 'must be an object');
		return undefined;
	}
	checkTemplates(field);
	return field.value;
}

function readHeaders(field: Field): Readonly<Record<string, string>> {
	const entries = readNames(field).flatMap((name) => {
		const inner = child(field, name);
		if (!HEADER_NAME.test(name)) {
			addIssue(inner, 'is not a possible header name');
		} else if (typeof inner.value !== 'string') {
			addIssue(inner, 'must be a text');
		} else if (!HEADER_VALUE.test(inner.value)) {
			addIssue(inner, 'has a character that a header cannot hold');
		} else {
			return [[name, inner.value] as const];
		}
		return [];
	});
	return Object.fromEntries(entries);
}
