import type { AttackRecord } from './attacker';
import type { Books } from './books';
import { FLAT_RATIO, isFlat, type MemoryTrend } from './memory';

/** One question that the books answer. */
export interface Check {
	readonly label: string;
	/** What speaks against it; it passes without any. */
	readonly faults: readonly string[];
}

/** What the checks are made from. */
export interface Evidence {
	readonly books: Books;
	readonly attacks: AttackRecord;
	/** What was still under way when the test stopped waiting. */
	readonly unsettled: readonly string[];
	/** Ids of events whose request to the second receiver did not verify. */
	readonly unverified: readonly string[];
	readonly deliveredTwice: readonly string[];
	/** Left out by a test that is too short for them. */
	readonly memory: readonly MemoryTrend[];
}

function growth({ firstThird, lastThird }: MemoryTrend): string {
	const text = (value: number | undefined) =>
		value === undefined ? '?' : `${value.toFixed(0)} MiB`;
	return `${text(firstThird)} became ${text(lastThird)}`;
}

/** Asks the books all questions. */
export function runChecks(evidence: Evidence): readonly Check[] {
	const { books, attacks, memory } = evidence;
	return [
		{ label: 'Everything came to rest after the traffic', faults: evidence.unsettled },
		{ label: 'Each event for n8n was run, was filtered, or waits', faults: books.lost },
		{ label: 'Both filters kept out what they should', faults: books.unfiltered },
		{ label: 'Each execution belongs to an event of the gateway', faults: books.forged },
		{ label: 'No event was taken for known that had not run', faults: books.swallowed },
		{
			label: 'Events ran once, documented cases apart',
			faults: books.repeats
				.filter(({ documented }) => documented === undefined)
				.map(({ eventId }) => eventId),
		},
		{ label: 'Events of all seven types ran', faults: books.missingTypes },
		{ label: 'Forgeries and replays were answered as they should be', faults: attacks.wrong },
		{ label: 'No event vanished from the outbox', faults: books.vanished },
		{ label: 'The second receiver got each event', faults: books.notReceived },
		{ label: 'Each of its requests verified', faults: evidence.unverified },
		{ label: 'No delivery was given up', faults: books.givenUp },
		{ label: 'No delivery was made again once it was recorded', faults: evidence.deliveredTwice },
		{ label: 'Each message that n8n posted came to its agent', faults: books.untold },
		...memory.map((trend) => ({
			label: `Memory of ${trend.program === 'n8n' ? 'n8n' : 'the gateway'} stayed flat (at most × ${String(FLAT_RATIO)})`,
			faults: isFlat(trend) ? [] : [growth(trend)],
		})),
	];
}
