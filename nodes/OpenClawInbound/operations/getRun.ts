import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { readText } from '../../shared/parameterValues';
import { cancelRunIfWanted } from './cancelRun';
import {
	invalidItem,
	orErrorItems,
	stopWith,
	toOutput,
	undelivered,
	workOnItems,
} from './everyItem';
import { itemReader } from './itemParameters';
import { askForRun, toRunJson } from './runs';
import { concurrencyOf, prepareTask } from './task';

/**
 * Get Run: what has become of a message that the gateway took earlier.
 *
 * @param context the node's `this`
 * @returns `state`, and `reply` or `error` once the run has ended; throws a `NodeOperationError` or
 *   `NodeApiError` for the first run that the gateway doesn't tell of, unless the node goes on then
 */
export async function getRuns(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await orErrorItems(context, async (node, count) => {
		const stop = stopWith(context);
		const task = await prepareTask(context, node, stop.signal);
		const { run, optionsOf } = task;
		const runIdOf = itemReader(context, 'runId', '', (value, itemIndex) => {
			const runId = readText(value);
			if (runId === undefined || runId === '') throw invalidItem(node, NO_RUN_ID, itemIndex);
			return runId;
		});
		const ask = async (itemIndex: number): Promise<IDataObject> => {
			const { waitForReply, replySeconds, timeoutMs, maxAttempts, backoffMs } =
				optionsOf(itemIndex);
			const runId = runIdOf(itemIndex);
			const told = await askForRun(run, {
				runId,
				waitSeconds: waitForReply === true ? replySeconds : 0,
				timeoutMs,
				policy: { maxAttempts, backoffMs },
			});
			if (told.ok) return toRunJson(told.body);
			if (told.failedRun !== undefined) return toRunJson(told.failedRun);
			await cancelRunIfWanted(task, runId, itemIndex);
			throw undelivered(node, told.failure, itemIndex);
		};
		const results = await workOnItems({
			node,
			count,
			limit: concurrencyOf(task),
			goesOn: context.continueOnFail(),
			stop,
			work: ask,
		});
		return results.map(toOutput);
	});
}

const NO_RUN_ID = {
	message: "'Run ID' is empty",
	description: "Enter the 'runId' that this node gave out for a message.",
};
