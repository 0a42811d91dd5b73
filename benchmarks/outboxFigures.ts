/** What one run of `outboxProgram.ts` measures. */
export interface OutboxFigures {
	/** CPU time of an event, checkpoints included. */
	readonly cpuMicroseconds: number;
	/** Microseconds that a call takes. */
	readonly median: number;
	readonly p99: number;
	readonly worst: number;
}
