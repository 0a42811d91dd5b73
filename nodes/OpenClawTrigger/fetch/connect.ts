import type { ITriggerFunctions, ITriggerResponse } from 'n8n-workflow';
import { readSetup } from '../event/settings';
import { checkParameters } from '../setup/check';
import { endpointName } from '../setup/endpoint';
import { Listener } from './listener';
import { listenOnce } from './listenOnce';

/** Those of this process, by the names of their endpoints. */
const listeners = new Map<string, Listener>();

/** Under which ids those that have ended fetched, by the names of their endpoints. */
const formerConsumers = new Map<string, readonly string[]>();
const MAX_FORMER = 1_000;

/** Finds who has fetched an event, if that was in this process. */
export function findListener(endpoint: string, consumer: string): Listener | undefined {
	const listener = listeners.get(endpoint);
	return listener?.owns(consumer) === true ? listener : undefined;
}

/**
 * Runs when the workflow is published and at each start of n8n: registers an endpoint at the gateway and
 * fetches its events, until n8n says that it is enough. Does nothing where events come to the webhook.
 *
 * fetch → verify and filter (`accept`) → wait for its turn (`queue`) → run to its end (`execution`) → tell
 * the gateway (`settlements`); what is wrong in between is an `outage`.
 *
 * @throws NodeOperationError when somebody has just published, and it can't work
 */
export async function connect(context: ITriggerFunctions): Promise<ITriggerResponse> {
	if (readSetup(context) !== 'connection') return {};
	checkParameters(context);
	if (context.getMode() === 'manual') return listenInEditor(context);
	const name = endpointName(context);
	const listener = listeners.get(name) ?? new Listener(name, formerConsumers.get(name));
	listeners.set(name, listener);
	const close = async () => {
		await listener.close();
		if (listener.isIdle && listeners.get(name) === listener) forget(name, listener);
	};
	await listener.open(context);
	return { closeFunction: close };
}

function forget(name: string, listener: Listener): void {
	listeners.delete(name);
	formerConsumers.delete(name);
	formerConsumers.set(name, listener.lastConsumers);
	const [oldest] = formerConsumers.keys();
	if (formerConsumers.size > MAX_FORMER && oldest !== undefined) formerConsumers.delete(oldest);
}

/** *Execute step*, in releases of n8n that start the trigger for it. */
function listenInEditor(context: ITriggerFunctions): ITriggerResponse {
	const closing = new AbortController();
	return {
		manualTriggerFunction: async () => {
			const item = await listenOnce(context, closing.signal);
			if (item !== undefined) context.emit([[item]]);
		},
		closeFunction: async () => {
			closing.abort();
			await Promise.resolve();
		},
	};
}
