import { createHash } from 'node:crypto';
import { createEventFilter, takesEvent } from '../protocol';
import type { EndpointConfig, EventMatcher } from '../protocol';

/**
 * `webhook`: events are posted to a URL. `connection`: the receiver fetches them. `callback`: the queue of
 * callbacks to one origin, which no events go to and nobody can change.
 */
export type EndpointKind = 'webhook' | 'connection' | 'callback';

/** Whether it comes from the configuration file, was made over the API, or by a message's callback. */
export type EndpointOrigin = 'config' | 'api' | 'callback';

/**
 * What its owner, or its settings, have decided about an endpoint. How deliveries to it go is another
 * matter: see `endpointHealth.ts`. Times are milliseconds since 1970.
 *
 * | state | what matches | what waits |
 * |---|---|---|
 * | `active` | is kept and sent | is sent |
 * | `paused` | is kept | waits |
 * | `faulty`: its settings cannot be used | is kept | waits until they are mended |
 * | `disabled`: by hand, or because it said that it is gone | is left out | waits, for `retentionDays` |
 * | `expired`: nobody has fetched for too long | is left out | has failed |
 * | `removed` | is kept for a minute | waits for a minute, then fails |
 */
export type Lifecycle =
	| { readonly state: 'active' }
	| { readonly state: 'paused'; readonly since: number }
	| { readonly state: 'faulty'; readonly since: number; readonly reason: string }
	| { readonly state: 'disabled'; readonly since: number; readonly reason: string }
	| { readonly state: 'expired'; readonly since: number; readonly reason: string }
	| { readonly state: 'removed'; readonly since: number };

/** Settings of an endpoint, without its name and secret. */
export type EndpointSettings = Omit<EndpointConfig, 'name' | 'kind' | 'secret' | 'url'> & {
	/** Absent where the receiver fetches. */
	readonly url?: string;
	/** Of one in the configuration file: whether it has a secret. */
	readonly isSigned?: boolean;
	/** Of one in the configuration file: the names of its headers, whose values may be secret. */
	readonly headerNames?: readonly string[];
};

/** A receiver of events, as the database knows it: what every process can tell. */
export interface EndpointRecord {
	/** Generated, and never given again: what deliveries, secrets and states refer to. */
	readonly id: number;
	/** A label: another endpoint may have had the same one. */
	readonly name: string;
	readonly kind: EndpointKind;
	readonly origin: EndpointOrigin;
	/** Who made it over the API, where it said so: an n8n with this id. */
	readonly registrant?: string;
	/**
	 * Of one made over the API all of them. Of one in the configuration file what may be shown: its URL is
	 * masked and values of headers are left out, as they may be secret.
	 */
	readonly settings: EndpointSettings;
	readonly lifecycle: Lifecycle;
	readonly createdAt: number;
	readonly updatedAt: number;
}

/**
 * A receiver of events, ready to be sent to. The same object as before while nothing about it has
 * changed, so that what is prepared for it can be kept beside it.
 */
export interface Endpoint extends EndpointSettings {
	readonly id: number;
	readonly name: string;
	readonly kind: EndpointKind;
	readonly origin: EndpointOrigin;
	readonly registrant?: string;
	/** All that sign: the current one first, then the ones being retired. Empty: unsigned. */
	readonly secrets: readonly string[];
	readonly lifecycle: Lifecycle;
}

/** Milliseconds that a removed endpoint's queue is kept: a registration within that goes on with it. */
export const REMOVAL_GRACE_MS = 60_000;

/** Milliseconds that a replaced secret goes on to sign unless it is said otherwise. */
export const DEFAULT_OVERLAP_MS = 86_400_000;
export const MAX_OVERLAP_MS = 7 * DEFAULT_OVERLAP_MS;
/** Milliseconds that an endpoint may be leased for. */
export const MAX_LEASE_MS = 86_400_000;

const KEEPS: ReadonlySet<Lifecycle['state']> = new Set(['active', 'paused', 'faulty', 'removed']);

/** Whether events that match are kept for an endpoint. */
export function keepsEvents({ kind, lifecycle }: Pick<Endpoint, 'kind' | 'lifecycle'>): boolean {
	return kind !== 'callback' && KEEPS.has(lifecycle.state);
}

/**
 * Writes the id of an endpoint.
 *
 * @example
 * formatEndpointId(12); // 'ep_12'
 */
export function formatEndpointId(id: number): string {
	return `ep_${String(id)}`;
}

/** The id in a text such as `ep_12`; undefined when it is none. */
export function parseEndpointId(text: string): number | undefined {
	const digits = /^ep_(\d{1,15})$/.exec(text.trim())?.[1];
	return digits === undefined ? undefined : Number(digits);
}

/**
 * Shows where a URL leads without what may be secret: a webhook's path often is its password.
 *
 * @example
 * maskUrl('https://hooks.slack.com/services/T00/B00/xxxx'); // 'https://hooks.slack.com/…'
 */
export function maskUrl(url: string): string {
	if (!URL.canParse(url)) return '(no URL)';
	const { origin, pathname, search, hash } = new URL(url);
	return pathname === '/' && search === '' && hash === '' ? `${origin}/` : `${origin}/…`;
}

/**
 * Prepares the question which events are kept for an endpoint: those that it subscribes to, as long as
 * it takes any.
 *
 * @example
 * createMatcher(endpoint)('message.sent', { agentId: 'support-bot' }, 'node-1');
 */
export function createMatcher(
	endpoint: Pick<Endpoint, 'kind' | 'events' | 'filter' | 'lifecycle'>,
): EventMatcher {
	return keepsEvents(endpoint) ? createSubscription(endpoint) : () => false;
}

/** Which events an endpoint subscribes to, whatever state it is in: by type, and by its filter. */
export function createSubscription({
	events,
	filter = {},
}: Pick<Endpoint, 'events' | 'filter'>): EventMatcher {
	const passes = createEventFilter(filter);
	return (type, data, instanceId) => takesEvent(events, type) && passes(type, data, instanceId);
}

/** Why something was not done. */
export interface Refused {
	readonly code:
		| 'unknown-endpoint'
		| 'endpoint-exists'
		| 'set-in-configuration'
		| 'callback-queue'
		| 'invalid-endpoint'
		| 'private-host'
		| 'other-registrant'
		| 'too-many-endpoints'
		| 'endpoint-not-active'
		| 'nothing-selected'
		| 'body-not-kept'
		| 'not-signed'
		| 'kept-elsewhere';
	/** What happened and how to go on. Holds no secret. */
	readonly message: string;
	/** The key at fault, where it is a single one. */
	readonly path?: string;
}

/** Something that was done, or why it was not. */
export type Outcome<Value> =
	| { readonly ok: true; readonly value: Value }
	| { readonly ok: false; readonly refused: Refused };

/** What Standard Webhooks asks for at the least. */
const MIN_SECRET_BYTES = 24;
const MAX_SECRET_BYTES = 64;
const SECRET = /^whsec_(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Tells whether a secret that somebody else made has the form of ours: `whsec_` and Base64 of 24 to 64
 * bytes, as Standard Webhooks asks for. A shorter one could be found by trying.
 *
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function isSecret(text: string): boolean {
	if (!SECRET.test(text)) return false;
	const bytes = Buffer.from(text.slice('whsec_'.length), 'base64').length;
	return bytes >= MIN_SECRET_BYTES && bytes <= MAX_SECRET_BYTES;
}

/**
 * A name for a secret, by which two sides find out whether they have the same one without showing it.
 *
 * @returns 16 hex digits
 */
export function secretId(secret: string): string {
	return createHash('sha256').update(`openclaw-secret-id.${secret}`).digest('hex').slice(0, 16);
}
