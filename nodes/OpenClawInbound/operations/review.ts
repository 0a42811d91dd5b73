import { WAIT_INDEFINITELY } from 'n8n-workflow';
import type { IDataObject, IExecuteFunctions, INode, INodeExecutionData } from 'n8n-workflow';

import type { EventData } from '../../../protocol/event';
import { ownProperty, readText } from '../../shared/parameterValues';
import { addressOf, parkItems } from './callback';
import type { ParkedMessage } from './callback';
import { deliver } from './delivery';
import { invalidItem, orErrorItems, stopWith, undelivered } from './everyItem';
import { prepareTask } from './task';
import { readWaitLimit } from './waitLimit';

/** Where the plugin takes questions. */
const REVIEWS_PATH = '/plugins/event-webhooks/api/reviews';

/** Type of the event that brings a person's answer. */
export const REVIEW_ANSWERED = 'review.answered';

/** Milliseconds for which a question waits where no limit is set: nobody approves what was forgotten. */
const DEFAULT_WAIT_MS = 24 * 3_600_000;
/** As the plugin has it. */
const LONGEST_WAIT_MS = 7 * 24 * 3_600_000;

/**
 * The human review of a tool call of n8n's AI Agent: asks a person in a chat of the gateway and puts the execution to
 * wait for the answer. The agent runs the tool for `approved: true` alone; whatever else comes out, an error and the end
 * of the time among them, denies it.
 *
 * @throws NodeOperationError or NodeApiError when nobody was asked, unless the node goes on then
 */
export async function askPerson(context: IExecuteFunctions): Promise<INodeExecutionData[]> {
	return await orErrorItems(context, async (node, count) => {
		if (count > 1) throw invalidItem(node, ONE_CALL, 1);
		const until = readLimit(context, node);
		const task = await prepareTask(context, node, stopWith(context).signal);
		const question = {
			message: messageOf(context, node),
			...whereOf(context, node),
			...approversOf(context, node),
			timeoutSeconds: (until.getTime() - Date.now()) / 1000,
		};
		const { url, secret } = addressOf(task, 0);
		const { maxAttempts, backoffMs, timeoutMs } = task.optionsOf(0);
		const asked = await deliver(task.run, {
			request: {
				method: 'POST',
				path: REVIEWS_PATH,
				body: JSON.stringify(question),
				headers: { 'X-OpenClaw-Callback-Url': url, 'X-OpenClaw-Callback-Secret': secret },
				idempotencyKey: task.keyOf(0),
				timeoutMs,
			},
			target: { kind: 'review' },
			policy: { maxAttempts, backoffMs },
		});
		if (!asked.ok) throw undelivered(node, asked.failure, 0);
		const id = ownProperty(asked.body.review, 'id');
		if (typeof id !== 'string') throw undelivered(node, NOT_ASKED, 0);
		const tool: unknown = context.evaluateExpression('{{ $tool?.name }}', 0);
		const known = typeof tool === 'string' ? { tool } : {};
		parkItems(context, [{ sent: true, message: { runId: id, known } }]);
		await context.putExecutionToWait(until);
		return [];
	});
}

/** What the agent is given when a person has answered: `chatInput` is what it reads of a reason. */
export function toAnswer(data: EventData, { known }: ParkedMessage): IDataObject {
	const review = data.review;
	const decision = ownProperty(review, 'decision');
	const approved = decision === 'approve';
	const textIn = (name: string, as: string) => {
		const text = readText(ownProperty(review, name)) ?? '';
		return text === '' ? {} : { [as]: text };
	};
	return {
		approved,
		...known,
		...textIn('id', 'reviewId'),
		...textIn('by', 'by'),
		...(approved ? {} : textIn('reason', 'chatInput')),
	};
}

function readLimit(context: IExecuteFunctions, node: INode): Date {
	const now = Date.now();
	const limit = readWaitLimit(context.getNodeParameter('options.limitWaitTime', 0, {}), now);
	if (!limit.ok) throw invalidItem(node, limit.reason, 0);
	if (limit.until === WAIT_INDEFINITELY) return new Date(now + DEFAULT_WAIT_MS);
	if (limit.until.getTime() > now + LONGEST_WAIT_MS) throw invalidItem(node, TOO_LONG, 0);
	return limit.until;
}

/** n8n writes the parameters of a tool as `[object Object]` into a text, which nobody could approve. */
function messageOf(context: IExecuteFunctions, node: INode): string {
	const message = textParameter(context, node, 'message', 'Message');
	const parameters: unknown = context.evaluateExpression('{{ $tool?.parameters }}', 0);
	if (typeof parameters !== 'object' || parameters === null) return message;
	const shown = JSON.stringify(parameters, null, 2);
	return message.replaceAll(OBJECT, () => shown);
}

const OBJECT = '[object Object]';

function whereOf(context: IExecuteFunctions, node: INode) {
	if (context.getNodeParameter('askIn', 0, 'chat') === 'session') {
		return { sessionKey: textParameter(context, node, 'askSessionKey', 'Session Key') };
	}
	return {
		channel: textParameter(context, node, 'askChannel', 'Channel'),
		to: textParameter(context, node, 'askTo', 'To'),
	};
}

/** An expression that gives nothing is no list of approvers, but no lack of one either. */
function approversOf(context: IExecuteFunctions, node: INode) {
	const given: unknown = context.getNodeParameter('approvers', 0, '');
	if (given === '') return {};
	const texts = Array.isArray(given) ? given : (readText(given)?.split(',') ?? []);
	const approvers = texts.map((id) => readText(id) ?? '').filter((id) => id !== '');
	if (approvers.length === 0) throw invalidItem(node, NO_APPROVERS, 0);
	return { approvers };
}

function textParameter(
	context: IExecuteFunctions,
	node: INode,
	name: string,
	label: string,
): string {
	const text = readText(context.getNodeParameter(name, 0, '')) ?? '';
	if (text !== '') return text;
	const reason = {
		message: `'${label}' is empty`,
		description: `Enter a text in '${label}', or change the expression so that it gives one. Nobody was asked.`,
	};
	throw invalidItem(node, reason, 0);
}

const ONE_CALL = {
	message: 'More than one tool call came at once',
	description: 'A person is asked for each call by itself. Nobody was asked.',
};

const TOO_LONG = {
	message: "'Limit Wait Time' of a review is more than 7 days",
	description: 'Choose an earlier end. Nobody was asked.',
};

const NO_APPROVERS = {
	message: "'Approvers' holds no ID",
	description:
		"Enter IDs of people in the channel, separated by commas, or leave 'Approvers' empty. Nobody was asked.",
};

const NOT_ASKED = {
	message: 'The gateway did not say that it asked a person',
	description: 'Bring the plugin event-webhooks on the gateway up to date.',
};
