import { describeHealth } from '../endpoints/endpointHealth';
import type { Overview } from '../endpoints/endpointHealth';
import type { Database } from '../store/databaseAccess';

/** Counting 100,000 deliveries takes some 15 ms: not for each look of each page. */
const FRESH_MS = 5000;

/** The overview that all open pages share. */
export interface Overviews {
	/** Some seconds old at most. */
	current(): Overview;
	/** Makes a new one next time: something was changed. */
	forget(): void;
}

export function createOverviews(parts: {
	readonly database: Database;
	readonly now: () => number;
}): Overviews {
	const { database, now } = parts;
	let known: Overview | undefined;
	return {
		current: () => {
			if (known === undefined || Math.abs(now() - known.at) >= FRESH_MS) {
				known = describeHealth(database, now());
			}
			return known;
		},
		forget: () => {
			known = undefined;
		},
	};
}
