import type { Outbox } from '../outbox/outbox';

/** Which delivery of an endpoint comes next. */
export interface DueList {
	/** The oldest that is due and that nobody works on. */
	next(now: number): number | undefined;
	/** The one after the last probed one, going round: another than that if there is one. */
	nextAfter(id: number, now: number): number | undefined;
	/** Makes it look for new ones when it has come to the end of those it knows. */
	expectMore(): void;
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
	endpoint: string,
	isBusy: (id: number) => boolean,
	busyCount: () => number,
): DueList {
	let known: number[] = [];
	let position = 0;
	let mayHaveMore = true;
	const fetch = (now: number) => {
		const limit = BATCH + busyCount();
		const found = outbox.due(endpoint, now, limit);
		mayHaveMore = found.length >= limit;
		return found.filter((id) => !isBusy(id));
	};
	return {
		next: (now) => {
			for (;;) {
				while (position < known.length) {
					const id = known[position];
					position += 1;
					if (id !== undefined && !isBusy(id)) return id;
				}
				if (!mayHaveMore) return undefined;
				known = fetch(now);
				position = 0;
				if (known.length === 0) mayHaveMore = false;
			}
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
		forget: () => {
			known = [];
			position = 0;
			mayHaveMore = true;
		},
	};
}
