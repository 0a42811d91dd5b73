import type { INode } from 'n8n-workflow';

import { readId } from '../../shared/parameterValues';
import { isCausedByWakesOf } from '../../shared/runSource';
import { invalidItem } from './everyItem';
import { itemReader, rawParameter } from './itemParameters';
import type { ItemReader } from './itemParameters';
import type { PreparedItem, Task } from './task';

/**
 * Prepares Wake Agent. Its text is fixed: unlike a message, the gateway hands it to the agent without
 * marking it as external content, so nothing from outside may get into it.
 *
 * @returns makes the request of one item; throws a `NodeOperationError` when something has to be changed
 */
export function prepareWake({
	context,
	node,
	run: { connection },
}: Task): ItemReader<PreparedItem> {
	if (connection.hookToken === '') throw invalidItem(node, NO_HOOK_TOKEN, 0);
	const text = readText(node, rawParameter(context, 'text', ''));
	const path = `${connection.hooksPath}/wake`;
	const modeOf = itemReader(context, 'wakeMode', 'now', (value, itemIndex) => {
		if (value === 'next-heartbeat' || value === 'now') return value;
		throw invalidItem(node, NO_MODE, itemIndex);
	});
	// An agent that can't be read must not become the gateway's own choice.
	const agentOf = itemReader(context, 'agent', '', (value, itemIndex) => {
		const id = readId(value);
		if (id === undefined) throw invalidItem(node, NO_ID, itemIndex);
		return id;
	});
	return (itemIndex) => {
		const agent = agentOf(itemIndex);
		const mode = modeOf(itemIndex);
		// The next heartbeat comes at its own pace: a circle that waits for it harms nobody.
		if (mode === 'now' && isCausedByWakesOf(context, agent)) {
			throw invalidItem(node, WAKES_ITSELF, itemIndex);
		}
		const chosen = agent === '' ? {} : { agentId: agent };
		return {
			path,
			body: { text, mode, ...chosen },
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

const WAKES_ITSELF = {
	message: 'The agent was not woken: it would go round in a circle',
	description:
		"The event that started this workflow is of a run that a wake or a heartbeat of the same agent has begun. To leave such events out, set 'Triggers' in the filters of OpenClaw Trigger to !heartbeat. To go on with such a run, use 'Send Message', whose circles the gateway counts, or set 'When' to 'Next Heartbeat'.",
};

const NO_ID = {
	message: "'Agent' is not an ID",
	description:
		"Choose one from the list in 'Agent', enter its ID, or leave it empty for a gateway with a single agent.",
};

const NO_MODE = {
	message: "'When' is neither 'now' nor 'next-heartbeat'",
	description: "Choose one of the two in 'When', or change the expression so that it gives one.",
};

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
