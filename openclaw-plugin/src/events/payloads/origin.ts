import { agentIdOf, channelOf } from '../sessionKey';
import { fieldsOf, idOf, inner, textOf } from './fields';
import type { Fields } from './fields';

/** Where something happened; what the gateway did not say is undefined. */
export interface Origin {
	readonly agentId?: string | undefined;
	readonly sessionId?: string | undefined;
	readonly sessionKey?: string | undefined;
	/** Id of the channel, such as `telegram`. */
	readonly channel?: string | undefined;
	/** The sender's id in the channel. */
	readonly userId?: string | undefined;
	readonly runId?: string | undefined;
	/** What started the run: `user`, `cron`, `heartbeat` … */
	readonly trigger?: string | undefined;
}

/** Of the hooks about messages, whose `channelId` is the channel. */
export function messageOrigin(event: Fields, context: Fields): Origin {
	const sessionKey = textOf(event, 'sessionKey') ?? textOf(context, 'sessionKey');
	return {
		agentId: agentIdOf(sessionKey),
		sessionKey,
		channel: textOf(context, 'channelId') ?? textOf(event, 'channel') ?? channelOf(sessionKey),
		userId: idOf(event, 'senderId') ?? idOf(context, 'senderId'),
		runId: idOf(event, 'runId') ?? idOf(context, 'runId'),
	};
}

/** Of the hooks about runs, whose `channelId` is the conversation. */
export function runOrigin(event: Fields, context: Fields): Origin {
	const sessionKey = textOf(context, 'sessionKey') ?? textOf(event, 'sessionKey');
	return {
		agentId: textOf(context, 'agentId') ?? textOf(event, 'agentId') ?? agentIdOf(sessionKey),
		sessionId: idOf(context, 'sessionId') ?? idOf(event, 'sessionId'),
		sessionKey,
		channel: textOf(context, 'channel', 'messageProvider') ?? channelOf(sessionKey),
		userId: idOf(context, 'senderId'),
		runId: idOf(event, 'runId') ?? idOf(context, 'runId'),
		trigger: textOf(context, 'trigger'),
	};
}

/** Of the hooks about tools, which name who asked for the run. */
export function toolOrigin(event: Fields, context: Fields): Origin {
	const requester = inner(context, 'requester');
	const run = runOrigin(event, context);
	return {
		...run,
		channel: textOf(requester, 'channel') ?? run.channel,
		userId: idOf(requester, 'senderId') ?? run.userId,
	};
}

/** Of the hooks about sessions. */
export function sessionOrigin(event: unknown, context: unknown): Origin {
	return runOrigin(fieldsOf(event), fieldsOf(context));
}
