import type { Origin } from '../payloads/origin';
import type { ModelFailure, RunEnd } from '../payloads/runs';
import type { Usage } from '../usage';

/** What is known of an agent's run; several hooks, in different instances of the plugin, tell parts. */
export interface Run {
	readonly id: string;
	origin: Origin;
	/** The chat that it belongs to. */
	chatId?: string | undefined;
	/** Whether a hook has told what the run is about: trigger, channel and sender. */
	isDescribed: boolean;
	/** That of the last model call. */
	model?: string | undefined;
	/** Of all model calls. */
	usage?: Usage | undefined;
	/** The last text of a model, until the run's end is dealt with. */
	text?: string | undefined;
	/** By model: the last failure of each. */
	readonly failures: Map<string, ModelFailure>;
	/** Set when it has ended. */
	end?: RunEnd | undefined;
	/** When that was, milliseconds since 1970. */
	endedAt?: number | undefined;
	/** Whether the message that it answers was told here: that of an API request. */
	isAsked: boolean;
	/** Whether a part of its reply was handed to a channel. */
	isOffered: boolean;
	/** Whether the gateway reports what becomes of the reply, so that there is nothing to add. */
	isReported: boolean;
	/** Whether its reply was told although no channel has reported it. */
	isTold: boolean;
	/** Whether its tokens were told: once, so that they can be added up. */
	isUsageTold: boolean;
	/** Why its reply was not delivered, where the scheduler knows better than the channel. */
	deliveryFailure?: string | undefined;
	/** Whether that was told before the channel's report. */
	isFailureTold: boolean;
}

export function createRun(id: string): Run {
	return {
		id,
		origin: { runId: id },
		isDescribed: false,
		failures: new Map(),
		isAsked: false,
		isOffered: false,
		isReported: false,
		isTold: false,
		isUsageTold: false,
		isFailureTold: false,
	};
}

/** Adds what a hook tells of where a run belongs; what is known stays where it says nothing. */
export function describeRun(run: Run, origin: Origin): void {
	const known = run.origin;
	run.origin = {
		runId: run.id,
		agentId: origin.agentId ?? known.agentId,
		sessionId: origin.sessionId ?? known.sessionId,
		sessionKey: origin.sessionKey ?? known.sessionKey,
		channel: origin.channel ?? known.channel,
		userId: origin.userId ?? known.userId,
		trigger: origin.trigger ?? known.trigger,
	};
}

/** Whether somebody in a chat has caused it, so that its reply goes back there through the channel. */
export function isConversation({ origin }: Run): boolean {
	return origin.trigger === 'user' && origin.userId !== undefined && origin.channel !== undefined;
}

/** Whether it is a request to the gateway's OpenAI-compatible API, by the ids these give their runs. */
export function isApiRequest({ id, origin }: Run): boolean {
	return origin.userId === undefined && /^(?:chatcmpl|resp)_/.test(id);
}
