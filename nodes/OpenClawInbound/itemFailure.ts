import { NodeApiError, NodeOperationError } from 'n8n-workflow';
import type { INode } from 'n8n-workflow';

import type { UserMessage } from '../shared/gatewayConnection';

/** Why one item could not be sent, in words for the user. */
export interface ItemFailure extends UserMessage {
	/** The gateway's answer, if there was one. */
	readonly status?: number;
}

/**
 * Something that the user has to change in the node, found before anything was sent.
 *
 * @param node the node, for the editor to show it
 * @param reason what happened and how to go on
 * @param itemIndex the item
 */
export function invalidItem(
	node: INode,
	reason: UserMessage,
	itemIndex: number,
): NodeOperationError {
	const { message, description } = reason;
	const text = `${message} [item ${String(itemIndex)}]`;
	return new NodeOperationError(node, text, { description, itemIndex });
}

/** What the gateway or the way to it did not accept. It is made of texts only, so no token can be in it. */
export function undelivered(node: INode, failure: ItemFailure, itemIndex: number): NodeApiError {
	const message = `${failure.message} [item ${String(itemIndex)}]`;
	const { description, status } = failure;
	return new NodeApiError(
		node,
		{ message },
		{
			message,
			description,
			itemIndex,
			...(status === undefined ? {} : { httpCode: String(status) }),
		},
	);
}
