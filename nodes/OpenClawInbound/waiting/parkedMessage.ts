import type { IDataObject, IExecuteFunctions, IWebhookFunctions } from 'n8n-workflow';

/** What the execution remembers of its message while it waits. */
export interface ParkedMessage {
	/** Id of the agent's run. */
	readonly runId: string;
	/** What is known of the output: agent, message, missing values. */
	readonly known: IDataObject;
}

/** Output when the time is over; its `error.code` tells it from failed runs. */
const TIMED_OUT: IDataObject = {
	code: 'wait-timeout',
	message: "The agent did not answer within the time of 'Limit Wait Time'",
};

/**
 * Leaves behind what the node gives out should the time run out: n8n then hands the node's input on, so
 * the input is replaced. It is what the callback is compared with, too.
 */
export function parkMessage(context: IExecuteFunctions, { runId, known }: ParkedMessage): void {
	const json = { ok: false, runId, ...known, error: TIMED_OUT };
	context.getExecuteData().data = { main: [[{ json, pairedItem: { item: 0 } }]] };
}

/**
 * Reads what was left behind.
 *
 * @returns undefined when the execution does not wait for a message
 */
export function readParked(context: IWebhookFunctions): ParkedMessage | undefined {
	const json = context.evaluateExpression('{{ $json }}') as unknown;
	if (typeof json !== 'object' || json === null) return undefined;
	const { runId, ...rest } = json as IDataObject;
	if (typeof runId !== 'string') return undefined;
	const known = Object.entries(rest).filter(([name]) => name !== 'ok' && name !== 'error');
	return { runId, known: Object.fromEntries(known) };
}
