import { NodeOperationError } from 'n8n-workflow';
import type { IExecuteFunctions, INodeExecutionData, ITriggerFunctions } from 'n8n-workflow';
import type { OpenClawEvent } from '../../../protocol/event';
import { createEventId } from '../../../protocol/eventId';
import { createSigningKeys } from '../../../protocol/keys';
import { createSecret } from '../../../protocol/secret';
import { runSource } from '../../shared/runSource';
import { createSelection } from '../event/filter';
import { buildItem } from '../event/item';
import { readSettings } from '../event/settings';
import type { ParameterContext, Settings } from '../event/settings';
import { endpointName, registrantOf } from '../setup/endpoint';
import { acceptDelivery } from './accept';
import { EndpointClient } from './gateway';
import type { Answer } from './gateway';
import { sampleEvent } from './sample';

/** How long to wait for a real event before a sample is made. */
const PATIENCE_MS = 30_000;
const WAIT_SECONDS = 10;
/** Should n8n stop in the middle, the endpoint ends by itself. */
const LEASE_SECONDS = 180;

/**
 * Takes the next event that the workflow wants, for *Execute step*: at an endpoint of its own, beside that
 * of a published version. When none comes for half a minute, it makes a sample of the first chosen type.
 *
 * @returns undefined when the editor has stopped to listen
 * @throws NodeOperationError when the gateway cannot be asked
 */
export async function listenOnce(
	context: ITriggerFunctions | IExecuteFunctions,
	signal: AbortSignal,
): Promise<INodeExecutionData | undefined> {
	const parameters = asParameterContext(context);
	const settings = readSettings(parameters);
	const isWanted = createSelection(settings, runSource(context), (message) => {
		context.logger.warn(`OpenClaw Trigger left out an event: ${message}`);
	});
	const secret = createSecret();
	const keys = createSigningKeys([secret]);
	const client = new EndpointClient(context, endpointName(context));
	const { ids } = settings.filters;
	orThrow(
		context,
		await client.register({
			kind: 'connection',
			events: settings.events,
			...(Object.keys(ids).length === 0 ? {} : { filter: ids }),
			secret,
			overlapHours: 0,
			holdHours: 1,
			leaseSeconds: LEASE_SECONDS,
			from: 'new',
			registrant: registrantOf(context),
		}),
	);
	try {
		const consumer = createEventId();
		const isOver = () => signal.aborted;
		const until = Date.now() + PATIENCE_MS;
		while (!isOver() && Date.now() < until) {
			const request = { consumer, max: 1, waitSeconds: WAIT_SECONDS, settled: [] };
			const answer = await client.fetch(request, signal);
			if (isOver()) return undefined;
			for (const fetched of orThrow(context, answer).deliveries) {
				const accepted = acceptDelivery(fetched, keys, settings, isWanted, Date.now());
				const isRun = accepted.kind === 'runs';
				const { delivery } = fetched;
				await client.settle(consumer, [{ delivery, outcome: isRun ? 'done' : 'filtered' }]);
				if (isRun) return accepted.item;
			}
		}
		return isOver() ? undefined : sampleItem(settings, isWanted);
	} finally {
		await client.remove();
	}
}

function sampleItem(
	settings: Settings,
	isWanted: (event: OpenClawEvent) => boolean,
): INodeExecutionData {
	const now = Date.now();
	const make = (type: string) => sampleEvent(type, now, settings.includeAttachments);
	const samples = settings.events.map(make);
	const event = samples.find(isWanted) ?? samples[0] ?? make('*');
	const { json } = buildItem(
		event,
		{ keyIndex: 0, timestamp: Math.floor(now / 1000), verifiedAt: now },
		settings,
	);
	return { json: { ...json, isSample: true } };
}

function orThrow<Value>(
	context: ITriggerFunctions | IExecuteFunctions,
	answer: Answer<Value>,
): Value {
	if (answer.kind === 'ok') return answer.value;
	const { message, description } = answer.text;
	throw new NodeOperationError(context.getNode(), message, { description });
}

/** While a workflow runs, parameters are read for an item. */
function asParameterContext(context: ITriggerFunctions | IExecuteFunctions): ParameterContext {
	if (!('getInputData' in context)) return context;
	const getNodeParameter: ParameterContext['getNodeParameter'] = (name, fallback, options) =>
		context.getNodeParameter(name, 0, fallback, options);
	return { getNodeParameter } as ParameterContext;
}
