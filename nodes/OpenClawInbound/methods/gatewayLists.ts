import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import type { ILoadOptionsFunctions } from 'n8n-workflow';

import { parseConfig } from '../../../protocol/config';
import { parseGatewayDirectory } from '../../../protocol/gateway';
import type { GatewayAgent, GatewayEndpoint } from '../../../protocol/gateway';
import { CREDENTIAL_NAME, readConnection } from '../../shared/gatewayConnection';
import type { GatewayConnection, UserMessage } from '../../shared/gatewayConnection';
import { describeFailure } from '../../shared/gatewayFailure';
import { callGateway } from '../../shared/transport';
import type { GatewayOutcome } from '../../shared/transport';

// The editor waits for a list; a gateway that is up answers at once.
const TIMEOUT_MS = 10_000;

/**
 * The inbound endpoints, from the pasted `openclaw.json5` if there is one, else asked from the gateway.
 *
 * @param context the `this` of a list method
 * @returns the endpoints; throws a `NodeOperationError` or `NodeApiError` that says what is missing
 */
export async function listEndpoints(
	context: ILoadOptionsFunctions,
): Promise<readonly GatewayEndpoint[]> {
	const pasted = pastedConfig(context);
	if (pasted !== undefined) {
		const endpoints = Object.entries(pasted.inbound?.endpoints ?? {});
		return endpoints.map(([name, { agentId, template }]) => ({ name, agentId, template }));
	}
	const connection = await connect(context);
	const outcome = await ask(context, connection, connection.inboundPath);
	const parsed = directoryOf(outcome);
	if (parsed !== undefined) return parsed.endpoints;
	throw refused(context, describeFailure(toListOutcome(outcome), { kind: 'list' }, connection));
}

/**
 * The agents, from the pasted `openclaw.json5`, the plugin, or a gateway's list of models, which has one
 * `openclaw/<agent>` for each agent.
 *
 * @param context the `this` of a list method
 * @returns the agents; throws a `NodeOperationError` or `NodeApiError` that says what is missing
 */
export async function listAgents(context: ILoadOptionsFunctions): Promise<readonly GatewayAgent[]> {
	const pasted = pastedConfig(context);
	if (pasted !== undefined) return pasted.agentIds.map((id) => ({ id }));
	const connection = await connect(context);
	const parsed = directoryOf(await ask(context, connection, connection.inboundPath));
	if (parsed !== undefined) return parsed.agents;
	const outcome = await ask(context, connection, '/v1/models');
	const agents = agentsOf(outcome);
	if (agents !== undefined) return agents;
	if (outcome.kind === 'fault') {
		throw refused(context, describeFailure(outcome, { kind: 'list' }, connection));
	}
	throw refused(context, {
		message: 'The gateway does not tell its agents with this access token',
		description:
			"Choose 'By ID' and enter the agent's ID, or paste the gateway's openclaw.json5 into 'Config (JSON5)' in the options. The plugin event-webhooks lists agents, and so does a gateway asked with its own token.",
	});
}

type Pasted = Extract<ReturnType<typeof parseConfig>, { ok: true }>['config'];

function pastedConfig(context: ILoadOptionsFunctions): Pasted | undefined {
	const text = context.getCurrentNodeParameter('options.config');
	if (typeof text !== 'string' || text.trim() === '') return undefined;
	const parsed = parseConfig(text);
	if (parsed.ok) return parsed.config;
	const { line, path, message } = parsed.issues[0];
	const place = line === undefined ? path : `Line ${String(line)}`;
	throw new NodeOperationError(
		context.getNode(),
		place === ''
			? "'Config (JSON5)' could not be read"
			: `${place} of 'Config (JSON5)' could not be read`,
		{ description: path === '' ? message : `'${path}' ${message}` },
	);
}

async function connect(context: ILoadOptionsFunctions): Promise<GatewayConnection> {
	if (context.getNode().credentials?.[CREDENTIAL_NAME] === undefined) {
		// The editor shows the message alone.
		throw new NodeOperationError(
			context.getNode(),
			"Choose a credential, or paste openclaw.json5 into the option 'Config (JSON5)'",
			{ description: 'The list comes from the gateway or from its configuration.' },
		);
	}
	const read = readConnection(await context.getCredentials(CREDENTIAL_NAME));
	if (read.ok) return read.connection;
	const { message, description } = read.reason;
	throw new NodeOperationError(context.getNode(), message, { description });
}

async function ask(
	context: ILoadOptionsFunctions,
	connection: GatewayConnection,
	path: string,
): Promise<GatewayOutcome> {
	return await callGateway(context, connection, { method: 'GET', path, timeoutMs: TIMEOUT_MS });
}

function directoryOf(
	outcome: GatewayOutcome,
):
	| { readonly endpoints: readonly GatewayEndpoint[]; readonly agents: readonly GatewayAgent[] }
	| undefined {
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
