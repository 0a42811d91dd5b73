import type { IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';
import { listOutputs, outputIndex } from './outputs';
import { takeRunMark } from './runMark';
import { mayRun } from './runOnce';
import { readRouting } from './settings';

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
		const { mark, item } = takeRunMark(received);
		if (skipsKnown && !(await mayRun(context, item, mark))) continue;
		const type = typeof item.json['type'] === 'string' ? item.json['type'] : '';
		outputs[outputIndex(outputMode, events, type)]?.push({ ...item, pairedItem: { item: index } });
	}
	return outputs;
}
