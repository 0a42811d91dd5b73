/** A sender tries for 27 hours; the rest is margin for its jitter and for clocks. */
const RETENTION_MS = 30 * 60 * 60 * 1000;
const MAX_CLAIMS = 50_000;
/** Ids have some 30 characters; a sender that makes them longer gets fewer remembered. */
const MAX_CHARACTERS = 8_000_000;

export interface ClaimLimits {
	readonly retentionMs?: number;
	readonly maxEntries?: number;
	readonly maxCharacters?: number;
}

/**
 * - `first`: nobody has it, so it runs.
 * - `again`: the sender was answered with a failure, so its retry is no duplicate.
 * - `open`: the sender of an earlier copy has not been answered yet, so its end is not known.
 * - `taken`: it has run, or at least been started.
 */
export type Claim = 'first' | 'again' | 'open' | 'taken';

/** What tells how the request that an event came with ended: Node's own response. */
export interface Exchange {
	readonly statusCode: number;
	/** Whether it has been answered, even if the sender had hung up by then. */
	readonly writableEnded: boolean;
}

interface Entry {
	readonly since: number;
	/** Kept until its end is known. */
	exchange: Exchange | undefined;
	hasFailed: boolean;
}

/**
 * The ids of the events this process has started a workflow for. A claim is made in one step, without
 * waiting for anything, so of any number of copies at once exactly one gets it.
 */
export class EventClaims {
	private readonly entries = new Map<string, Entry>();
	private characters = 0;
	private readonly limits: Required<ClaimLimits>;

	constructor(limits: ClaimLimits = {}) {
		this.limits = {
			retentionMs: RETENTION_MS,
			maxEntries: MAX_CLAIMS,
			maxCharacters: MAX_CHARACTERS,
			...limits,
		};
	}

	/**
	 * @param key from {@link claimKey}
	 * @param now milliseconds since 1970
	 * @param exchange how the sender of this copy is answered; without it the claim stands at once
	 */
	claim(key: string, now: number, exchange?: Exchange): Claim {
		const present = this.entries.get(key);
		const isKnown = present !== undefined && now - present.since < this.limits.retentionMs;
		if (isKnown) {
			this.learnEnd(present);
			if (present.exchange !== undefined) return 'open';
			if (!present.hasFailed) return 'taken';
		}
		// Moves one that is there to the end: the map stays in order of time.
		this.remove(key);
		this.entries.set(key, { since: now, exchange, hasFailed: false });
		this.characters += key.length;
		this.dropOldest(now);
		return isKnown ? 'again' : 'first';
	}

	/** Whether this process has received an event; otherwise another one has. */
	has(key: string): boolean {
		return this.entries.has(key);
	}

	/** For when a connection has closed, so that what belongs to it can be forgotten. */
	close(key: string): void {
		const present = this.entries.get(key);
		if (present) this.learnEnd(present);
	}

	get size(): number {
		return this.entries.size;
	}

	private learnEnd(entry: Entry): void {
		// A sender that hung up has left the workflow running: n8n answers all the same when it ends.
		if (entry.exchange?.writableEnded !== true) return;
		entry.hasFailed = entry.exchange.statusCode >= 500;
		entry.exchange = undefined;
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
 * What a claim is kept under: the same event may start several workflows, each once.
 *
 * @param eventId the id that the signature covers
 */
export function claimKey(workflowId: string, nodeId: string, eventId: string): string {
	return `${workflowId} ${nodeId} ${eventId}`;
}

/** Those of this process: `webhook()` makes them, and `execute()` finds them if it runs here too. */
export const claims = new EventClaims();
