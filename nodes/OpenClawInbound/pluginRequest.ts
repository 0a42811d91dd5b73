import type { INode } from 'n8n-workflow';

import { hasPluginToken } from '../shared/gatewayConnection';
import type { GatewayConnection, UserMessage } from '../shared/gatewayConnection';
import type { InboundOptions } from './options';

/** Seconds that the plugin holds a request at most. */
const MAX_WAIT_SECONDS = 300;
/** Milliseconds for the answer to arrive after that. */
const GRACE_MS = 10_000;

/**
 * Whether the node gives out the agent's reply: as the user has chosen; else when it is a tool of an AI
 * Agent, which asks in order to get an answer, and the token shows that there is a plugin to give one.
 */
export function waitsForReply(
	node: INode,
	connection: GatewayConnection,
	{ waitForReply }: InboundOptions,
): boolean {
	return waitForReply ?? (node.type.endsWith('Tool') && hasPluginToken(connection));
}

/** Seconds that the plugin is to hold the request. */
function waitSeconds({ timeoutMs }: InboundOptions): number {
	return Math.min(Math.ceil(timeoutMs / 1000), MAX_WAIT_SECONDS);
}

/** How the request says what is wanted besides the message. */
export function pluginHeaders(
	node: INode,
	connection: GatewayConnection,
	options: InboundOptions,
): Readonly<Record<string, string>> {
	const { sessionKey, deliver } = options.agentFields;
	return {
		...(waitsForReply(node, connection, options)
			? { Prefer: `wait=${String(waitSeconds(options))}` }
			: {}),
		...(typeof sessionKey === 'string' ? { 'X-OpenClaw-Session-Key': sessionKey } : {}),
		...(deliver === true ? { 'X-OpenClaw-Deliver': 'true' } : {}),
	};
}

/** Milliseconds for one request. */
export function requestTimeout(
	node: INode,
	connection: GatewayConnection,
	options: InboundOptions,
): number {
	return waitsForReply(node, connection, options)
		? waitSeconds(options) * 1000 + GRACE_MS
		: options.timeoutMs;
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
