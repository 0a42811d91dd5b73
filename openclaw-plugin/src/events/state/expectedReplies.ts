import { createHash } from 'node:crypto';
import type { OfferedReply } from '../payloads/messages';
import { BoundedMap } from './boundedMap';

/** What a channel says of a message. */
export interface Delivered {
	readonly runId: string | undefined;
	readonly sessionKey: string | undefined;
	readonly channel: string | undefined;
	readonly to: string | undefined;
	readonly content: string;
}

/** What a message is the delivery of. */
export interface Join {
	/** Undefined when it is of no run, or when it is not certain of which. */
	readonly runId: string | undefined;
	readonly reply: OfferedReply | undefined;
}

/**
 * Replies on their way to a channel, to tell which run a delivered message belongs to: the report of a
 * delivery often names no run. What fits more than one run is joined with none.
 */
export interface ExpectedReplies {
	/** A part of a reply was handed to the channel of its session. */
	offer(reply: OfferedReply): void;
	/**
	 * The gateway itself may deliver a run's reply to a chat, as it does for scheduled runs.
	 *
	 * @returns whether such a message is on its way already
	 */
	announce(announced: Announced): boolean;
	/** A message is on its way; returns the runs whose announced reply it may be. */
	send(message: Delivered): readonly string[];
	/** Joins a message with its reply, which is then no longer expected. */
	take(message: Delivered): Join | undefined;
}

export interface Announced {
	readonly runId: string;
	readonly channel: string;
	readonly chatId: string | undefined;
	readonly content: string;
}

interface Expected extends Join {
	readonly chatId?: string | undefined;
	/** Another run's reply was the same, and it is not known which one was delivered. */
	isUncertain: boolean;
}

const BOUNDS = { limit: 1000, keptMs: 30 * 60_000 };
/** Messages that no run was known for when they were sent. */
const STRAYS = { limit: 1000, keptMs: 60_000 };
const MAX_EQUAL = 20;
/** Longer texts are compared by their hash. */
const MAX_TEXT = 200;

/**
 * @param isTold whether the reply of a run was told without a report: what is delivered with the same
 * text afterwards belongs to another run, if there is one
 */
export function createExpectedReplies(
	now: () => number,
	isTold: (runId: string) => boolean,
): ExpectedReplies {
	const offered = new BoundedMap<Expected[]>(BOUNDS, now);
	const announced = new BoundedMap<Expected[]>(BOUNDS, now);
	const strays = new BoundedMap<string | undefined>(STRAYS, now);

	const offersFor = (message: Delivered) =>
		offered.get(keyOf(message.sessionKey, message.content)) ?? [];
	const announcedFor = (message: Delivered) =>
		(announced.get(keyOf(message.channel, message.content)) ?? []).filter(({ chatId }) =>
			isSameChat(chatId, message.to),
		);
	const candidatesFor = (message: Delivered) => {
		const all = [...offersFor(message), ...announcedFor(message)];
		const open = all.filter(({ runId }) => runId === undefined || !isTold(runId));
		return open.length === 0 ? all : open;
	};
	const remove = (message: Delivered, taken: Expected) => {
		removeFrom(offered, keyOf(message.sessionKey, message.content), taken);
		removeFrom(announced, keyOf(message.channel, message.content), taken);
	};
	return {
		offer: (reply) => {
			const { runId, sessionKey } = reply.origin;
			// The text is in the key already.
			const kept = { ...reply, content: '' };
			add(offered, keyOf(sessionKey, reply.content), { runId, reply: kept, isUncertain: false });
		},
		announce: ({ runId, channel, chatId, content }) => {
			const key = keyOf(channel, content);
			add(announced, key, { runId, reply: undefined, chatId, isUncertain: false });
			return strays.has(key) && isSameChat(chatId, strays.get(key)) && strays.delete(key);
		},
		send: (message) => {
			const runs = announcedFor(message).flatMap(({ runId }) =>
				runId === undefined ? [] : [runId],
			);
			const isStray = runs.length === 0 && offersFor(message).length === 0;
			if (isStray) strays.set(keyOf(message.channel, message.content), message.to);
			return runs;
		},
		take: (message) => {
			const candidates = candidatesFor(message);
			const { runId } = message;
			const taken =
				runId === undefined
					? oldest(candidates)
					: candidates.find((expected) => expected.runId === runId);
			if (taken !== undefined) remove(message, taken);
			if (runId !== undefined) return { runId, reply: taken?.reply };
			return taken?.isUncertain === true ? { runId: undefined, reply: undefined } : taken;
		},
	};
}

function add(map: BoundedMap<Expected[]>, key: string, expected: Expected): void {
	const list = map.get(key) ?? [];
	list.push(expected);
	if (list.length > MAX_EQUAL) list.shift();
	map.set(key, list);
}

function removeFrom(map: BoundedMap<Expected[]>, key: string, expected: Expected): void {
	const rest = map.get(key)?.filter((other) => other !== expected) ?? [];
	if (rest.length === 0) map.delete(key);
	else map.set(key, rest);
}

/** The oldest, and whether it is certain that it is of its run. */
function oldest(candidates: readonly Expected[]): Expected | undefined {
	const isOneRun = new Set(candidates.map(({ runId }) => runId)).size === 1;
	if (!isOneRun) for (const candidate of candidates) candidate.isUncertain = true;
	return candidates[0];
}

function isSameChat(chatId: string | undefined, to: string | undefined): boolean {
	if (chatId === undefined || to === undefined) return true;
	return to === chatId || to.endsWith(`:${chatId}`);
}

function keyOf(place: string | undefined, content: string): string {
	const text = content.trim();
	const short = text.length <= MAX_TEXT ? text : createHash('sha256').update(text).digest('base64');
	return `${place ?? ''}\n${short}`;
}
