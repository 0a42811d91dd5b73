import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import type {
	ILoadOptionsFunctions,
	INodeListSearchItems,
	INodeListSearchResult,
} from 'n8n-workflow';

import { parseGatewayDirectory } from '../../protocol/gateway';
import type {
	GatewayAgent,
	GatewayChannel,
	GatewayDirectory,
	GatewayEndpoint,
} from '../../protocol/gateway';
import { CREDENTIAL_NAME, readConnection } from './gatewayConnection';
import type { GatewayConnection, UserMessage } from './gatewayConnection';
import { describeFailure } from './gatewayErrors';
import { callGateway } from './gatewayRequest';
import type { GatewayOutcome } from './gatewayRequest';

// The editor waits for a list; a gateway that is up answers at once.
const TIMEOUT_MS = 10_000;

/** What a node tells people whose list cannot be shown; the nodes differ in what can be done then. */
export interface ListAdvice {
	/** What to do where no credential is chosen, and why. */
	readonly withoutCredential: UserMessage;
	/** A sentence that says how to go on without a list. */
	readonly withoutList: string;
}

/**
 * The inbound endpoints, asked from the gateway's plugin.
 *
 * @param context the `this` of a list method
 * @param advice what the node tells people whose list cannot be shown
 * @returns the endpoints; throws a `NodeOperationError` or `NodeApiError` that says what is missing
 */
export async function listEndpoints(
	context: ILoadOptionsFunctions,
	advice: ListAdvice,
): Promise<readonly GatewayEndpoint[]> {
	return (await readDirectory(context, 'endpoints', advice)).endpoints;
}

/**
 * The channels of the gateway's configuration, asked from its plugin.
 *
 * @param context the `this` of a list method
 * @param advice what the node tells people whose list cannot be shown
 * @returns the channels; throws a `NodeOperationError` or `NodeApiError` that says what is missing
 */
export async function listChannels(
	context: ILoadOptionsFunctions,
	advice: ListAdvice,
): Promise<readonly GatewayChannel[]> {
	return (await readDirectory(context, 'channels', advice)).channels;
}

/**
 * The agents, from the plugin or from a gateway's list of models, which has one `openclaw/<agent>` for
 * each agent.
 *
 * @param context the `this` of a list method
 * @param advice what the node tells people whose list cannot be shown
 * @returns the agents; throws a `NodeOperationError` or `NodeApiError` that says what is missing
 */
export async function listAgents(
	context: ILoadOptionsFunctions,
	advice: ListAdvice,
): Promise<readonly GatewayAgent[]> {
	const connection = await connect(context, advice);
	const directory = directoryOf(await ask(context, connection, connection.inboundPath));
	if (directory !== undefined) return directory.agents;
	const outcome = await ask(context, connection, '/v1/models');
	const agents = agentsOf(outcome);
	if (agents !== undefined) return agents;
	if (outcome.kind === 'fault')
		throw refused(context, describe(outcome, 'agents', connection, advice));
	throw refused(context, {
		message: 'The gateway does not tell its agents with this access token',
		description: `${advice.withoutList} The plugin event-webhooks lists agents, and so does a gateway asked with its own token.`,
	});
}

type ListName = keyof GatewayDirectory;

async function readDirectory(
	context: ILoadOptionsFunctions,
	list: ListName,
	advice: ListAdvice,
): Promise<GatewayDirectory> {
	const connection = await connect(context, advice);
	const outcome = await ask(context, connection, connection.inboundPath);
	const directory = directoryOf(outcome);
	if (directory !== undefined) return directory;
	throw refused(context, describe(toListOutcome(outcome), list, connection, advice));
}

function describe(
	outcome: GatewayOutcome,
	list: ListName,
	connection: GatewayConnection,
	{ withoutList }: ListAdvice,
): UserMessage {
	return describeFailure(outcome, { kind: 'list', list, otherwise: withoutList }, connection);
}

async function connect(
	context: ILoadOptionsFunctions,
	{ withoutCredential }: ListAdvice,
): Promise<GatewayConnection> {
	const node = context.getNode();
	if (node.credentials?.[CREDENTIAL_NAME] === undefined) {
		throw new NodeOperationError(node, withoutCredential.message, {
			description: withoutCredential.description,
		});
	}
	const read = readConnection(await context.getCredentials(CREDENTIAL_NAME));
	if (read.ok) return read.connection;
	const { message, description } = read.reason;
	throw new NodeOperationError(node, message, { description });
}

async function ask(
	context: ILoadOptionsFunctions,
	connection: GatewayConnection,
	path: string,
): Promise<GatewayOutcome> {
	return await callGateway(context, connection, { method: 'GET', path, timeoutMs: TIMEOUT_MS });
}

function directoryOf(outcome: GatewayOutcome): GatewayDirectory | undefined {
	if (outcome.kind === 'fault' || outcome.status !== 200) return undefined;
	const parsed = parseGatewayDirectory(outcome.body);
	return parsed.ok ? parsed.directory : undefined;
}

/** A gateway without the plugin answers unknown paths with its dashboard's page. */
function toListOutcome(outcome: GatewayOutcome): GatewayOutcome {
	return outcome.kind === 'answer' && outcome.status === 200
		? { ...outcome, status: 404, body: '' }
		: outcome;
}

const MODEL_PREFIX = 'openclaw/';

function agentsOf(outcome: GatewayOutcome): readonly GatewayAgent[] | undefined {
	if (outcome.kind === 'fault' || outcome.status !== 200) return undefined;
	const { body } = outcome;
	const models =
		typeof body === 'object' && body !== null && 'data' in body ? body.data : undefined;
	if (!Array.isArray(models)) return undefined;
	return models.flatMap((model: unknown) => {
		const id = typeof model === 'object' && model !== null && 'id' in model ? model.id : undefined;
		const isAgent =
			typeof id === 'string' && id.startsWith(MODEL_PREFIX) && id !== 'openclaw/default';
		return isAgent ? [{ id: id.slice(MODEL_PREFIX.length) }] : [];
	});
}

function refused(context: ILoadOptionsFunctions, reason: UserMessage): NodeApiError {
	const { message, description } = reason;
	return new NodeApiError(context.getNode(), { message }, { message, description });
}

/**
 * What a resource locator shows of a list, in the order of the alphabet.
 *
 * @param filter what has been typed into the search of the list
 */
export function searchChoices(
	choices: readonly INodeListSearchItems[],
	filter: string | undefined,
): INodeListSearchResult {
	const wanted = (filter ?? '').trim().toLowerCase();
	const results = choices.filter(({ name }) => name.toLowerCase().includes(wanted));
	return { results: results.sort((a, b) => a.name.localeCompare(b.name)) };
}

/**
 * Agents as choices, with the names that people call them by.
 *
 * @example
 * agentChoices([{ id: 'ops', name: 'Operations' }]); // [{ name: 'Operations (ops)', value: 'ops' }]
 */
export function agentChoices(agents: readonly GatewayAgent[]): INodeListSearchItems[] {
	return agents.map(({ id, name }) => {
		// n8n saves the shown text in the workflow, and takes one that starts so for an expression.
		const isShown = name !== undefined && name !== id && !name.startsWith('=');
		return { name: isShown ? `${name} (${id})` : id, value: id };
	});
}
