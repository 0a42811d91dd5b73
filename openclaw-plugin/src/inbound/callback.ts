import { callbackEndpointName, saveCallbackEndpoint } from '../endpoints/callbackEndpoints';
import { announceEndpointChange } from '../endpoints/registry';
import type { EndpointRegistry } from '../endpoints/registry';
import type { Outbox } from '../outbox/outbox';
import { fitBody } from '../outbox/thin';
import { createEventId } from '../protocol';
import type { DeliveryTarget } from '../outbox/outbox';
import type { Database } from '../store/databaseAccess';
import type { SettledMessage } from './agentRunner';
import { DIRECT } from './message';
import type { MessageCallback } from './message';

/** Type of the event that brings the result of a message to the callback URL of its sender. */
export const CALLBACK_TYPE = 'inbound.completed';

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
	readonly send: (message: SettledMessage) => void;
}

/**
 * Makes the callbacks of messages to agents.
 *
 * @example
 * const callbacks = createCallbacks({ outbox, registry, instanceId: settings.instanceId });
 * createInboundRoute({ …, findSigner: callbacks.findSigner });
 * createAgentRunner({ …, onSettled: callbacks.send });
 */
export function createCallbacks(parts: {
	readonly database: Database;
	readonly outbox: Pick<Outbox, 'append'>;
	readonly registry: EndpointRegistry;
	/** What events name as their gateway. */
	readonly instanceId: string;
}): Callbacks {
	const { database, outbox, registry, instanceId } = parts;
	const target = (callback: MessageCallback): DeliveryTarget => {
		if (!('secret' in callback)) return callback;
		const { url, secret, allowPrivateHosts } = callback;
		const { origin } = new URL(url);
		if (saveCallbackEndpoint(database, origin, allowPrivateHosts)) announceEndpointChange();
		return { endpoint: callbackEndpointName(origin), url, secret };
	};
	return {
		findReceiver: (origin) => {
			const found = registry
				.list()
				.filter(
					(endpoint) =>
						endpoint.enabled !== false &&
						endpoint.origin !== 'callback' &&
						originOf(endpoint) === origin,
				);
			if (found.length === 0) return undefined;
			return { allowPrivateHosts: found.some((endpoint) => endpoint.allowPrivateHosts === true) };
		},
		findSigner: (url) => {
			const { origin } = new URL(url);
			return registry
				.list()
				.find(
					(endpoint) =>
						endpoint.enabled !== false &&
						endpoint.secrets.length > 0 &&
						originOf(endpoint) === origin,
				)?.name;
		},
		send: (message) => {
			const { callback } = message.options;
			if (callback === undefined) return;
			const id = createEventId();
			const type = CALLBACK_TYPE;
			const timestamp = new Date(message.settledAt).toISOString();
			const body = fitBody({ id, type, timestamp, instanceId, data: describe(message) });
			outbox.append({ id, type, createdAt: message.settledAt, body }, [target(callback)]);
		},
	};
}

function originOf({ url }: { readonly url: string }): string | undefined {
	return URL.canParse(url) ? new URL(url).origin : undefined;
}

function describe(message: SettledMessage) {
	const { runId, agentId, sessionKey, endpoint, result, createdAt, settledAt } = message;
	return {
		agentId,
		sessionKey,
		runId,
		...(endpoint === DIRECT ? {} : { endpoint }),
		ok: result.ok,
		...(result.ok
			? {
					reply: { text: result.reply },
					...(result.usage === undefined ? {} : { usage: result.usage }),
				}
			: { error: { message: result.message, code: result.code, source: 'inbound' } }),
		durationMs: settledAt - createdAt,
	};
}
