/** A sender tries for 27 hours; the rest is margin for its jitter and for clocks. */
const RETENTION_MS = 30 * 60 * 60 * 1000;
const MAX_RESERVATIONS = 50_000;
/** Ids have some 30 characters; a sender that makes them longer gets fewer remembered. */
const MAX_CHARACTERS = 8_000_000;

export interface ReservationLimits {
	readonly retentionMs?: number;
	readonly maxEntries?: number;
	readonly maxCharacters?: number;
}

/**
 * The ids of the events this process has started a workflow for. A reservation is made in one step,
 * without waiting for anything, so of any number of copies at once exactly one gets it.
 */
export class EventReservations {
	private readonly reservedAt = new Map<string, number>();
	private characters = 0;
	private readonly limits: Required<ReservationLimits>;

	constructor(limits: ReservationLimits = {}) {
		this.limits = {
			retentionMs: RETENTION_MS,
			maxEntries: MAX_RESERVATIONS,
			maxCharacters: MAX_CHARACTERS,
			...limits,
		};
	}

	/**
	 * @param key from {@link reservationKey}
	 * @param now milliseconds since 1970
	 * @returns whether the caller is the first one
	 */
	reserve(key: string, now: number): boolean {
		const since = this.reservedAt.get(key);
		if (since !== undefined && now - since < this.limits.retentionMs) return false;
		// Moves an expired one to the end: the map stays in order of time.
		this.release(key);
		this.reservedAt.set(key, now);
		this.characters += key.length;
		this.dropOldest(now);
		return true;
	}

	/** Takes a reservation back when no workflow was started for it, so that a retry can. */
	release(key: string): void {
		if (this.reservedAt.delete(key)) this.characters -= key.length;
	}

	get size(): number {
		return this.reservedAt.size;
	}

	private dropOldest(now: number): void {
		for (const [key, since] of this.reservedAt) {
			const isOver =
				this.reservedAt.size > this.limits.maxEntries ||
				this.characters > this.limits.maxCharacters;
			if (!isOver && now - since < this.limits.retentionMs) return;
			this.release(key);
		}
	}
}

/**
 * What a reservation is kept under: the same event may start several workflows, each once.
 *
 * @param eventId the id inside the signed body; headers are not signed
 */
export function reservationKey(workflowId: string, nodeId: string, eventId: string): string {
	return `${workflowId} ${nodeId} ${eventId}`;
}
