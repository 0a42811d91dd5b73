import type { Endpoint } from '../endpoints/endpoint';
import type { ConfiguredEndpoint } from '../settings/settings';
import type { CommandTools } from './tools';

/**
 * The endpoints as the gateway has them. It may know names of the environment that this process does
 * not: an endpoint is not switched off because its secret cannot be filled in here.
 */
export function knownEndpoints({
	registry,
	settings,
}: Pick<CommandTools, 'registry' | 'settings'>): readonly Endpoint[] {
	return registry.list().map((endpoint) => {
		const written = settings.endpoints.find((configured) => nameOf(configured) === endpoint.name);
		if (endpoint.origin !== 'config' || written?.kind !== 'usable') return endpoint;
		const { enabled = true, secret } = written.config;
		return {
			...endpoint,
			enabled,
			secrets: secret === undefined ? [] : ['(known to the gateway)'],
		};
	});
}

function nameOf(endpoint: ConfiguredEndpoint): string {
	return endpoint.kind === 'usable' ? endpoint.config.name : endpoint.name;
}
