import { NodeOperationError } from 'n8n-workflow';
import type { IHookFunctions, IWebhookFunctions } from 'n8n-workflow';
import { createSecret } from '../../../protocol/secret';
import {
	CREDENTIAL_NAME,
	readConnection,
	unreachableFromGateway,
} from '../../shared/gatewayConnection';
import type { GatewayConnection, UserMessage } from '../../shared/gatewayConnection';
import { acceptedBody, describeFailure, refusalCode } from '../../shared/gatewayErrors';
import { callGateway } from '../../shared/gatewayRequest';
import type { GatewayOutcome } from '../../shared/gatewayRequest';
import { RAW, readSettings } from '../event/settings';
import { describeWanted, endpointName, endpointPath, registrantOf } from './endpoint';

const TIMEOUT_MS = 10_000;
const REGISTRATION = { kind: 'registration' } as const;
/** Longest time that the gateway waits for an answer: a workflow may take so long. */
const LONGEST_ANSWER_MS = 600_000;
/** The editor listens for two minutes. */
const TEST_LEASE_SECONDS = 180;

/** What n8n does by itself, without anybody having changed anything. */
const UNCHANGED: ReadonlySet<string> = new Set(['init', 'leadershipChange']);

/** What the node remembers of the endpoint that it registered at the gateway. */
export interface RegisteredEndpoint {
	/** Name at the gateway. */
	readonly name: string;
	readonly secret: string;
	/** Where the gateway sends to. */
	readonly url: string;
}

/** n8n keeps other data for the time in which the editor listens. */
const KEY = 'endpoint';

/**
 * Reads what was remembered.
 *
 * @returns undefined when nothing was registered, or n8n lost it
 */
export function readRegistered(
	context: IHookFunctions | IWebhookFunctions,
): RegisteredEndpoint | undefined {
	const stored: unknown = context.getWorkflowStaticData('node')[KEY];
	if (typeof stored !== 'object' || stored === null) return undefined;
	const { name, secret, url } = stored as Readonly<Record<string, unknown>>;
	const isUsable = typeof name === 'string' && typeof secret === 'string' && secret !== '';
	return isUsable ? { name, secret, url: typeof url === 'string' ? url : '' } : undefined;
}

/**
 * Whether the webhook is registered as it should be. Asked when n8n starts, too, where nobody has changed
 * anything but n8n's own address perhaps, or what the gateway knows: a gateway that cannot be asked then is
 * taken to know the webhook still.
 */
export async function isRegistered(context: IHookFunctions): Promise<boolean> {
	const registered = readRegistered(context);
	if (!UNCHANGED.has(context.getActivationMode()) || registered === undefined) return false;
	const isSame =
		registered.url === webhookUrl(context) && registered.name === endpointName(context);
	if (!isSame) return false;
	const read = readConnection(await context.getCredentials(CREDENTIAL_NAME));
	if (!read.ok) return true;
	const path = endpointPath(registered.name);
	const request = { method: 'GET', path, timeoutMs: TIMEOUT_MS } as const;
	const outcome = await callGateway(context, read.connection, request);
	return !isUnknown(outcome);
}

/**
 * Registers the webhook at the gateway, or brings what is registered up to date.
 *
 * @throws NodeOperationError that says what to do
 */
export async function registerEndpoint(context: IHookFunctions): Promise<void> {
	const connection = await connect(context);
	const url = webhookUrl(context);
	const elsewhere = unreachableFromGateway(url, connection);
	if (elsewhere !== undefined) throw unusable(context, elsewhere);
	const name = endpointName(context);
	const secret = readRegistered(context)?.secret ?? createSecret();
	const { answersLast } = readSettings(context);
	const outcome = await callGateway(context, connection, {
		method: 'PUT',
		path: endpointPath(name),
		body: JSON.stringify({
			kind: 'webhook',
			url,
			...describeWanted((parameter) => context.getNodeParameter(parameter, undefined, RAW)),
			// The URL is n8n's own, and n8n is often in the same network.
			allowPrivateHosts: true,
			secret,
			// A secret that n8n has lost must not go on to sign.
			overlapHours: 0,
			registrant: registrantOf(context),
			...(answersLast ? { timeoutMs: LONGEST_ANSWER_MS } : {}),
			...(context.getMode() === 'manual' ? { leaseSeconds: TEST_LEASE_SECONDS } : {}),
		}),
		timeoutMs: TIMEOUT_MS,
	});
	if (acceptedBody(outcome) === undefined) {
		throw unusable(context, describeFailure(outcome, REGISTRATION, connection));
	}
	context.getWorkflowStaticData('node')[KEY] = { name, secret, url };
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
		const path = `${endpointPath(name)}?url=${encodeURIComponent(webhookUrl(context))}`;
		const request = { method: 'DELETE', path, timeoutMs: TIMEOUT_MS } as const;
		const outcome = await callGateway(context, connection, request);
		if (acceptedBody(outcome) !== undefined || isUnknown(outcome)) return;
		// This n8n has a copy of another one's database: the endpoint is the other one's.
		if (outcome.kind === 'answer' && refusalCode(outcome.body) === 'other-registrant') return;
		warn(context, name, describeFailure(outcome, REGISTRATION, connection).message);
	} catch (error) {
		warn(context, name, error instanceof Error ? error.message : 'unknown reason');
	}
}

function warn(context: IHookFunctions, name: string, reason: string): void {
	context.logger.warn(
		`OpenClaw Trigger: the endpoint '${name}' could not be removed from the gateway: ${reason}. Remove it there when it is no longer needed: openclaw event-webhooks endpoints remove ${name}`,
	);
}

function isUnknown(outcome: GatewayOutcome): boolean {
	return outcome.kind === 'answer' && refusalCode(outcome.body) === 'unknown-endpoint';
}

function webhookUrl(context: IHookFunctions): string {
	return context.getNodeWebhookUrl('default') ?? '';
}

async function connect(context: IHookFunctions): Promise<GatewayConnection> {
	const read = readConnection(await context.getCredentials(CREDENTIAL_NAME));
	if (!read.ok) throw unusable(context, read.reason);
	return read.connection;
}

function unusable(context: IHookFunctions, reason: UserMessage) {
	return new NodeOperationError(context.getNode(), joinedText(reason));
}

/** Of a failed publication n8n shows the message alone, and one of its own where a code is in it. */
function joinedText({ message, description }: UserMessage): string {
	return `${message}. ${description}`.replaceAll(/ \([A-Z][A-Z0-9_]+\)/g, '');
}
