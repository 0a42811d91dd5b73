import type { IncomingHttpHeaders } from 'node:http';
import { openCallbackQueue } from '../endpoints/callbackQueue';
import { isSecret } from '../endpoints/endpoint';
import type { Endpoint } from '../endpoints/endpoint';
import { announceEndpointChange } from '../endpoints/registry';
import type { EndpointRegistry } from '../endpoints/registry';
import { refuse } from '../http/answers';
import type { Checked, Refusal } from '../http/answers';
import { textOf } from '../http/request';
import type { DeliveryTarget, Outbox } from '../outbox/outbox';
import { fitBody } from '../outbox/envelope';
import { createEventId } from '../protocol';
import type { EventData } from '../protocol';
import type { Database } from '../store/databaseAccess';
import type { EndedMessage } from './agentRunner';
import { DIRECT } from './message';
import type { MessageCallback } from './message';
import { outcomeOf } from './messageAnswer';

/** Type of the event that brings the result of a message to the callback URL of its sender. */
export const CALLBACK_TYPE = 'inbound.completed';

/** An event that goes to whoever has asked for it alone. */
export interface CallbackEvent {
	readonly type: string;
	/** Milliseconds since 1970. */
	readonly at: number;
	readonly data: EventData;
}

export interface Callbacks {
	/**
	 * Finds the endpoint whose secrets and headers go with a callback: one that events are sent to at the
	 * same origin, so that who receives it can verify it as any event.
	 *
	 * @returns its name, undefined when there is none
	 */
	readonly findSigner: (url: string) => string | undefined;
	/**
	 * Tells whether events are sent to an origin, and whether that may be in a private network; undefined
	 * when none are.
	 */
	readonly findReceiver: (origin: string) => { readonly allowPrivateHosts: boolean } | undefined;
	/** Queues the callback of a message, if it asked for one; the outbox delivers it with its retries. */
	readonly send: (message: EndedMessage) => void;
	/** Queues an event for where a callback goes. */
	readonly sendEvent: (callback: MessageCallback, event: CallbackEvent) => void;
}

/**
 * Makes the callbacks of messages to agents.
 *
 * @example
 * const callbacks = createCallbacks({ outbox, registry, instanceId: settings.instanceId });
 * createInboundRoute({ …, findSigner: callbacks.findSigner });
 * createAgentRunner({ …, onEnded: callbacks.send });
 */
export function createCallbacks(parts: {
	/** Where the plugin keeps its data. */
	readonly folder: string;
	readonly database: Database;
	readonly outbox: Pick<Outbox, 'append'>;
	readonly registry: EndpointRegistry;
	/** What events name as their gateway. */
	readonly instanceId: string;
}): Callbacks {
	const { folder, database, outbox, registry, instanceId } = parts;
	const receiversAt = (origin: string) =>
		registry
			.list()
			.filter((endpoint) => isReceiver(endpoint) && endpointOrigin(endpoint) === origin);
	const findReceiver = (origin: string) => {
		const found = receiversAt(origin);
		if (found.length === 0) return undefined;
		return { allowPrivateHosts: found.some((endpoint) => endpoint.allowPrivateHosts === true) };
	};
	const target = (callback: MessageCallback): DeliveryTarget => {
		const { url } = callback;
		const { origin } = new URL(url);
		const { allowPrivateHosts } =
			'secret' in callback ? callback : (findReceiver(origin) ?? { allowPrivateHosts: false });
		const queue = openCallbackQueue(database, origin, allowPrivateHosts, Date.now());
		if (queue.isChanged) announceEndpointChange(folder);
		const { endpointId } = queue;
		if ('secret' in callback) return { endpointId, url, secret: callback.secret };
		const signerId = registry.findByName(callback.endpoint)?.id;
		return { endpointId, url, ...(signerId === undefined ? {} : { signerId }) };
	};
	const sendEvent: Callbacks['sendEvent'] = (callback, { type, at, data }) => {
		const id = createEventId();
		const timestamp = new Date(at).toISOString();
		const body = fitBody({ id, type, timestamp, instanceId, data });
		outbox.append({ id, type, createdAt: at, body }, [target(callback)]);
	};
	return {
		findReceiver,
		findSigner: (url) =>
			receiversAt(new URL(url).origin).find(({ secrets }) => secrets.length > 0)?.name,
		send: (message) => {
			const { callback } = message.options;
			if (callback === undefined) return;
			sendEvent(callback, { type: CALLBACK_TYPE, at: message.endedAt, data: describe(message) });
		},
		sendEvent,
	};
}

/** Whether events are posted to it. */
function isReceiver({ kind, lifecycle }: Endpoint): boolean {
	return kind === 'webhook' && (lifecycle.state === 'active' || lifecycle.state === 'paused');
}

function endpointOrigin({ url }: Endpoint): string | undefined {
	return url === undefined || !URL.canParse(url) ? undefined : new URL(url).origin;
}

function describe(message: EndedMessage) {
	const { runId, agentId, sessionKey, endpoint, result } = message;
	return {
		agentId,
		sessionKey,
		runId,
		...(endpoint === DIRECT ? {} : { endpoint }),
		ok: result.ok,
		...outcomeOf(message),
		...(result.ok
			? {}
			: { error: { message: result.message, code: result.code, source: 'inbound' } }),
	};
}

/** Where callbacks may lead. */
export interface CallbackRules {
	/** `inbound.callbackOrigins` of the settings. */
	readonly origins: readonly string[];
	/** Whether the sender may register any URL as an endpoint anyway. */
	readonly isAnyAllowed: boolean;
	/** Finds the endpoint whose secrets sign what goes to a URL. */
	readonly findSigner: (url: string) => string | undefined;
	/** Whether events are sent to an origin; undefined when none are. */
	readonly findReceiver: (origin: string) => { readonly allowPrivateHosts: boolean } | undefined;
}

const MAX_URL_LENGTH = 2048;

/**
 * Reads where the result of a message is sent to. A callback with a secret of its own
 * (`X-OpenClaw-Callback-Secret`, never in the query, which ends up in logs) needs no endpoint to be
 * signed; its origin must be in the settings, or be that of an endpoint, or the token must be one that
 * can make endpoints.
 *
 * @returns undefined without a callback; 400 that names what cannot be used
 */
export function readCallback(
	headers: IncomingHttpHeaders,
	query: URLSearchParams,
	rules: CallbackRules,
): Checked<MessageCallback | undefined> {
	const url = textOf(headers['x-openclaw-callback-url']) ?? textOf(query.get('callbackUrl'));
	const secret = textOf(headers['x-openclaw-callback-secret']);
	if (secret !== undefined && (url === undefined || !isSecret(secret))) return refuse(BAD_SECRET);
	if (url === undefined) return { ok: true, value: undefined };
	const origin = originOf(url);
	if (origin === undefined) return refuse(NOT_ALLOWED);
	if (secret === undefined) {
		if (!rules.origins.includes(origin)) return refuse(NOT_ALLOWED);
		const endpoint = rules.findSigner(url);
		return endpoint === undefined
			? refuse(CALLBACK_UNSIGNED)
			: { ok: true, value: { url, endpoint } };
	}
	if (rules.isAnyAllowed || rules.origins.includes(origin)) {
		return { ok: true, value: { url, secret, allowPrivateHosts: true } };
	}
	const receiver = rules.findReceiver(origin);
	return receiver === undefined
		? refuse(NOT_ALLOWED)
		: { ok: true, value: { url, secret, ...receiver } };
}

/** Undefined for what is no web address, or holds a password. */
function originOf(url: string): string | undefined {
	if (url.length > MAX_URL_LENGTH || !URL.canParse(url)) return undefined;
	const { origin, protocol, username, password } = new URL(url);
	return /^https?:$/.test(protocol) && username === '' && password === '' ? origin : undefined;
}

const BAD_SECRET: Refusal = {
	status: 400,
	code: 'invalid-callback-secret',
	path: 'X-OpenClaw-Callback-Secret',
	message:
		"The callback secret must be 'whsec_' and Base64 of 24 to 64 bytes, and come with a callback URL",
};

const NOT_ALLOWED: Refusal = {
	status: 400,
	code: 'callback-not-allowed',
	path: 'callbackUrl',
	message:
		"The callback URL does not lead to one of the origins in 'inbound.callbackOrigins' of the gateway's settings. With a callback secret, the origin of an endpoint or a token with the scope 'endpoints' does as well",
};

const CALLBACK_UNSIGNED: Refusal = {
	status: 400,
	code: 'callback-unsigned',
	path: 'callbackUrl',
	message:
		'No endpoint of this gateway with a secret leads to the origin of the callback URL, so nothing there could tell that the callback is genuine. Set one up first',
};
