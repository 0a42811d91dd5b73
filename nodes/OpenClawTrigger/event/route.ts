import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { listenOnce } from '../fetch/listenOnce';
import { startFetched } from '../fetch/previousRun';
import { claimKey, claims } from '../once/claim';
import { confirm } from '../once/confirm';
import { attachFiles } from './attachments';
import { listOutputs, outputIndex } from './outputs';
import { takeRunMark } from './runMark';
import type { SentMark } from './runMark';
import { RAW, readRouting } from './settings';

/**
 * Runs at the start of each execution: drops events which this node has run before, fetches the files of the
 * others where that is wanted, and sends each out by its output.
 */
export async function routeEvents(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const routing = readRouting(context);
	const { events, outputMode } = routing;
	const outputCount = outputMode === 'perEvent' ? listOutputs(events).length : 1;
	const outputs: INodeExecutionData[][] = Array.from(
		{ length: Math.max(1, outputCount) },
		() => [],
	);
	const received = (await listenInEditor(context)) ?? context.getInputData();
	const taken = received.map(takeRunMark);
	const runs = await chooseRuns(context, taken, routing.ignoreDuplicates);
	const items = taken.flatMap(({ item }, index) =>
		runs[index] === true ? [{ ...item, pairedItem: { item: index } }] : [],
	);
	const whole = routing.includeAttachments
		? await attachFiles(context, items, routing.simplify)
		: items;
	for (const item of whole) {
		const type = typeof item.json['type'] === 'string' ? item.json['type'] : '';
		outputs[outputIndex(outputMode, events, type)]?.push(item);
	}
	return outputs;
}

/** *Execute step* of a connection starts with nothing. */
async function listenInEditor(
	context: IExecuteFunctions,
): Promise<INodeExecutionData[] | undefined> {
	const [first] = context.getInputData();
	const isEmpty = first === undefined || Object.keys(first.json).length === 0;
	const setup = context.getNodeParameter('endpointSetup', 0, 'connection', RAW);
	if (context.getMode() !== 'manual' || !isEmpty || setup !== 'connection') return undefined;
	const signal = context.getExecutionCancelSignal() ?? new AbortController().signal;
	const item = await listenOnce(context, signal);
	return item === undefined ? [] : [item];
}

async function chooseRuns(
	context: IExecuteFunctions,
	taken: readonly ReturnType<typeof takeRunMark>[],
	ignoresDuplicates: boolean,
): Promise<readonly boolean[]> {
	const mode = context.getMode();
	if (mode === 'trigger') {
		return await startFetched(
			context,
			taken.map(({ mark }) => (mark?.kind === 'fetched' ? mark : undefined)),
		);
	}
	// Tests, retries and sub-workflows run what they are given.
	if (mode !== 'webhook' || !ignoresDuplicates) return taken.map(() => true);
	return await Promise.all(
		taken.map(async ({ mark, item }) => {
			const id = item.json['id'];
			if (typeof id !== 'string') return true;
			return await isFirstRun(context, id, mark?.kind === 'sent' ? mark : undefined);
		}),
	);
}

/**
 * Where the sender learns whether the workflow succeeded, its attempts are told apart: it makes another
 * one when an earlier one failed, and a copy of one has that one's signed time.
 */
async function isFirstRun(
	context: IExecuteFunctions,
	eventId: string,
	mark: SentMark | undefined,
): Promise<boolean> {
	const { attemptAt, isRerun = false } = mark ?? {};
	const id = attemptAt === undefined ? eventId : `${eventId} ${String(attemptAt)}`;
	const isAlone = claims.has(
		claimKey(context.getWorkflow().id ?? '', context.getNode().id, eventId),
	);
	const isNew = await confirm(context, id, isAlone);
	return isNew || isRerun;
}
