import { startRecordingClock } from './recordingClock';

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
	isProvenNew: boolean;
}

/**
 * The ids of the events this process has started a workflow for. A reservation is made in one step,
 * without waiting for anything, so of any number of copies at once exactly one gets it.
 */
export class EventReservations {
	private readonly entries = new Map<string, Entry>();
	private characters = 0;
	/** The latest time of a reservation that isn't known any more. */
	private forgottenUntil = -Infinity;
	private readonly limits: Required<ReservationLimits>;

	/** @param recordingSince when the first event can have been reserved, in milliseconds since 1970 */
	constructor(
		limits: ReservationLimits = {},
		private readonly recordingSince = startRecordingClock(),
	) {
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
	 * @param notBefore the earliest time at which the event can have been accepted by any process
	 */
	reserve(key: string, now: number, notBefore = -Infinity): Reservation {
		const present = this.entries.get(key);
		const isKnown = present !== undefined && now - present.since < this.limits.retentionMs;
		if (isKnown && !present.isReleased) return 'taken';
		// Moves one that is there to the end: the map stays in order of time.
		if (isKnown) this.remove(key);
		else this.forget(key);
		const isProvenNew = notBefore > Math.max(this.recordingSince(), this.forgottenUntil);
		this.entries.set(key, { since: now, isReleased: false, isProvenNew });
		this.characters += key.length;
		this.dropOldest(now);
		return isKnown ? 'again' : 'first';
	}

	/**
	 * Tells whether a reserved event cannot have run before: every event that can have been accepted
	 * since the earliest time of this one is still known. It tells so once, to whoever runs the event.
	 */
	takeProof(key: string): boolean {
		const present = this.entries.get(key);
		if (!present?.isProvenNew) return false;
		present.isProvenNew = false;
		return true;
	}

	/** Whether this process has received an event; otherwise another one has. */
	has(key: string): boolean {
		return this.entries.has(key);
	}

	/** For when it turns out that another process accepts events of the same node. */
	proveNothingMore(): void {
		this.forgottenUntil = Infinity;
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
			this.forget(key);
		}
	}

	private forget(key: string): void {
		const since = this.entries.get(key)?.since ?? -Infinity;
		this.forgottenUntil = Math.max(this.forgottenUntil, since);
		this.remove(key);
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

/** Those of this process: `webhook()` makes them, and `execute()` finds them if it runs here too. */
export const reservations = new EventReservations();
