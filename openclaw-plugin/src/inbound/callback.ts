import type { EndpointRegistry } from '../endpoints/registry';
import type { Outbox } from '../outbox/outbox';
import { fitBody } from '../outbox/thin';
import { createEventId } from '../protocol';
import type { SettledMessage } from './agentRunner';

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
	readonly outbox: Pick<Outbox, 'append'>;
	readonly registry: EndpointRegistry;
	/** What events name as their gateway. */
	readonly instanceId: string;
}): Callbacks {
	const { outbox, registry, instanceId } = parts;
	return {
		findSigner: (url) => {
			const { origin } = new URL(url);
			return registry
				.list()
				.find(
					(endpoint) =>
						endpoint.enabled !== false &&
						endpoint.secrets.length > 0 &&
						new URL(endpoint.url).origin === origin,
				)?.name;
		},
		send: (message) => {
			const { callback } = message.options;
			if (callback === undefined) return;
			const id = createEventId();
			const type = CALLBACK_TYPE;
			const timestamp = new Date(message.settledAt).toISOString();
			const body = fitBody({ id, type, timestamp, instanceId, data: describe(message) });
			outbox.append({ id, type, createdAt: message.settledAt, body }, [callback]);
		},
	};
}

function describe(message: SettledMessage) {
	const { runId, agentId, sessionKey, endpoint, result, createdAt, settledAt } = message;
	return {
		agentId,
		sessionKey,
		runId,
		endpoint,
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
