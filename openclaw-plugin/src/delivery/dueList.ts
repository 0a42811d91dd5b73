import type { Outbox } from '../outbox/outbox';

/** Which delivery of an endpoint comes next. */
export interface DueList {
	/** Whether it knows some that it has not given out yet, without looking. */
	readonly knowsMore: boolean;
	/** Those that `next` will give out, so many at most. */
	peek(count: number, now: number): readonly number[];
	/** The oldest that is due and that nobody works on. */
	next(now: number): number | undefined;
	/** The one after the last probed one, going round: another than that if there is one. */
	nextAfter(id: number, now: number): number | undefined;
	/** Makes it look for new ones when it has come to the end of those it knows. */
	expectMore(): void;
	/** To be called when one that was worked on is settled: it may have been replayed meanwhile. */
	release(): void;
	/** Makes it look at once, so that older ones that have become due come first. */
	forget(): void;
}

/** Numbers that are fetched at a time; the events themselves are fetched one by one. */
const BATCH = 256;

/**
 * Reads the due deliveries of an endpoint in batches.
 *
 * @param isBusy tells those that are under way, or settled but not written yet
 * @param busyCount how many those may be at most
 */
export function createDueList(
	outbox: Outbox,
	endpointId: number,
	isBusy: (id: number) => boolean,
	busyCount: () => number,
): DueList {
	let known: number[] = [];
	let position = 0;
	let mayHaveMore = true;
	let hasLeftOut = false;
	const fetch = (now: number) => {
		const limit = BATCH + busyCount();
		const found = outbox.due(endpointId, now, limit);
		const free = found.filter((id) => !isBusy(id));
		mayHaveMore = found.length >= limit;
		hasLeftOut = free.length < found.length;
		return free;
	};
	/** Goes to the next one; says whether there is one. */
	const advance = (now: number): boolean => {
		for (;;) {
			for (; position < known.length; position += 1) {
				const id = known[position];
				if (id !== undefined && !isBusy(id)) return true;
			}
			if (!mayHaveMore) return false;
			known = fetch(now);
			position = 0;
			if (known.length === 0) mayHaveMore = false;
		}
	};
	return {
		get knowsMore() {
			return position < known.length;
		},
		peek: (count, now) => (advance(now) ? known.slice(position, position + count) : []),
		next: (now) => {
			if (!advance(now)) return undefined;
			position += 1;
			return known[position - 1];
		},
		nextAfter: (id, now) => {
			const due = fetch(now);
			known = [];
			position = 0;
			mayHaveMore = true;
			return due.find((candidate) => candidate > id) ?? due[0];
		},
		expectMore: () => {
			mayHaveMore = true;
		},
		release: () => {
			if (hasLeftOut) mayHaveMore = true;
			hasLeftOut = false;
		},
		forget: () => {
			known = [];
			position = 0;
			mayHaveMore = true;
		},
	};
}
