/** Which events may run at the same time: those of one lane run one after the other. */
export type LaneOf<Entry> = (entry: Entry) => string | undefined;

/**
 * Events that wait for their execution, in the order in which they came. A lane is busy from when one of
 * its events is taken until it is freed.
 */
export class EventQueue<Entry> {
	private waiting: Entry[] = [];
	private readonly busy = new Map<string, number>();

	private laneOf: LaneOf<Entry> = () => undefined;

	/** From then on. Until lanes are set there are none, and everything may run at the same time. */
	useLanes(laneOf: LaneOf<Entry>): void {
		this.laneOf = laneOf;
	}

	/** The one that has been waiting longest. */
	get first(): Entry | undefined {
		return this.waiting[0];
	}

	add(entry: Entry): void {
		this.waiting.push(entry);
	}

	/**
	 * Takes the next events that may run together, oldest first. Two of one lane may: they stay in order
	 * within an execution.
	 *
	 * @param limit how many at most
	 * @returns the events, and what frees their lanes when their execution has ended
	 */
	take(limit: number): { entries: readonly Entry[]; free: () => void } {
		const taken: Entry[] = [];
		const lanes = new Set<string>();
		const left: Entry[] = [];
		for (const entry of this.waiting) {
			const lane = this.laneOf(entry);
			const isFree = lane === undefined || !this.busy.has(lane);
			if (taken.length < limit && isFree) {
				taken.push(entry);
				if (lane !== undefined) lanes.add(lane);
			} else {
				left.push(entry);
			}
		}
		this.waiting = left;
		for (const lane of lanes) this.busy.set(lane, (this.busy.get(lane) ?? 0) + 1);
		return {
			entries: taken,
			free: () => {
				for (const lane of lanes) this.free(lane);
			},
		};
	}

	/** How many could be taken now. */
	countReady(limit: number): number {
		let count = 0;
		for (const entry of this.waiting) {
			const lane = this.laneOf(entry);
			if (lane === undefined || !this.busy.has(lane)) count += 1;
			if (count === limit) break;
		}
		return count;
	}

	/** Empties the queue. */
	drain(): readonly Entry[] {
		return this.waiting.splice(0);
	}

	private free(lane: string): void {
		const users = (this.busy.get(lane) ?? 1) - 1;
		if (users === 0) this.busy.delete(lane);
		else this.busy.set(lane, users);
	}
}
