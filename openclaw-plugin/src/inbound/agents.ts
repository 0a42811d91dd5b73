import type { GatewayAgent, GatewayChannel, InboundConfig } from '../protocol';

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

/** Keys of `channels` that are settings of all channels. */
const NO_CHANNELS: ReadonlySet<string> = new Set(['defaults', 'modelByChannel']);

/**
 * The channels that the gateway's configuration sets up: the keys of `channels`.
 *
 * @param config the gateway's whole configuration
 */
export function listChannels(config: unknown): readonly GatewayChannel[] {
	const channels = field(config, 'channels');
	if (!isObject(channels)) return [];
	return Object.entries(channels)
		.filter(([id, settings]) => isObject(settings) && !NO_CHANNELS.has(id))
		.map(([id]) => ({ id }));
}

/**
 * Which agents requests may name: `hooks.allowedAgentIds`, as for the gateway's own hooks.
 *
 * @returns undefined for all
 */
export function listAllowedAgents(config: unknown): readonly string[] | undefined {
	const allowed = field(field(config, 'hooks'), 'allowedAgentIds');
	if (!Array.isArray(allowed)) return undefined;
	const ids = allowed.filter((id) => typeof id === 'string').map((id) => id.trim().toLowerCase());
	return ids.includes('*') ? undefined : ids;
}

/**
 * The inbound endpoints whose agent the gateway does not have: their messages would fail.
 *
 * @returns a sentence for each, with the key to change
 */
export function describeMissingAgents(
	inbound: Pick<InboundConfig, 'endpoints'>,
	agents: readonly GatewayAgent[],
): readonly { readonly path: string; readonly message: string }[] {
	// The gateway takes ids in any case.
	const known = new Set(agents.map(({ id }) => id.toLowerCase()));
	return Object.entries(inbound.endpoints)
		.filter(([, { agentId }]) => !known.has(agentId.trim().toLowerCase()))
		.map(([name, { agentId }]) => ({
			path: `inbound.endpoints[${JSON.stringify(name)}].agentId`,
			message: `The inbound endpoint '${name}' is for the agent '${agentId}', which this gateway does not have`,
		}));
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
