import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { listOutputs, outputIndex } from './outputs';
import { MAX_RECORDED_EVENTS, RecordedEvents } from './recordedEvents';
import { takeRerunMark } from './rerun';
import { readRouting } from './settings';

const recordedEvents = new RecordedEvents();

/**
 * Runs at the start of each execution: drops an event which this node has run before, and sends the
 * others out by their output.
 */
export async function routeEvents(context: IExecuteFunctions): Promise<INodeExecutionData[][]> {
	const { events, outputMode, ignoreDuplicates } = readRouting(context);
	const outputCount = outputMode === 'perEvent' ? listOutputs(events).length : 1;
	const outputs: INodeExecutionData[][] = Array.from(
		{ length: Math.max(1, outputCount) },
		() => [],
	);
	// Tests, retries and sub-workflows run what they are given.
	const skipsKnown = ignoreDuplicates && context.getMode() === 'webhook';
	for (const [index, received] of context.getInputData().entries()) {
		const { isRerun, item } = takeRerunMark(received);
		if (skipsKnown && !(await isNew(context, item)) && !isRerun) continue;
		const type = typeof item.json['type'] === 'string' ? item.json['type'] : '';
		outputs[outputIndex(outputMode, events, type)]?.push({ ...item, pairedItem: { item: index } });
	}
	return outputs;
}

async function isNew(context: IExecuteFunctions, item: INodeExecutionData): Promise<boolean> {
	const id = item.json['id'];
	if (typeof id !== 'string') return true;
	const node = `${context.getWorkflow().id ?? ''} ${context.getNode().id}`;
	try {
		return await recordedEvents.isNew(
			node,
			id,
			async (ids) =>
				await context.helpers.checkProcessedAndRecord(ids, 'node', {
					mode: 'entries',
					maxEntries: MAX_RECORDED_EVENTS,
				}),
		);
	} catch (error) {
		// An event that runs twice does less harm than one that never does.
		context.logger.warn('OpenClaw Trigger could not check whether an event has run before', {
			reason: error instanceof Error ? error.message : 'unknown',
		});
		return true;
	}
}
