/** One measured variant. `ratio` is to the baseline the benchmark names. */
export interface BenchRow {
	label: string;
	value: number;
	unit: string;
	ratio?: number;
}

/** What a benchmark has to reach, and whether it did. */
export interface BenchTarget {
	label: string;
	target: string;
	actual: number;
	met: boolean;
}

/** What each benchmark module's `run()` returns. */
export interface BenchResult {
	name: string;
	rows: BenchRow[];
	targets: BenchTarget[];
}
