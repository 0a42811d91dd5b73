import type { INode } from 'n8n-workflow';

import type { GatewayConnection, UserMessage } from '../../shared/gatewayConnection';
import { isToolNode } from '../../shared/n8nInternals';
import type { InboundOptions } from './options';

/** How the agent's reply comes to the node, if at all. */
export type ReplyWay = 'none' | 'in-answer' | 'by-callback';

/** What a request to the plugin says besides the message. */
export interface PluginRequest {
	readonly headers: Readonly<Record<string, string>>;
	readonly query: Readonly<Record<string, string | undefined>>;
}

/** Seconds for which one request is held at most: proxies between cut off what takes a minute. */
export const HOLD_SECONDS = 50;
/** Milliseconds for the answer to arrive after that. */
const GRACE_MS = 10_000;

/**
 * How the node gets the agent's reply: with *Send Message and Wait for Response* by a callback; else as
 * the user has chosen; else in the answer when there is a schema for it, or when the node is a tool of an AI
 * Agent, which asks in order to get one, and the token shows that there is a plugin to give it.
 */
export function replyWay(
	operation: unknown,
	node: INode,
	connection: GatewayConnection,
	{ waitForReply, replySchema }: InboundOptions,
): ReplyWay {
	if (operation === 'sendAndWait') return 'by-callback';
	const isTool = isToolNode(node) && connection.accessToken !== '';
	const isWaiting = waitForReply ?? (isTool || replySchema !== undefined);
	return isWaiting ? 'in-answer' : 'none';
}

/** How the request says what is wanted besides the message. A header carries plain letters only. */
export function pluginRequest(way: ReplyWay, options: InboundOptions): PluginRequest {
	const { sessionKey, deliver } = options.agentFields;
	return {
		headers: isHeld(way, options) ? preferWait(options.replySeconds) : {},
		query: { sessionKey, deliver: deliver === true ? 'true' : undefined },
	};
}

/** A request that is held tells the run's id only with its end, and who may have to cancel the run needs it before. */
function isHeld(way: ReplyWay, { cancelRun }: InboundOptions): boolean {
	return way === 'in-answer' && !cancelRun;
}

/** Asks for the request to be held until the run has ended (RFC 7240). */
export function preferWait(seconds: number): Readonly<Record<string, string>> {
	return { Prefer: `wait=${String(Math.min(Math.ceil(seconds), HOLD_SECONDS))}` };
}

/** Milliseconds for one request. */
export function requestTimeout(way: ReplyWay, options: InboundOptions): number {
	return isHeld(way, options)
		? heldTimeout(Math.min(options.replySeconds, HOLD_SECONDS))
		: options.timeoutMs;
}

/** Milliseconds for a request that is held. */
export function heldTimeout(seconds: number): number {
	return seconds * 1000 + GRACE_MS;
}

const MAX_SESSION_KEY_LENGTH = 256;

/**
 * Looks whether a text can be the key of a session. A gateway takes some that can't, and then never runs the
 * agent.
 *
 * @param agentId whose session it is to be, where that is known
 */
export function checkSessionKey(
	{ agentFields: { sessionKey } }: InboundOptions,
	agentId?: string,
): UserMessage | undefined {
	if (sessionKey === undefined) return undefined;
	const [, owner, own = sessionKey] = /^agent:([^:]*):?(.*)$/isu.exec(sessionKey) ?? [];
	const isUsable =
		sessionKey.length <= MAX_SESSION_KEY_LENGTH &&
		// Half of a surrogate pair has no UTF-8 form.
		!/\p{Surrogate}/u.test(sessionKey) &&
		/^[^\s\p{Cc}:][^\s\p{Cc}]*$/u.test(own) &&
		owner !== '';
	if (!isUsable) {
		return {
			message: "'Session Key' in the options cannot be the key of a session",
			description: `Use at most ${String(MAX_SESSION_KEY_LENGTH)} characters without blanks that don't start with a colon, for example hook:tickets, or 'data.sessionKey' of an event.`,
		};
	}
	if (owner === undefined || agentId === undefined) return undefined;
	if (owner.toLowerCase() === agentId.toLowerCase()) return undefined;
	return {
		message: `'Session Key' in the options is a session of the agent '${owner}', and the message goes to '${agentId}'`,
		description: "Choose the same agent in 'Agent', or a session of the other.",
	};
}

/** A schema for a reply that the node does not wait for. */
export function notWaitedFor(
	way: ReplyWay,
	{ replySchema }: InboundOptions,
): UserMessage | undefined {
	if (way !== 'none' || replySchema === undefined) return undefined;
	return {
		message: "'Reply Schema' in the options needs the agent's reply, and 'Wait for Reply' is off",
		description: "Turn 'Wait for Reply' on, or remove 'Reply Schema'.",
	};
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
			"The message goes through the plugin event-webhooks, which knows 'Session Key', 'Deliver' and 'Model'. Remove the option, or use a credential with 'Hook Token' alone and no 'Wait for Reply'.",
	};
}
