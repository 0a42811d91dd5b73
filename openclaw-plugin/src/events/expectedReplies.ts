import { createHash } from 'node:crypto';
import { BoundedMap } from './boundedMap';
import { isSameChat, isSubagent } from './origin';
import type { Origin } from './origin';
import type { Run } from './run';

/**
 * What runs have written, to tell which run a delivered message belongs to: the report of a delivery
 * often names no run. What fits more than one run is joined with none.
 */
export interface ExpectedReplies {
	/** A run has written something that may be delivered. */
	expect(run: Run, text: string): void;
	/** Finds the run whose text was delivered, which is then no longer expected. */
	take(origin: Origin, content: string): Match;
}

export interface Match {
	/** Undefined when it is of no run, or when it is not certain of which. */
	readonly run: Run | undefined;
	/** Runs that it may be of. */
	readonly candidates: readonly Run[];
}

interface Expected {
	readonly run: Run;
	/** Another run's text was the same, and it is not known which one was delivered. */
	isUncertain: boolean;
}

const BOUNDS = { limit: 2000, keptMs: 30 * 60_000 };
const MAX_EQUAL = 20;
/** Longer texts are compared by their hash. */
const MAX_TEXT = 200;

export function createExpectedReplies(now: () => number): ExpectedReplies {
	const expected = new BoundedMap<readonly Expected[]>(BOUNDS, now);
	return {
		expect: (run, text) => {
			// What a sub-agent writes goes to the agent that has started it.
			if (isSubagent(run.origin.sessionKey)) return;
			const key = keyOf(text);
			const known = expected.get(key) ?? [];
			// A run that is tried anew says the same again.
			if (key === '' || known.some((other) => other.run === run)) return;
			expected.set(key, [...known, { run, isUncertain: false }].slice(-MAX_EQUAL));
		},
		take: (origin, content) => {
			const key = keyOf(content);
			const known = expected.get(key) ?? [];
			const fitting = known.filter(({ run }) => fits(run, origin));
			// What was told or reported before is hardly delivered now, when there is another.
			const open = fitting.filter(({ run }) => !run.isTold && !run.isReported);
			const candidates = open.length === 0 ? fitting : open;
			const [taken] = candidates;
			if (taken === undefined) return { run: undefined, candidates: [] };
			if (candidates.length > 1) for (const one of candidates) one.isUncertain = true;
			expected.set(
				key,
				known.filter((other) => other !== taken),
			);
			return {
				run: taken.isUncertain ? undefined : taken.run,
				candidates: candidates.map(({ run }) => run),
			};
		},
	};
}

/** Whether a message may be of a run: it is in its session, or in the chat that it replies to. */
function fits({ origin: run }: Run, message: Origin): boolean {
	if (message.runId !== undefined) return message.runId === run.runId;
	if (message.sessionKey !== undefined && message.sessionKey === run.sessionKey) return true;
	if (run.channel === undefined || run.channel !== message.channel) return false;
	const isOther =
		run.accountId !== undefined &&
		message.accountId !== undefined &&
		run.accountId !== message.accountId;
	return (
		!isOther &&
		run.conversation !== undefined &&
		message.conversation !== undefined &&
		isSameChat(run.conversation, message.conversation)
	);
}

function keyOf(content: string): string {
	const text = content.trim();
	return text.length <= MAX_TEXT ? text : createHash('sha256').update(text).digest('base64');
}
