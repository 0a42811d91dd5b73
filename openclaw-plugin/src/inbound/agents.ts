import type { GatewayAgent } from '../protocol';

/** The agent that a gateway has when its configuration names none. */
const DEFAULT_AGENT = 'main';

/**
 * The agents that the gateway's configuration defines: `agents.entries` by name, or the older
 * `agents.list`.
 *
 * @param config the gateway's whole configuration
 */
export function listAgents(config: unknown): readonly GatewayAgent[] {
	const agents = field(config, 'agents');
	const entries = field(agents, 'entries');
	const list = field(agents, 'list');
	const found = [
		...(isObject(entries) ? Object.entries(entries).flatMap(([id, agent]) => read(id, agent)) : []),
		...(Array.isArray(list) ? list.flatMap((agent) => read(field(agent, 'id'), agent)) : []),
	];
	return found.length > 0 ? found : [{ id: DEFAULT_AGENT }];
}

function read(id: unknown, agent: unknown): readonly GatewayAgent[] {
	if (typeof id !== 'string' || id === '') return [];
	const name = field(field(agent, 'identity'), 'name') ?? field(agent, 'name');
	return [typeof name === 'string' && name !== '' ? { id, name } : { id }];
}

function field(value: unknown, name: string): unknown {
	return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
