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

/** `again`: the first run was answered with a failure, so the sender's retry is no duplicate. */
export type Reservation = 'first' | 'again' | 'taken';

interface Entry {
	readonly since: number;
	isReleased: boolean;
}

/**
 * The ids of the events this process has started a workflow for. A reservation is made in one step,
 * without waiting for anything, so of any number of copies at once exactly one gets it.
 */
export class EventReservations {
	private readonly entries = new Map<string, Entry>();
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
	 */
	reserve(key: string, now: number): Reservation {
		const present = this.entries.get(key);
		const isKnown = present !== undefined && now - present.since < this.limits.retentionMs;
		if (isKnown && !present.isReleased) return 'taken';
		// Moves one that is there to the end: the map stays in order of time.
		this.remove(key);
		this.entries.set(key, { since: now, isReleased: false });
		this.characters += key.length;
		this.dropOldest(now);
		return isKnown ? 'again' : 'first';
	}

	/** Takes a reservation back, so that a retry gets it. */
	release(key: string): void {
		const present = this.entries.get(key);
		if (present) present.isReleased = true;
	}

	get size(): number {
		return this.entries.size;
	}

	private dropOldest(now: number): void {
		for (const [key, { since }] of this.entries) {
			const isOver =
				this.entries.size > this.limits.maxEntries || this.characters > this.limits.maxCharacters;
			if (!isOver && now - since < this.limits.retentionMs) return;
			this.remove(key);
		}
	}

	private remove(key: string): void {
		if (this.entries.delete(key)) this.characters -= key.length;
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
