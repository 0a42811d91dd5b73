/** How often the events of a sender ran. */
export interface RunCounts {
	readonly emitted: number;
	/** Events that never ran. */
	readonly lost: number;
	/** Events that ran more than once. */
	readonly repeated: number;
}

/**
 * Balances what a sender has emitted with what ran.
 *
 * @param emitted ids of the events
 * @param runs id of the event of each run; other events may be among them
 */
export function countRuns(emitted: readonly string[], runs: readonly string[]): RunCounts {
	const times = new Map(emitted.map((id) => [id, 0]));
	for (const id of runs) {
		const before = times.get(id);
		if (before !== undefined) times.set(id, before + 1);
	}
	const counts = [...times.values()];
	return {
		emitted: times.size,
		lost: counts.filter((count) => count === 0).length,
		repeated: counts.filter((count) => count > 1).length,
	};
}
