/** What one run of `backlogProgram.ts` measures. */
export interface BacklogFigures {
	/** Milliseconds of each look for what is due. */
	readonly dueMilliseconds: readonly number[];
	/** What the status file alone has written. */
	readonly idleBytesPerHour: number;
}
