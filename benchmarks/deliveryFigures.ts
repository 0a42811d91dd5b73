/** What one run of `deliveryProgram.ts` measures. */
export interface DeliveryFigures {
	/** Requests per second that were answered. */
	readonly perSecond: number;
	/** CPU time of one, in microseconds, of the sender alone. */
	readonly cpuMicroseconds: number;
	/** Deliveries that were given up. */
	readonly failed?: number;
	/** Bytes after the collection of garbage, when so many events had been delivered. */
	readonly memory?: readonly MemorySample[];
}

export interface MemorySample {
	readonly delivered: number;
	readonly heapBytes: number;
	readonly residentBytes: number;
}
