import type { INode } from 'n8n-workflow';

import type { GatewayConnection, UserMessage } from '../shared/gatewayConnection';
import type { InboundOptions } from './options';

/** Seconds that the plugin holds a request at most. */
const MAX_WAIT_SECONDS = 300;
/** Milliseconds for the answer to arrive after that. */
const GRACE_MS = 10_000;

/** How the agent's reply comes to the node, if at all. */
export type ReplyWay = 'none' | 'in-answer' | 'by-callback';

/**
 * How the node gets the agent's reply: with *Send Message and Wait for Response* by a callback; else as
 * the user has chosen; else in the answer when it is a tool of an AI Agent, which asks in order to get
 * one, and the token shows that there is a plugin to give it.
 */
export function replyWay(
	operation: unknown,
	node: INode,
	connection: GatewayConnection,
	{ waitForReply }: InboundOptions,
): ReplyWay {
	if (operation === 'sendAndWait') return 'by-callback';
	const isWaiting = waitForReply ?? (node.type.endsWith('Tool') && connection.accessToken !== '');
	return isWaiting ? 'in-answer' : 'none';
}

/** Seconds that the plugin is to hold the request. */
function waitSeconds({ timeoutMs }: InboundOptions): number {
	return Math.min(Math.ceil(timeoutMs / 1000), MAX_WAIT_SECONDS);
}

/** How the request says what is wanted besides the message. */
export function pluginHeaders(
	way: ReplyWay,
	options: InboundOptions,
): Readonly<Record<string, string>> {
	const { sessionKey, deliver } = options.agentFields;
	return {
		...(way === 'in-answer' ? { Prefer: `wait=${String(waitSeconds(options))}` } : {}),
		...(typeof sessionKey === 'string' ? { 'X-OpenClaw-Session-Key': sessionKey } : {}),
		...(deliver === true ? { 'X-OpenClaw-Deliver': 'true' } : {}),
	};
}

/** Milliseconds for one request. */
export function requestTimeout(way: ReplyWay, options: InboundOptions): number {
	return way === 'in-answer' ? waitSeconds(options) * 1000 + GRACE_MS : options.timeoutMs;
}

const STOCK_ONLY = [
	['channel', 'Channel'],
	['to', 'To'],
	['thinking', 'Thinking'],
] as const;

/** An option that only the gateway's own hooks know, if one is set. */
export function notForPlugin({ agentFields }: InboundOptions): UserMessage | undefined {
	const found = STOCK_ONLY.find(([name]) => agentFields[name] !== undefined);
	if (found === undefined) return undefined;
	return {
		message: `'${found[1]}' in the options is not possible here`,
		description:
			"The message goes through the plugin event-webhooks, which knows 'Session Key', 'Deliver' and 'Model'. Remove the option, or use the gateway's hook token without 'Wait for Reply'.",
	};
}

/** The answer of a gateway on whose agent the node waited, without a reply. */
export function noReply(options: InboundOptions): UserMessage {
	return {
		message: `The agent did not answer within ${String(waitSeconds(options))} seconds`,
		description:
			"It may still be at work, and its reply will not come here. Raise 'Timeout (Seconds)' in the options, up to 300, or turn off 'Wait for Reply'.",
	};
}
