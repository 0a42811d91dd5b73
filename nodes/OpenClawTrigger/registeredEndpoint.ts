import type { IHookFunctions, IWebhookFunctions } from 'n8n-workflow';
import { createSecret } from '../../protocol/secret';

/** What the node remembers of the endpoint that it registered at the gateway. */
export interface RegisteredEndpoint {
	/** Name at the gateway. */
	readonly name: string;
	readonly secret: string;
}

const ID_LENGTH = 8;

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
	const { name, secret } = stored as Readonly<Record<string, unknown>>;
	const isUsable = typeof name === 'string' && typeof secret === 'string' && secret !== '';
	return isUsable ? { name, secret } : undefined;
}

/** Has n8n keep it with the workflow: over restarts, and for every process of queue mode. */
export function rememberRegistered(context: IHookFunctions, endpoint: RegisteredEndpoint): void {
	context.getWorkflowStaticData('node')[KEY] = { ...endpoint };
}

/**
 * The endpoint to register: the remembered one, so that a change of the workflow keeps the secret, or a
 * new one. Its name is the same for the same node of the same n8n; a copy of the workflow in another n8n
 * gets another.
 */
export function planEndpoint(context: IHookFunctions): RegisteredEndpoint {
	const remembered = readRegistered(context);
	const workflowId = context.getWorkflow().id ?? '';
	const parts = [
		'n8n',
		context.getInstanceId().slice(0, ID_LENGTH),
		workflowId,
		context.getNode().id.slice(0, ID_LENGTH),
		// The test URL is an endpoint of its own.
		...(context.getMode() === 'manual' ? ['test'] : []),
	];
	const name = parts.join('-');
	const secret = remembered?.secret ?? createSecret();
	return { name, secret };
}
