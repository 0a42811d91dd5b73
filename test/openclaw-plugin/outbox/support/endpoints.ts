import type { Endpoint } from '../../../../openclaw-plugin/src/endpoints/endpoint';
import type { EndpointRegistry } from '../../../../openclaw-plugin/src/endpoints/registry';
import type { Logger } from '../../../../openclaw-plugin/src/gatewayApi';

/** An endpoint with all events, signed, unless something else is given. */
export function someEndpoint(given: Partial<Endpoint> = {}): Endpoint {
	return {
		id: 1,
		name: 'main-webhook',
		kind: 'webhook',
		url: 'https://n8n.example/webhook/1',
		events: ['*'],
		secrets: ['whsec_dGVzdCBzZWNyZXQgb2YgMzIgYnl0ZXMgbGVuZ3Ro'],
		origin: 'config',
		allowPrivateHosts: true,
		lifecycle: { state: 'active' },
		...given,
	};
}

/** A registry of fixed endpoints. */
export function registryOf(endpoints: readonly Endpoint[]): EndpointRegistry {
	return {
		list: () => endpoints,
		find: (id) => endpoints.find((endpoint) => endpoint.id === id),
		findByName: (name) => endpoints.find((endpoint) => endpoint.name === name),
	};
}

/** A log that remembers. */
export function rememberingLogger(): Logger & { readonly lines: string[] } {
	const lines: string[] = [];
	return {
		lines,
		info: (message) => lines.push(`info ${message}`),
		warn: (message) => lines.push(`warn ${message}`),
		error: (message) => lines.push(`error ${message}`),
	};
}
