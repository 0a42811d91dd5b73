import { NodeOperationError } from 'n8n-workflow';
import type { IHookFunctions } from 'n8n-workflow';
import {
	CREDENTIAL_NAME,
	readConnection,
	unreachableFromGateway,
} from '../shared/gatewayConnection';
import type { GatewayConnection, UserMessage } from '../shared/gatewayConnection';
import { hasExpression } from '../shared/parameterValues';
import { describeFailure } from '../shared/gatewayErrors';
import { callGateway } from '../shared/gatewayRequest';
import type { GatewayOutcome } from '../shared/gatewayRequest';
import { ALL_EVENTS } from './eventTypes';
import { readFilters } from './filter';
import { planEndpoint, readRegistered, rememberRegistered } from './registeredEndpoint';

/** Where the plugin's API for endpoints is. */
const ENDPOINTS_PATH = '/plugins/event-webhooks/api/endpoints';
const TIMEOUT_MS = 10_000;
const REGISTRATION = { kind: 'registration' } as const;
/** The lists of ids that the gateway knows as well. */
const GATEWAY_FILTERS = ['agentIds', 'channels', 'userIds', 'sessionIds'] as const;

/** What n8n does by itself, without anybody having changed anything. */
const UNCHANGED: ReadonlySet<string> = new Set(['init', 'leadershipChange']);

/**
 * Whether the webhook is registered already. Asked when n8n starts, too, which must not depend on the
 * gateway: what was registered is taken for granted then, and looked after at the next publication.
 */
export function isRegistered(context: IHookFunctions): boolean {
	return UNCHANGED.has(context.getActivationMode()) && readRegistered(context) !== undefined;
}

/**
 * Registers the webhook at the gateway, or brings what is registered up to date.
 *
 * @throws NodeOperationError that says what to do
 */
export async function registerEndpoint(context: IHookFunctions): Promise<void> {
	const connection = await connect(context);
	const url = context.getNodeWebhookUrl('default') ?? '';
	const elsewhere = unreachableFromGateway(url, connection);
	if (elsewhere !== undefined) throw unusable(context, elsewhere);
	const endpoint = planEndpoint(context);
	const outcome = await callGateway(context, connection, {
		method: 'PUT',
		path: `${ENDPOINTS_PATH}/${endpoint.name}`,
		body: JSON.stringify({
			url,
			...describeWanted(context),
			// The URL is n8n's own, and n8n is often in the same network.
			allowPrivateHosts: true,
			secret: endpoint.secret,
			// A secret that n8n has lost must not go on to sign.
			overlapHours: 0,
		}),
		timeoutMs: TIMEOUT_MS,
	});
	if (!isDone(outcome)) throw unusable(context, describeFailure(outcome, REGISTRATION, connection));
	rememberRegistered(context, endpoint);
}

/**
 * Removes the webhook from the gateway. A gateway that cannot be asked does not keep a workflow from
 * being unpublished: it gets 404 from then on, and n8n's log says what is left.
 */
export async function unregisterEndpoint(context: IHookFunctions): Promise<void> {
	const registered = readRegistered(context);
	if (registered === undefined) return;
	const { name } = registered;
	try {
		const connection = await connect(context);
		const path = `${ENDPOINTS_PATH}/${name}`;
		const request = { method: 'DELETE', path, timeoutMs: TIMEOUT_MS } as const;
		const outcome = await callGateway(context, connection, request);
		if (isDone(outcome)) return;
		warn(context, name, describeFailure(outcome, REGISTRATION, connection).message);
	} catch (error) {
		warn(context, name, error instanceof Error ? error.message : 'unknown reason');
	}
}

function warn(context: IHookFunctions, name: string, reason: string): void {
	context.logger.warn(
		`OpenClaw Trigger: the endpoint '${name}' could not be removed from the gateway: ${reason}. Publishing the workflow again takes it over.`,
	);
}

async function connect(context: IHookFunctions): Promise<GatewayConnection> {
	const read = readConnection(await context.getCredentials(CREDENTIAL_NAME));
	if (!read.ok) throw unusable(context, read.reason);
	return read.connection;
}

/** What the gateway can choose by itself; the node looks at everything once more. */
function describeWanted(context: IHookFunctions): Record<string, unknown> {
	const raw = { rawExpressions: true };
	const chosen: unknown = context.getNodeParameter('events', [], raw);
	const events: readonly unknown[] = Array.isArray(chosen) ? chosen : [ALL_EVENTS];
	const { ids } = readFilters(withoutExpressions(context.getNodeParameter('filters', {}, raw)));
	// The gateway knows no wildcards.
	const lists = GATEWAY_FILTERS.map((name) => [name, ids[name]] as const).filter(
		([, list]) => list.length > 0 && !list.some((id) => id.includes('*')),
	);
	return {
		events: events.includes(ALL_EVENTS) ? [ALL_EVENTS] : events,
		...(lists.length === 0 ? {} : { filter: Object.fromEntries(lists) }),
	};
}

/** What is typed, and what is chosen from a list, are one filter. */
const PAIRS = [
	['agentIds', 'agentList'],
	['channels', 'channelList'],
] as const;

/**
 * An expression may use fields of the event, which only the node has. Half of a pair would be too narrow
 * a filter, so the other goes with it.
 */
function withoutExpressions(filters: unknown): unknown {
	if (typeof filters !== 'object' || filters === null) return {};
	const unknown = new Set(
		Object.entries(filters).flatMap(([name, value]) => (hasExpression(value) ? [name] : [])),
	);
	for (const pair of PAIRS) {
		if (pair.some((name) => unknown.has(name))) pair.forEach((name) => unknown.add(name));
	}
	return Object.fromEntries(Object.entries(filters).filter(([name]) => !unknown.has(name)));
}

function isDone(outcome: GatewayOutcome): boolean {
	if (outcome.kind === 'fault' || outcome.status < 200 || outcome.status > 299) return false;
	const { body } = outcome;
	return typeof body === 'object' && body !== null && 'ok' in body && body.ok === true;
}

function unusable(context: IHookFunctions, reason: UserMessage) {
	return new NodeOperationError(context.getNode(), joined(reason));
}

/** Of a failed publication n8n shows the message alone, and one of its own where a code is in it. */
function joined({ message, description }: UserMessage): string {
	return `${message}. ${description}`.replaceAll(/ \([A-Z][A-Z0-9_]+\)/g, '');
}
