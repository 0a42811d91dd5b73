import type { RunEntry } from './entries';

/** One life of the n8n process; milliseconds since 1970. */
export interface N8nLife {
	readonly startedAt: number;
	/** When it was killed; undefined when it ended in order, or runs still. */
	readonly killedAt: number | undefined;
}

/** One more run of an event behind the trigger. */
export interface Repeat {
	readonly eventId: string;
	/** The case in docs/deduplication.md that allows it. */
	readonly documented: 'crash' | 'forgotten' | undefined;
}

/** So many ids a node remembers over restarts. */
const REMEMBERED_IDS = 1000;
/** After a start of n8n every event is looked up, and so recorded before it runs, for so long. */
const LOOKED_UP_MS = 600_000;
/** 250 ms in which an id waits to be written, and a slow write. */
const UNRECORDED_MS = 1000;

/** Whether n8n was killed before it had written down that it ran the event. */
function wasUnrecorded({ startedAt }: RunEntry, lives: readonly N8nLife[]): boolean {
	return lives.some(
		(life) =>
			life.killedAt !== undefined &&
			startedAt >= life.startedAt + LOOKED_UP_MS &&
			startedAt <= life.killedAt &&
			startedAt >= life.killedAt - UNRECORDED_MS,
	);
}

/**
 * Finds events that ran more than once behind the trigger, and whether that is one of the documented
 * cases.
 *
 * @param groups executions by event id
 */
export function findRepeats(
	groups: ReadonlyMap<string, readonly RunEntry[]>,
	lives: readonly N8nLife[],
): readonly Repeat[] {
	const firstRuns = [...groups.values()].map((runs) =>
		Math.min(...runs.map(({ startedAt }) => startedAt)),
	);
	const documented = (first: RunEntry, second: RunEntry): Repeat['documented'] => {
		if (wasUnrecorded(first, lives)) return 'crash';
		const between = firstRuns.filter((at) => at > first.startedAt && at < second.startedAt);
		return between.length >= REMEMBERED_IDS ? 'forgotten' : undefined;
	};
	return [...groups].flatMap(([eventId, runs]) => {
		const ran = runs
			.filter(({ ranDownstream }) => ranDownstream)
			.sort((one, other) => one.startedAt - other.startedAt);
		return ran.slice(1).map((second, index) => ({
			eventId,
			documented: documented(ran[index] ?? second, second),
		}));
	});
}
