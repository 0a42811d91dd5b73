import type { Endpoint } from '../endpoints/endpoint';
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
		const written = settings.endpoints.find(({ name }) => name === endpoint.name);
		if (endpoint.origin !== 'config' || written === undefined) return endpoint;
		return {
			...endpoint,
			enabled: written.enabled ?? true,
			secrets: written.secret === undefined ? [] : ['(known to the gateway)'],
		};
	});
}
