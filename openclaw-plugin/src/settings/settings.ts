import { hostname } from 'node:os';
import {
	DEFAULT_INBOUND_PATH,
	DEFAULT_OUTBOX,
	describeIssue,
	nearestWord,
	readSubscription,
	readWebhooks,
	WEBHOOKS_KEYS,
} from '../protocol';
import type {
	EndpointConfig,
	EndpointPart,
	FieldIssue,
	InboundEndpointConfig,
	InboundEndpointPart,
	InboundParts,
	KeyPath,
	OutboxConfig,
	Subscription,
} from '../protocol';
import { configureApprovals, describeDenied } from './approvalSettings';
import type { ConfiguredRule } from './approvalSettings';

/*
 * What the owner has written becomes what the plugin works by:
 *
 *   settings         good parts and faults, each endpoint and key by itself
 *   approvalSettings rules of approvals; one with a fault denies what it names
 *   appliedSettings  which configuration is in force for all instances; faults told; outbox's last good values
 *   gatewayConfig    the gateway's whole configuration: where our part is in its file and how that is changed, which
 *                    changes need no restart, and what is used of the gateway's own settings
 *   importPlan       a file with a `webhooks` object, put into it
 */

/**
 * What the gateway's configuration says about this plugin, part by part: a fault concerns the one part it
 * is in, and the others work.
 */
export interface Settings {
	/** Which gateway events come from. */
	readonly instanceId: string;
	/** Endpoints of the configuration file; the ones made over the API are not among them. */
	readonly endpoints: readonly ConfiguredEndpoint[];
	/**
	 * Whether every endpoint of the file is among them with its name. If not, one that was there before and
	 * is missing now may only be unreadable: it must not be taken for removed.
	 */
	readonly hasAllEndpoints: boolean;
	readonly inbound: InboundSettings;
	/** Which tool calls need to be allowed, in the order of the file. */
	readonly approvals: readonly ConfiguredRule[];
	/** With the last good value of each key that has a fault. */
	readonly outbox: OutboxConfig;
	readonly faults: readonly SettingsFault[];
}

/** An endpoint of the file, `${NAME}` and secret references resolved. */
export type ConfiguredEndpoint =
	| {
			readonly kind: 'usable';
			/** Index in the file's list. */
			readonly position: number;
			readonly config: EndpointConfig;
	  }
	| {
			readonly kind: 'faulty';
			readonly position: number;
			/** Its own, or such as `endpoints[2]` where it has none or another endpoint has it already. */
			readonly name: string;
			readonly url?: string;
			readonly reason: string;
			/** What is kept for it meanwhile. */
			readonly subscription: Subscription;
	  };

export interface InboundSettings {
	readonly enabled: boolean;
	/** Starts with a slash and doesn't end with one. */
	readonly basePath: string;
	/** By the last part of their path. */
	readonly endpoints: Readonly<Record<string, ConfiguredInbound>>;
	/** Where `callbackUrl` of a message may lead: origins such as `https://n8n.example`. */
	readonly callbackOrigins: readonly string[];
	/** How session keys begin that any caller may name. */
	readonly sessionKeys: readonly string[];
}

export type ConfiguredInbound =
	| ({ readonly kind: 'usable' } & InboundEndpointConfig)
	| { readonly kind: 'faulty'; readonly reason: string };

/** Something to mend. */
export interface SettingsFault {
	/** The key below the plugin's `config`, such as `endpoints[0].retry.maxAttempts`. */
	readonly path: string;
	/** What is wrong, the key included; without a period, but maybe with a question mark. */
	readonly message: string;
	/** What that means until it is mended; sentences without the last period. */
	readonly consequence: string;
}

/**
 * Reads `plugins.entries["event-webhooks"].config`, in which the gateway has filled in `${NAME}` and
 * secret references.
 *
 * @param lastGood the `outbox` that held before; its values stay where there are wrong ones now
 * @param isResolved false in a process other than the gateway, which may not know what to fill in
 * @returns the parts that can be used, and what is wrong with the others; never throws
 * @example
 * const { endpoints, faults } = readSettings(api.pluginConfig);
 */
export function readSettings(
	pluginConfig: unknown,
	lastGood: OutboxConfig = DEFAULT_OUTBOX,
	isResolved = true,
): Settings {
	const parts = readWebhooks(pluginConfig ?? {});
	const host = hostname();
	const endpoints = parts.endpoints.map((part, position) => configure(part, position, isResolved));
	const inboundParts = isResolved ? refuseUnresolved(parts.inbound) : parts.inbound;
	const inbound = configureInbound(inboundParts);
	const approvals = configureApprovals(parts.approvals, isResolved);
	return {
		instanceId: parts.instanceId ?? host,
		endpoints: endpoints.map(({ endpoint }) => endpoint),
		hasAllEndpoints: parts.isComplete,
		inbound,
		approvals: approvals.rules,
		outbox: { ...DEFAULT_OUTBOX, ...keepFaulty(lastGood, parts.ownIssues), ...parts.outbox },
		faults: [
			...parts.ownIssues.map((issue) => ({
				...describeIssue(issue),
				consequence: describeConsequence(issue.path, lastGood, host, approvals.rules),
			})),
			...endpoints.flatMap(({ faults }) => faults),
			...listInboundFaults(inboundParts, inbound.basePath),
			...approvals.faults,
		],
	};
}

/**
 * A fault in sentences, the last one without its period.
 *
 * @example
 * describeFault(fault); // "'outbx' is not a known key. Did you mean 'outbox'? It is passed over. …"
 */
export function describeFault({ message, consequence }: SettingsFault): string {
	return `${message}${message.endsWith('?') ? '' : '.'} ${consequence}`;
}

/** The inbound endpoints that can be called. */
export function usableInbound({
	endpoints,
}: Pick<InboundSettings, 'endpoints'>): Readonly<Record<string, InboundEndpointConfig>> {
	const usable = Object.entries(endpoints).flatMap(([name, endpoint]) => {
		if (endpoint.kind === 'faulty') return [];
		const config: InboundEndpointConfig & { kind?: 'usable' } = { ...endpoint };
		delete config.kind;
		return [[name, config] as const];
	});
	return Object.fromEntries(usable);
}

function configure(
	part: EndpointPart,
	position: number,
	isResolved: boolean,
): { readonly endpoint: ConfiguredEndpoint; readonly faults: readonly SettingsFault[] } {
	const place = `endpoints[${String(position)}]`;
	const unresolved = part.ok && isResolved ? findUnresolved(part.config, position) : [];
	const issues = (part.ok ? unresolved : part.issues).map(describeIssue);
	if (part.ok && issues.length === 0) {
		return { endpoint: { kind: 'usable', position, config: part.config }, faults: [] };
	}
	const written = part.ok ? part.config : part.written;
	const name = (part.ok ? part.config.name : part.name) ?? place;
	const url = readUrl(written);
	const subscription = readSubscription(written);
	const kept = subscription.events.length === 0 ? '' : ' Events for it are kept.';
	const consequence = `Nothing is sent to '${name}' until this is mended.${kept} All else goes on`;
	return {
		endpoint: {
			kind: 'faulty',
			position,
			name,
			...(url === undefined ? {} : { url }),
			reason: issues.map(({ message }) => message).join('; '),
			subscription,
		},
		faults: issues.map(({ path, message }) => ({ path, message, consequence })),
	};
}

function readUrl(endpoint: unknown): string | undefined {
	const url =
		typeof endpoint === 'object' && endpoint !== null && 'url' in endpoint ? endpoint.url : '';
	return typeof url === 'string' && URL.canParse(url) ? url : undefined;
}

/**
 * What the gateway could not fill in. Nothing may be sent then: unsigned, with a literal `${NAME}` for a
 * password, or to a host of that name.
 */
function findUnresolved(endpoint: EndpointConfig, position: number): readonly FieldIssue[] {
	const { name, secret, url = '', headers = {}, caFile = '', filter = {} } = endpoint;
	const texts: readonly (readonly [KeyPath, string])[] = [
		[['name'], name],
		[['url'], url],
		[['secret'], typeof secret === 'string' ? secret : ''],
		[['caFile'], caFile],
		...Object.entries(headers).map(([header, value]) => [['headers', header], value] as const),
		...Object.entries(filter).flatMap(([key, values]) =>
			values.map((value, index) => [['filter', key, index], value] as const),
		),
	];
	const issues = texts.flatMap(([path, text]) =>
		unresolvedIn(text, ['endpoints', position, ...path]),
	);
	if (typeof secret !== 'object') return issues;
	return [...issues, { path: ['endpoints', position, 'secret'], message: notFound(secret.id) }];
}

function notFound(reference: string): string {
	return `refers to '${reference}', which the gateway could not find`;
}

function unresolvedIn(text: string, path: KeyPath): readonly FieldIssue[] {
	const names = [...text.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1]);
	if (names.length === 0) return [];
	const missing = names.join(' and ');
	return [{ path, message: `needs ${missing}, which is not set in the gateway's environment` }];
}

/** An inbound endpoint whose secret the gateway could not fill in lets nobody in: `${NAME}` is no secret. */
function refuseUnresolved(parts: InboundParts | undefined): InboundParts | undefined {
	if (parts === undefined) return undefined;
	const endpoints = Object.entries(parts.endpoints).map(
		([name, part]): [string, InboundEndpointPart] => {
			const { secrets = [], unresolved = [] } = (part.ok ? part.config.auth : undefined) ?? {};
			const path = ['inbound', 'endpoints', name, 'auth', 'secret'];
			const issues = [
				...secrets.flatMap((secret) => unresolvedIn(secret, path)),
				...unresolved.map(({ id }) => ({ path, message: notFound(id) })),
			];
			return [name, issues.length === 0 ? part : { ok: false, issues }];
		},
	);
	return { ...parts, endpoints: Object.fromEntries(endpoints) };
}

/** The values that held before, of the keys that are wrong now. */
function keepFaulty(before: OutboxConfig, issues: readonly FieldIssue[]): Partial<OutboxConfig> {
	const isWrong = (key: string) =>
		issues.some(({ path: [first, second] }) => {
			return first === undefined || (first === 'outbox' && (second ?? key) === key);
		});
	return Object.fromEntries(Object.entries(before).filter(([key]) => isWrong(key)));
}

function describeConsequence(
	path: KeyPath,
	before: OutboxConfig,
	host: string,
	approvals: readonly ConfiguredRule[],
): string {
	const [first, second] = path;
	const denied = approvals.flatMap((rule) =>
		rule.kind === 'faulty' ? [describeDenied(rule)] : [],
	);
	// The list as a whole, or a key that is probably meant to be it.
	if (
		denied[0] !== undefined &&
		(first === 'approvals' || nearestWord(String(first), WEBHOOKS_KEYS) === 'approvals')
	) {
		return denied[0];
	}
	const known = Object.entries(before).filter(([key]) => second === undefined || second === key);
	if (first === undefined || first === 'endpoints') {
		return 'Nothing is sent to the endpoints of the configuration file until this is mended. Endpoints made over the API go on';
	}
	if (first === 'outbox' && known.length > 0) {
		const values = known.map(([key, value]) => `'outbox.${key}' stays ${String(value)}`);
		return `${values.join(', ')}. All else goes on`;
	}
	if (first === 'instanceId') return `Events name '${host}' instead. All else goes on`;
	return 'It is passed over. All else goes on';
}

function configureInbound(parts: InboundParts | undefined): InboundSettings {
	if (parts === undefined) {
		return {
			enabled: true,
			basePath: DEFAULT_INBOUND_PATH,
			endpoints: {},
			callbackOrigins: [],
			sessionKeys: [],
		};
	}
	const { enabled, basePath, callbackOrigins, sessionKeys } = parts;
	const endpoints = Object.entries(parts.endpoints).map(
		([name, part]): readonly [string, ConfiguredInbound] => {
			if (part.ok) return [name, { kind: 'usable', ...part.config }];
			const messages = part.issues.map((issue) => describeIssue(issue).message);
			return [name, { kind: 'faulty', reason: messages.join('; ') }];
		},
	);
	return {
		enabled,
		basePath,
		endpoints: Object.fromEntries(endpoints),
		callbackOrigins,
		sessionKeys,
	};
}

function listInboundFaults(
	parts: InboundParts | undefined,
	basePath: string,
): readonly SettingsFault[] {
	if (parts === undefined) return [];
	const own = parts.issues.map((issue) => ({
		...describeIssue(issue),
		consequence: describeInboundConsequence(issue.path[1], parts),
	}));
	const ofEndpoints = Object.entries(parts.endpoints).flatMap(([name, part]) =>
		part.ok
			? []
			: part.issues.map((issue) => ({
					...describeIssue(issue),
					consequence: `Calls of '${basePath}/${name}' are refused until this is mended. All else goes on`,
				})),
	);
	return [...own, ...ofEndpoints];
}

function describeInboundConsequence(key: string | number | undefined, parts: InboundParts): string {
	if (!parts.enabled) return 'No call is let in until this is mended. Events are sent as before';
	switch (key) {
		case 'basePath':
			return `Calls are taken under '${parts.basePath}' instead`;
		case 'endpoints':
			return 'It is passed over. All else goes on';
		case 'callbackOrigins':
			return 'It allows no callback. All else goes on';
		case 'sessionKeys':
			return 'It allows no session. All else goes on';
		default:
			return 'It is passed over. All else goes on';
	}
}
