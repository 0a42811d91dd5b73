import { deliveryHeaders } from '../delivery/attempt';
import type { Connections } from '../delivery/connections';
import type { SendRequest } from '../delivery/httpClient';
import type { Endpoint } from '../endpoints/endpoint';
import type { EndpointRegistry } from '../endpoints/registry';
import type { Refusal } from '../http/answers';
import { createEventId, isObject, RECEIVER_CHECK } from '../protocol';
import { anotherConsumer, isConsumer, isReplaced } from './fetchApi';

/*
 * Two n8n with copies of one database have the same id, the same workflows and the same names for their endpoints.
 * What tells them apart is that the other one is still there.
 */

export interface HolderParts {
	readonly registry: Pick<EndpointRegistry, 'findByName'>;
	readonly connections: Pick<Connections, 'holderOf'>;
	readonly request: SendRequest;
	/** Which gateway asks. */
	readonly instanceId: string;
	/** Version of the plugin. */
	readonly version: string;
	/** Milliseconds since 1970. */
	readonly now: () => number;
}

/** Finds out whether somebody else uses an endpoint. */
export interface HolderCheck {
	/** @param body of the request that registers it; @returns why it must not be, if so */
	beforeRegistration(name: string, body: unknown): Promise<Refusal | undefined>;
	/** @param url of the webhook that is given up, where its owner says so */
	beforeRemoval(name: string, url: string | null): Promise<Refusal | undefined>;
}

/** Milliseconds for the answer of the receiver that is registered. */
const TIMEOUT_MS = 5000;

/** Makes the checks. */
export function createHolderCheck(parts: HolderParts): HolderCheck {
	const { registry, connections, now } = parts;
	const isReceiverThere = createReceiverCheck(parts);
	/** Whether the webhook is another one's that still answers; one whose address has changed answers with the new one. */
	const ofWebhook = async (endpoint: Endpoint | undefined, url: unknown) => {
		if (endpoint?.kind !== 'webhook' || typeof url !== 'string') return undefined;
		if (endpoint.origin !== 'api' || endpoint.url === undefined || endpoint.url === url) {
			return undefined;
		}
		return (await isReceiverThere(endpoint, endpoint.url)) ? otherReceiver(endpoint) : undefined;
	};
	return {
		beforeRegistration: async (name, body) => {
			const endpoint = registry.findByName(name);
			if (endpoint === undefined || !isObject(body)) return undefined;
			const { consumer: id, replaces = [], registrant, url } = body;
			// Of anybody else than the same n8n the registration is refused anyway, or meant.
			if (typeof registrant !== 'string') return undefined;
			if (endpoint.kind === 'webhook') return await ofWebhook(endpoint, url);
			if (!isConsumer(id) || !isReplaced(replaces)) return undefined;
			const holder = connections.holderOf(endpoint, { id, replaces });
			return holder && anotherConsumer(endpoint, holder, now());
		},
		beforeRemoval: async (name, url) => await ofWebhook(registry.findByName(name), url),
	};
}

/** Asks a trigger of n8n at the URL that is registered which URL it has. */
function createReceiverCheck({ request, instanceId, version, now }: HolderParts) {
	return async (endpoint: Endpoint, url: string): Promise<boolean> => {
		const target = URL.parse(url);
		if (target === null || endpoint.secrets.length === 0) return false;
		const id = createEventId();
		const timestamp = new Date(now()).toISOString();
		const body = JSON.stringify({ id, type: RECEIVER_CHECK, timestamp, instanceId, data: {} });
		const response = await request({
			receiver: endpoint,
			url: target,
			headers: deliveryHeaders({
				endpoint,
				signer: endpoint,
				delivery: { id: 0, eventId: id, eventType: RECEIVER_CHECK },
				body,
				attempt: 1,
				now: Date.now(),
				version,
			}),
			body,
			timeoutMs: TIMEOUT_MS,
		});
		return response.kind === 'answered' && urlIn(response.body) === url;
	};
}

function urlIn(body: string): unknown {
	try {
		const answer: unknown = JSON.parse(body);
		return isObject(answer) ? answer.url : undefined;
	} catch {
		return undefined;
	}
}

function otherReceiver({ name, url = '' }: Endpoint): Refusal {
	return {
		status: 409,
		code: 'other-registrant',
		message: `Another n8n receives the events of '${name}' at ${url}, and answers there: this one has a copy of its database`,
	};
}
