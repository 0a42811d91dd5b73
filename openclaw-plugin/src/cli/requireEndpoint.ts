import type { Endpoint } from '../endpoints/endpoint';
import { CliFault } from './fault';
import type { CommandTools } from './tools';

/**
 * Finds an endpoint by its name.
 *
 * @throws CliFault that names the ones there are
 */
export function requireEndpoint(
	{ registry }: Pick<CommandTools, 'registry'>,
	name: string,
): Endpoint {
	const endpoint = registry.find(name);
	if (endpoint !== undefined) return endpoint;
	const names = registry.list().map((known) => `'${known.name}'`);
	const hint =
		names.length === 0 ? 'There are no endpoints yet.' : `There are ${names.join(', ')}.`;
	throw new CliFault('not_found', `There is no endpoint '${name}'. ${hint}`);
}
