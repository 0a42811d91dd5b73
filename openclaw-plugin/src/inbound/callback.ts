import { openCallbackQueue } from '../endpoints/callbackQueue';
import type { Endpoint } from '../endpoints/endpoint';
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
		registry.list().filter((endpoint) => isReceiver(endpoint) && originOf(endpoint) === origin);
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
	return {
		findReceiver,
		findSigner: (url) =>
			receiversAt(new URL(url).origin).find(({ secrets }) => secrets.length > 0)?.name,
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

/** Whether events are posted to it. */
function isReceiver({ kind, lifecycle }: Endpoint): boolean {
	return kind === 'webhook' && (lifecycle.state === 'active' || lifecycle.state === 'paused');
}

function originOf({ url }: Endpoint): string | undefined {
	return url === undefined || !URL.canParse(url) ? undefined : new URL(url).origin;
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
