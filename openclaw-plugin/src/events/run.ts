import { amountOf } from './fields';
import type { Fields } from './fields';
import { mergePlaces, WEBCHAT } from './place';
import type { Place } from './place';

/** Why a model call failed. */
export interface ModelFailure {
	readonly message: string;
	readonly code: string | undefined;
	readonly model: string | undefined;
}

/** How a run has ended, once and for all. */
export interface RunEnd {
	readonly place: Place;
	readonly outcome:
		| { readonly kind: 'replied'; readonly text: string | undefined; readonly isSilent: boolean }
		| { readonly kind: 'failed'; readonly message: string; readonly code: string | undefined }
		| { readonly kind: 'stopped' };
	/** Whether the run itself has delivered its reply, or tried to. */
	readonly hasDelivered: boolean;
}

/** What is known of an agent's run; several hooks, in different instances of the plugin, tell parts. */
export interface Run {
	readonly id: string;
	place: Place;
	/** Whether a hook has told what the run is about: trigger, channel and sender. */
	isDescribed: boolean;
	/** That of the last model call. */
	model?: string | undefined;
	/** Of all model calls. */
	usage?: Usage | undefined;
	/** The last text of a model, until the run's end is dealt with. */
	text?: string | undefined;
	/** Its texts so far, as they stand in the session's transcript: messages of their own where it is shown. */
	readonly texts: string[];
	/** By model: the last failure of each. */
	readonly failures: Map<string, ModelFailure>;
	/** Set when it has ended. */
	end?: RunEnd | undefined;
	/** When that was, milliseconds since 1970. */
	endedAt?: number | undefined;
	/** Whether the message that it answers was told here: that of an API request. */
	isAsked: boolean;
	/** Whether a channel has reported what became of the reply. */
	isReported: boolean;
	/** Whether its reply was told although no channel has reported it. */
	isTold: boolean;
	/** Whether its tokens were told: once, so that they can be added up. */
	isUsageTold: boolean;
	/** Whether it was told that its reply was not delivered, before the channel's report. */
	isFailureTold: boolean;
}

export function createRun(id: string): Run {
	return {
		id,
		place: { runId: id },
		isDescribed: false,
		texts: [],
		failures: new Map(),
		isAsked: false,
		isReported: false,
		isTold: false,
		isUsageTold: false,
		isFailureTold: false,
	};
}

/** Adds what a hook tells of where a run belongs; what is known stays where it says nothing. */
export function describeRun(run: Run, place: Place): void {
	run.place = { ...mergePlaces(place, run.place), runId: run.id };
}

/** Whether somebody in a chat has caused it, so that its reply goes back there through the channel. */
export function isConversation({ place }: Run): boolean {
	const { trigger, userId, channel } = place;
	return trigger === 'user' && userId !== undefined && channel !== undefined && channel !== WEBCHAT;
}

/** Whether it is a request to the gateway's OpenAI-compatible API, by the ids these give their runs. */
export function isApiRequest({ id, place }: Run): boolean {
	return place.userId === undefined && /^(?:chatcmpl|resp)_/.test(id);
}

/** Tokens of model calls. What a cache has served is not part of the input tokens. */
export interface Usage {
	readonly inputTokens: number;
	readonly outputTokens: number;
	readonly cacheReadTokens?: number;
	readonly cacheWriteTokens?: number;
}

/** Reads the gateway's count; undefined when a part is missing or nothing was used. */
export function parseUsage(fields: Fields): Usage | undefined {
	const inputTokens = amountOf(fields, 'input');
	const outputTokens = amountOf(fields, 'output');
	if (inputTokens === undefined || outputTokens === undefined) return undefined;
	const cacheReadTokens = amountOf(fields, 'cacheRead') ?? 0;
	const cacheWriteTokens = amountOf(fields, 'cacheWrite') ?? 0;
	if (inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens === 0) return undefined;
	return withCache({ inputTokens, outputTokens }, cacheReadTokens, cacheWriteTokens);
}

/** The tokens of several calls together. */
export function addUsage(left: Usage | undefined, right: Usage | undefined): Usage | undefined {
	if (left === undefined || right === undefined) return left ?? right;
	return withCache(
		{
			inputTokens: left.inputTokens + right.inputTokens,
			outputTokens: left.outputTokens + right.outputTokens,
		},
		(left.cacheReadTokens ?? 0) + (right.cacheReadTokens ?? 0),
		(left.cacheWriteTokens ?? 0) + (right.cacheWriteTokens ?? 0),
	);
}

function withCache(usage: Usage, cacheReadTokens: number, cacheWriteTokens: number): Usage {
	return {
		...usage,
		...(cacheReadTokens > 0 ? { cacheReadTokens } : {}),
		...(cacheWriteTokens > 0 ? { cacheWriteTokens } : {}),
	};
}
