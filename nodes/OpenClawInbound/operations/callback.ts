import type {
	FunctionsBase,
	IDataObject,
	IExecuteFunctions,
	INodeExecutionData,
	IWebhookFunctions,
} from 'n8n-workflow';

import { deriveSecret } from '../../../protocol/secret';
import { unreachableFromGateway } from '../../shared/gatewayConnection';
import type { UserMessage } from '../../shared/gatewayConnection';
import {
	inputOfWaitingNode,
	replaceInput,
	requireSignature,
	resumeUrl,
} from '../../shared/n8nInternals';
import { ownProperty } from '../../shared/parameterValues';
import { invalidItem } from './everyItem';
import type { Task } from './task';

/** Query parameter by which a callback says which message it is about; n8n's signature covers it. */
export const MESSAGE_PARAMETER = 'message';

/** Where the gateway is to post the result of a message, and what it is to sign that with. */
export type CallbackAddress =
	| { readonly ok: true; readonly url: string; readonly secret: string }
	| { readonly ok: false; readonly reason: UserMessage };

/**
 * Makes the address that resumes this execution.
 *
 * The URL alone would be a bearer secret that stands in logs and proxies, so the callback is signed as
 * well. Its secret is made from n8n's signature of another URL, which is never sent anywhere: nothing has
 * to be stored for it, and every process of the same n8n makes the same one.
 *
 * @param messageKey the message's idempotency key
 * @throws Error when the execution has no id yet
 */
export function callbackAddress(context: FunctionsBase, messageKey: string): CallbackAddress {
	requireSignature(context);
	const made = resumeUrl(context, { [MESSAGE_PARAMETER]: messageKey });
	const secret = callbackSecret(context, messageKey);
	if (made.ok && secret !== undefined) return { ok: true, url: made.url, secret };
	const subPath = made.ok ? '' : made.subPath;
	return {
		ok: false,
		reason: {
			message: `n8n would not accept the agent's reply below the sub-path '${subPath}'`,
			description:
				'This n8n signs the addresses that resume executions with their whole path, and the proxy before it takes the sub-path away. Give n8n a host name of its own. Nothing was sent.',
		},
	};
}

/**
 * The address for an item.
 *
 * @throws NodeOperationError when the gateway could not reach it, or n8n would not accept it
 */
export function addressOf(
	{ context, node, run, keyOf }: Task,
	itemIndex: number,
): Extract<CallbackAddress, { ok: true }> {
	const address = callbackAddress(context, keyOf(itemIndex));
	if (!address.ok) throw invalidItem(node, address.reason, itemIndex);
	const reason = unreachableFromGateway(address.url, run.connection);
	if (reason !== undefined) throw invalidItem(node, reason, itemIndex);
	return address;
}

/** The secret alone, to verify a callback with. */
export function callbackSecret(context: FunctionsBase, messageKey: string): string | undefined {
	const unsent = resumeUrl(context, {
		[MESSAGE_PARAMETER]: messageKey,
		purpose: 'callback-secret',
	});
	return unsent.ok ? deriveSecret(unsent.signature, 'OpenClaw callback') : undefined;
}

/** What the execution remembers of one message while it waits. */
export interface ParkedMessage {
	/** Id of the agent's run. */
	readonly runId: string;
	/** What is known of the output: agent, message, missing values. */
	readonly known: IDataObject;
}

/** What the execution remembers of an item: its message, or what comes out where none was sent. */
export type ParkedItem =
	| { readonly sent: true; readonly message: ParkedMessage }
	| { readonly sent: false; readonly json: IDataObject };

/** Output when the time is over; its `error.code` tells it from failed runs. */
const TIMED_OUT: IDataObject = {
	code: 'wait-timeout',
	message: "The agent did not answer within the time of 'Limit Wait Time'",
};
const SOME_TIMED_OUT: IDataObject = {
	code: 'wait-timeout',
	message:
		"Not every agent answered within the time of 'Limit Wait Time'. 'Get Run' tells what has become of this run.",
};

/**
 * Leaves behind what the node gives out should the time run out: n8n then hands the node's input on, so
 * the input is replaced. It is what callbacks are compared with, too.
 */
export function parkItems(context: IExecuteFunctions, items: readonly ParkedItem[]): void {
	const error = items.length > 1 ? SOME_TIMED_OUT : TIMED_OUT;
	replaceInput(
		context,
		items.map((item, index) =>
			toItem(
				item.sent
					? { ok: false, runId: item.message.runId, ...item.message.known, error }
					: item.json,
				index,
			),
		),
	);
}

/** An output item, linked to the one it came from. */
export function toItem(json: IDataObject, index: number): INodeExecutionData {
	return { json, pairedItem: { item: index } };
}

/** Reads what was left behind; empty when the execution does not wait for messages. */
export function readParked(context: IWebhookFunctions): readonly ParkedItem[] {
	return inputOfWaitingNode(context).map((item) => {
		const json = ownProperty(item, 'json');
		const { runId, ...rest } = (
			typeof json === 'object' && json !== null ? json : {}
		) as IDataObject;
		if (typeof runId !== 'string') return { sent: false, json: rest };
		const known = Object.entries(rest).filter(([name]) => name !== 'ok' && name !== 'error');
		return { sent: true, message: { runId, known: Object.fromEntries(known) } };
	});
}
