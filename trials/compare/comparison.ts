import type { Candidate } from './candidate';
import type { CrashResult } from './crashes';
import type { GenuineRow } from './genuine';
import type { LoadSize, ThroughputResult } from './throughput';
import { judge } from './verdict';
import type { VerificationResult } from './verification';

/** Everything that one run has found. Lists by candidate are in the order of `candidates`. */
export interface Comparison {
	readonly candidates: readonly Candidate[];
	readonly verification: VerificationResult;
	readonly genuine: readonly GenuineRow[];
	readonly loadSize: LoadSize;
	readonly throughput: ThroughputResult;
	readonly crashes: CrashResult;
	/** Pairs of a label and a value about the run. */
	readonly facts: ReadonlyArray<readonly [string, string]>;
}

function attacksThatGotThrough({ verification }: Comparison): string[] {
	const column = verification.attackers.findIndex(({ receiver }) => receiver.key === 'trigger');
	return verification.groups
		.flatMap(({ wanted, rows }) => rows.map((row) => ({ wanted, ...row })))
		.filter(({ wanted, attempts }) => {
			const attempt = attempts[column];
			return attempt === undefined || !wanted.includes(judge(attempt)) || attempt.rows > 0;
		})
		.map(({ name }) => `OpenClaw Trigger did not withstand a request ${name}`);
}

/** What OpenClaw Trigger has to hold and did not; empty when it held everything. */
export function faultsOf(comparison: Comparison): string[] {
	const { candidates, crashes } = comparison;
	const booksOf = (key: Candidate['key']) =>
		crashes.books[candidates.findIndex((candidate) => candidate.key === key)];
	// What a webhook has answered and not run is run when it comes again, but for what a kill cut off between the
	// recording of its id and the user's node.
	const sent = booksOf('trigger');
	const lost = sent === undefined ? 0 : Math.max(0, sent.afterReplay.lost - sent.cutOff);
	const lostFetched = booksOf('connection')?.afterKills.lost ?? 0;
	const twiceFetched = booksOf('connection')?.endedTwice ?? 0;
	return [
		...attacksThatGotThrough(comparison),
		...(lost === 0 ? [] : [`OpenClaw Trigger lost ${String(lost)} events`]),
		...(lostFetched === 0 ? [] : [`The connection lost ${String(lostFetched)} events`]),
		...(twiceFetched === 0 ? [] : [`The connection ran ${String(twiceFetched)} events twice`]),
		...(crashes.failed === 0 ? [] : [`The gateway gave ${String(crashes.failed)} deliveries up`]),
	];
}
