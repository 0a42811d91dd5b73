import type { IExecuteFunctions, INode } from 'n8n-workflow';

import type { GatewayConnection } from '../../shared/gatewayConnection';
import { invalidItem } from '../itemFailure';
import { itemReader, rawParameter } from '../parameters';
import type { ItemReader } from '../parameters';
import type { PreparedItem } from './preparedItem';

/**
 * Prepares Wake Agent. Its text is fixed: unlike a message, the gateway hands it to the agent without
 * marking it as external content, so nothing from outside may get into it.
 *
 * @returns makes the request of one item; throws a `NodeOperationError` when something has to be changed
 */
export function prepareWake(
	context: IExecuteFunctions,
	node: INode,
	connection: GatewayConnection,
): ItemReader<PreparedItem> {
	if (connection.hookToken === '') throw invalidItem(node, NO_HOOK_TOKEN, 0);
	const text = readText(node, rawParameter(context, 'text', ''));
	const path = `${connection.hooksPath}/wake`;
	const modeOf = itemReader(context, 'wakeMode', 'now', (value) =>
		value === 'next-heartbeat' ? 'next-heartbeat' : 'now',
	);
	const agentOf = itemReader(context, 'agent', '', agentId);
	return (itemIndex) => {
		const agent = agentOf(itemIndex);
		const chosen = agent === '' ? {} : { agentId: agent };
		return {
			path,
			body: { text, mode: modeOf(itemIndex), ...chosen },
			target: agent === '' ? { kind: 'wake' } : { kind: 'agent', agentId: agent },
			replyWay: 'none',
			output: { ...chosen, message: text },
		};
	};
}

const NO_HOOK_TOKEN = {
	message: "'Hook Token' in the credential is empty",
	description:
		"'Wake Agent' goes through the gateway's own hooks. Enter the value of 'hooks.token' in the gateway's openclaw.json, or use 'Send Message' with the access token.",
};

function agentId(value: unknown): string {
	const inner = typeof value === 'object' && value !== null && 'value' in value;
	const id = inner ? value.value : value;
	return typeof id === 'string' ? id.trim() : '';
}

function readText(node: INode, raw: unknown): string {
	const text = typeof raw === 'string' ? raw.trim() : '';
	if (text === '') {
		const reason = {
			message: "'Text' is empty",
			description: 'Enter a short fixed text, for example: Check the ticket queue',
		};
		throw invalidItem(node, reason, 0);
	}
	if (text.includes('{{')) {
		const reason = {
			message: "'Text' of Wake Agent must be fixed text without placeholders",
			description:
				"The gateway hands this text to the agent as yours, without marking it as external content. To pass values on, use 'Send Message'.",
		};
		throw invalidItem(node, reason, 0);
	}
	return text;
}
