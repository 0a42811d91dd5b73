export interface Bounds {
	/** Entries it holds at most; the oldest give way. */
	readonly limit: number;
	/** Milliseconds that an entry is kept after it was last set. */
	readonly keptMs: number;
}

/** A map for things whose end may never be told: it neither grows beyond a limit nor keeps what is old. */
export class BoundedMap<Value> {
	private readonly entries = new Map<string, { readonly value: Value; readonly until: number }>();

	constructor(
		private readonly bounds: Bounds,
		private readonly now: () => number,
	) {}

	get size(): number {
		return this.entries.size;
	}

	get(key: string): Value | undefined {
		const entry = this.entries.get(key);
		if (entry === undefined || entry.until > this.now()) return entry?.value;
		this.entries.delete(key);
		return undefined;
	}

	has(key: string): boolean {
		const entry = this.entries.get(key);
		return entry !== undefined && entry.until > this.now();
	}

	/** Also makes the entry the youngest. */
	set(key: string, value: Value): void {
		this.entries.delete(key);
		this.entries.set(key, { value, until: this.now() + this.bounds.keptMs });
		this.trim();
	}

	/** Says whether it was there. */
	delete(key: string): boolean {
		const isThere = this.has(key);
		this.entries.delete(key);
		return isThere;
	}

	private trim(): void {
		const time = this.now();
		for (const [key, { until }] of this.entries) {
			if (until > time && this.entries.size <= this.bounds.limit) return;
			this.entries.delete(key);
		}
	}
}
