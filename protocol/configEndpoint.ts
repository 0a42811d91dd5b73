import {
	addIssue,
	apart,
	checkKeys,
	checkTemplate,
	child,
	findNear,
	optional,
	readBoolean,
	readInteger,
	readList,
	readNames,
	readText,
	suggest,
} from './configFields';
import type { Field } from './configFields';
import { readPrivacy } from './configPrivacy';
import type { PrivacyConfig } from './configPrivacy';
import { isObject } from './jsonObject';
import { isKnownEventType, KNOWN_EVENT_TYPES, nearestEventType } from './event';
import type { EventType } from './event';
import { FILTER_KEYS } from './eventFilter';
import type { EventFilter } from './eventFilter';
import { readSecretReference } from './configSecret';
import type { SecretReference } from './configSecret';
import { describeSecretFault } from './secret';
import { TRANSFORM_ROOTS } from './template';

/** Which events somebody wants. */
export interface Subscription {
	readonly events: readonly (EventType | '*')[];
	readonly filter?: EventFilter;
	/** What of them is to stay at the gateway. */
	readonly privacy?: PrivacyConfig;
}

/** Waits that double: `backoffMs`, twice that, and so on. */
export interface BackoffRetry {
	/** Tries in all, the first included: 1 to 20. */
	readonly maxAttempts: number;
	/** Milliseconds before the second try; doubled for each further one. 0 to 3,600,000. */
	readonly backoffMs: number;
}

/** Waits one by one. */
export interface DelaysRetry {
	/** Milliseconds before the second try, before the third and so on: up to 19 of 0 to 86,400,000. */
	readonly delaysMs: readonly number[];
}

export type RetryConfig = BackoffRetry | DelaysRetry;

export interface RateLimit {
	/** Requests within that time: 1 to 10,000. */
	readonly requests: number;
	/** 1 to 86,400; 1 unless given. */
	readonly perSeconds: number;
}

/** One receiver of events. Values may hold `${NAME}`, which the gateway fills in from its environment. */
export interface EndpointConfig extends Subscription {
	readonly name: string;
	/** `webhook` unless given. The receiver of a `connection` fetches its events: it has no URL. */
	readonly kind?: 'webhook' | 'connection';
	/** Where events are posted to; there unless the kind is `connection`. */
	readonly url?: string;
	/** What the events are signed with; unsigned when absent. */
	readonly secret?: string | SecretReference;
	readonly retry?: RetryConfig;
	readonly rateLimit?: RateLimit;
	/** Replaces the body; its texts are templates over the event. */
	readonly transform?: Readonly<Record<string, unknown>>;
	readonly headers?: Readonly<Record<string, string>>;
	/** On unless false. */
	readonly enabled?: boolean;
	/** Milliseconds until a try without an answer counts as missed: 1 to 600,000. */
	readonly timeoutMs?: number;
	/** Requests at once: 1 to 100. */
	readonly concurrency?: number;
	/**
	 * Whether the URL may lead into a private network: anywhere there, or to the given hosts, addresses and
	 * subnets such as `10.0.0.0/8`.
	 */
	readonly allowPrivateHosts?: boolean | readonly string[];
	/** File at the gateway with the certificates that the receiver's one is checked by, as PEM. */
	readonly caFile?: string;
	/** Hours that a connection which nobody uses keeps its events: 1 to 720. */
	readonly holdHours?: number;
}

/** The keys of an endpoint, in the order in which they are written. */
export const ENDPOINT_KEYS = [
	'name',
	'kind',
	'url',
	'secret',
	'events',
	'retry',
	'rateLimit',
	'filter',
	'privacy',
	'transform',
	'headers',
	'enabled',
	'timeoutMs',
	'concurrency',
	'allowPrivateHosts',
	'caFile',
	'holdHours',
] as const satisfies readonly (keyof EndpointConfig)[];

/** Tries and milliseconds where `retry` gives only one of the two. */
export const DEFAULT_RETRY: BackoffRetry = { maxAttempts: 3, backoffMs: 1000 };

/** What only an endpoint with a URL can have. */
const WEBHOOK_KEYS = ['url', 'headers', 'timeoutMs', 'allowPrivateHosts', 'caFile'] as const;
const KINDS = ['webhook', 'connection'] as const;
const MAX_ATTEMPTS = 20;
const MAX_BACKOFF_MS = 3_600_000;
const MAX_DELAY_MS = 86_400_000;
const MAX_REQUESTS = 10_000;
const MAX_SECONDS = 86_400;
const MAX_TIMEOUT_MS = 600_000;
const MAX_CONCURRENCY = 100;
const MAX_HOLD_HOURS = 720;
/** A transform nested deeper than this is refused: rendering it walks it recursively. */
const MAX_DEPTH = 32;
/** What HTTP allows in a field name (RFC 9110, section 5.6.2). */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const ENVIRONMENT_NAME = /\$\{\w+\}/;

/** Reads one entry of `endpoints`; undefined, with the issues added, when it cannot be used. */
export function readEndpoint(field: Field): EndpointConfig | undefined {
	if (!checkKeys(field, ENDPOINT_KEYS)) return undefined;
	const name = readText(child(field, 'name'));
	const { kind } = optional(field, 'kind', readKind);
	const isConnection = kind === 'connection';
	checkMisplaced(field, isConnection);
	const url = isConnection ? undefined : readUrl(child(field, 'url'));
	const events = readEvents(child(field, 'events'));
	const settings = {
		...optional(field, 'secret', readSecret),
		...optional(field, 'retry', readRetry),
		...optional(field, 'rateLimit', readRateLimit),
		...optional(field, 'filter', readFilter),
		...optional(field, 'privacy', readPrivacy),
		...optional(field, 'transform', readTransform),
		...optional(field, 'headers', readHeaders),
		...optional(field, 'enabled', readBoolean),
		...optional(field, 'timeoutMs', (inner) => readInteger(inner, 1, MAX_TIMEOUT_MS)),
		...optional(field, 'concurrency', (inner) => readInteger(inner, 1, MAX_CONCURRENCY)),
		...optional(field, 'allowPrivateHosts', readPrivateHosts),
		...optional(field, 'caFile', readText),
		...optional(field, 'holdHours', (inner) => readInteger(inner, 1, MAX_HOLD_HOURS)),
	};
	if (name === undefined || events === undefined) return undefined;
	if (isConnection) return { name, kind, events, ...settings };
	if (url === undefined) return undefined;
	return { name, ...(kind === undefined ? {} : { kind }), url, events, ...settings };
}

/**
 * Reads which events an endpoint wants that cannot be used as it is, so that they can be kept for it: what
 * is nearly right counts as right, and where nothing says which, it is all.
 *
 * @example
 * readSubscription({ eventz: ['message.recieved'] }); // { events: ['message.received'] }
 */
export function readSubscription(endpoint: unknown): Subscription {
	if (!isObject(endpoint)) return { events: ['*'] };
	const find = (key: string) => endpoint[key] ?? findNear(endpoint, key, ENDPOINT_KEYS);
	if (find('enabled') === false) return { events: [] };
	const written = find('events');
	const listed: readonly unknown[] = Array.isArray(written) ? written : [written];
	const events = listed.flatMap((type): (EventType | '*')[] => {
		if (type === '*' || isKnownEventType(type)) return [type];
		const nearest = typeof type === 'string' ? nearestEventType(type) : undefined;
		return nearest === undefined ? [] : [nearest];
	});
	const field = { value: endpoint, path: [], issues: [] };
	// Only the lists that are right: with a guess events might be missing.
	const filter = Object.assign(
		{},
		...FILTER_KEYS.map((key) => {
			const list = apart(child(child(field, 'filter'), key));
			const values = list.value === undefined ? undefined : readList(list, readText);
			return values === undefined || list.issues.length > 0 ? {} : { [key]: values };
		}),
	) as EventFilter;
	// Of the paths all that are right: what nobody is to see is not even kept.
	const privacy = readPrivacy({ value: find('privacy') ?? {}, path: [], issues: [] }) ?? {};
	return {
		events: events.length === 0 ? ['*'] : events,
		...(Object.keys(filter).length === 0 ? {} : { filter }),
		...(Object.keys(privacy).length === 0 ? {} : { privacy }),
	};
}

function readKind(field: Field): 'webhook' | 'connection' | undefined {
	const kind = KINDS.find((known) => known === field.value);
	if (kind === undefined)
		addIssue(field, `must be ${KINDS.map((known) => `'${known}'`).join(' or ')}`);
	return kind;
}

function checkMisplaced(field: Field, isConnection: boolean): void {
	const misplaced = isConnection ? WEBHOOK_KEYS : (['holdHours'] as const);
	const only = isConnection ? 'is for a webhook: a connection has no URL' : 'is for a connection';
	for (const key of misplaced) {
		const inner = child(field, key);
		if (inner.value !== undefined) addIssue(inner, only);
	}
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
		const written = typeof entry.value === 'string' ? entry.value : '';
		addIssue(entry, `is not an event. ${suggest(written, ['*', ...KNOWN_EVENT_TYPES])}`);
		return undefined;
	});
	if (Array.isArray(field.value) && field.value.length === 0) {
		addIssue(field, 'must name at least one event');
		return undefined;
	}
	return events;
}

function readSecret(field: Field): string | SecretReference | undefined {
	return isObject(field.value) ? readSecretReference(field) : readSecretText(field);
}

function readSecretText(field: Field): string | undefined {
	const text = readText(field);
	if (text === undefined || ENVIRONMENT_NAME.test(text)) return text;
	const fault = describeSecretFault(text);
	if (fault !== undefined) addIssue(field, fault);
	return text;
}

function readRetry(field: Field): RetryConfig | undefined {
	if (!checkKeys(field, ['maxAttempts', 'backoffMs', 'delaysMs'])) return undefined;
	const { delaysMs } = optional(field, 'delaysMs', readDelays);
	const backoff = {
		...optional(field, 'maxAttempts', (inner) => readInteger(inner, 1, MAX_ATTEMPTS)),
		...optional(field, 'backoffMs', (inner) => readInteger(inner, 0, MAX_BACKOFF_MS)),
	};
	if (delaysMs === undefined) return { ...DEFAULT_RETRY, ...backoff };
	if (Object.keys(backoff).length > 0) {
		addIssue(
			child(field, 'delaysMs'),
			"already says how often: remove 'maxAttempts' and 'backoffMs'",
		);
	}
	return { delaysMs };
}

function readDelays(field: Field): readonly number[] | undefined {
	const delays = readList(field, (entry) => readInteger(entry, 0, MAX_DELAY_MS));
	if (delays === undefined || delays.length < MAX_ATTEMPTS) return delays;
	addIssue(field, `must have at most ${String(MAX_ATTEMPTS - 1)} waits`);
	return undefined;
}

function readRateLimit(field: Field): RateLimit | undefined {
	if (!checkKeys(field, ['requests', 'perSeconds'])) return undefined;
	const requests = readInteger(child(field, 'requests'), 1, MAX_REQUESTS);
	const { perSeconds = 1 } = optional(field, 'perSeconds', (inner) =>
		readInteger(inner, 1, MAX_SECONDS),
	);
	return requests === undefined ? undefined : { requests, perSeconds };
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

/** Checks every text in a transform; other values are sent as they are. */
function checkTemplates(field: Field, depth = 0): void {
	const { value } = field;
	if (depth >= MAX_DEPTH) {
		addIssue(field, `is nested deeper than ${String(MAX_DEPTH)} levels`);
	} else if (typeof value === 'string') {
		checkTemplate(field, value, { roots: TRANSFORM_ROOTS, hasFormats: true });
	} else if (Array.isArray(value)) {
		for (const index of value.keys()) checkTemplates(child(field, index), depth + 1);
	} else if (isObject(value)) {
		for (const name of readNames(field)) checkTemplates(child(field, name), depth + 1);
	}
}

function readHeaders(field: Field): Readonly<Record<string, string>> {
	const entries = readNames(field).flatMap((name) => {
		const inner = child(field, name);
		if (!HEADER_NAME.test(name)) {
			addIssue(inner, 'is not a possible header name');
		} else if (typeof inner.value !== 'string') {
			addIssue(inner, 'must be a text');
		} else if (!HEADER_VALUE.test(inner.value)) {
			addIssue(inner, describeHeaderFault(inner.value));
		} else {
			return [[name, inner.value] as const];
		}
		return [];
	});
	return Object.fromEntries(entries);
}

function describeHeaderFault(value: string): string {
	return /^[^\r\n]*[\r\n]+$/.test(value)
		? 'ends in a line break. Remove it, in the environment variable where it comes from one'
		: 'has a character that a header cannot hold';
}

function readPrivateHosts(field: Field): boolean | readonly string[] | undefined {
	if (typeof field.value === 'boolean') return field.value;
	if (!Array.isArray(field.value)) {
		addIssue(field, 'must be true, false or a list of hosts and subnets');
		return undefined;
	}
	return readList(field, readHost);
}

function readHost(field: Field): string | undefined {
	const text = readText(field);
	if (text === undefined || ENVIRONMENT_NAME.test(text)) return text;
	const host = text.trim().toLowerCase();
	if (isHost(host) || isSubnet(host)) return host;
	addIssue(field, "must be a host, an address or a subnet such as '10.0.0.0/8', without port");
	return undefined;
}

function isHost(text: string): boolean {
	return /^(?:\*\.)?[\w.-]+$/.test(text) || isIpv6(text);
}

function isSubnet(text: string): boolean {
	const [, address = '', length = ''] = /^(.+)\/(\d{1,3})$/.exec(text) ?? [];
	return (isIpv4(address) && Number(length) <= 32) || (isIpv6(address) && Number(length) <= 128);
}

function isIpv4(text: string): boolean {
	return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(text) && URL.canParse(`http://${text}`);
}

function isIpv6(text: string): boolean {
	return /^[\da-f:.]*:[\da-f:.]*$/.test(text) && URL.canParse(`http://[${text}]`);
}
