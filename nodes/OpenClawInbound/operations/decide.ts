import type { IDataObject, IExecuteFunctions, INodeExecutionData } from 'n8n-workflow';

import { ownProperty, readText } from '../../shared/parameterValues';
import { deliver } from './delivery';
import {
	invalidItem,
	orErrorItems,
	stopWith,
	toOutput,
	undelivered,
	workOnItems,
} from './everyItem';
import { itemReader } from './itemParameters';
import { concurrencyOf, prepareTask } from './task';

/** Where the plugin takes decisions. */
const APPROVALS_PATH = '/plugins/event-webhooks/api/approvals';

/**
 * Decide Approval: lets a tool call that waits at the gateway be made, or keeps it from being made.
 *
 * @param context the node's `this`
 * @returns what was decided; throws a `NodeOperationError` or `NodeApiError` for the first decision that does
 *   not count, unless the node goes on then
 */
export async function decideApprovals(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await orErrorItems(context, async (node, count) => {
		const stop = stopWith(context);
		const task = await prepareTask(context, node, stop.signal);
		const { run, optionsOf, keyOf } = task;
		const idOf = itemReader(context, 'approvalId', '', (value, itemIndex) => {
			const id = readText(value);
			if (id === undefined || id === '') throw invalidItem(node, NO_ID, itemIndex);
			return id;
		});
		const decisionOf = itemReader(context, 'decision', 'deny', (value, itemIndex) => {
			if (value === 'allow' || value === 'deny') return value;
			throw invalidItem(node, NO_DECISION, itemIndex);
		});
		const decide = async (itemIndex: number): Promise<IDataObject> => {
			const id = idOf(itemIndex);
			const decision = decisionOf(itemIndex);
			const { by, reason, timeoutMs, maxAttempts, backoffMs } = optionsOf(itemIndex);
			const decided = await deliver(run, {
				request: {
					method: 'POST',
					path: `${APPROVALS_PATH}/${encodeURIComponent(id)}`,
					// What is undefined is left out.
					body: JSON.stringify({ decision, by, reason }),
					// A decision whose answer got lost is its own second one.
					idempotencyKey: keyOf(itemIndex),
					timeoutMs,
				},
				target: { kind: 'approval', id },
				policy: { maxAttempts, backoffMs },
			});
			if (!decided.ok) throw undelivered(node, decided.failure, itemIndex);
			const { body, attempts, durationMs } = decided;
			const { approval } = body;
			return {
				ok: true,
				approvalId: id,
				decision,
				...textField('tool', ownProperty(ownProperty(approval, 'tool'), 'name')),
				...textField('rule', ownProperty(approval, 'rule')),
				...textField('agentId', ownProperty(approval, 'agentId')),
				...textField('by', ownProperty(approval, 'by')),
				...textField('reason', ownProperty(approval, 'reason')),
				attempts,
				durationMs,
			};
		};
		const results = await workOnItems({
			node,
			count,
			limit: concurrencyOf(task),
			goesOn: context.continueOnFail(),
			stop,
			work: decide,
		});
		return results.map(toOutput);
	});
}

function textField(name: string, value: unknown): IDataObject {
	return typeof value === 'string' ? { [name]: value } : {};
}

const NO_ID = {
	message: "'Approval ID' is empty",
	description: "Enter 'approval.id' from the data of the event 'approval.requested'.",
};

const NO_DECISION = {
	message: "'Decision' is neither 'allow' nor 'deny'",
	description:
		"Choose one of the two in 'Decision', or change the expression so that it gives one. Nothing was decided.",
};
