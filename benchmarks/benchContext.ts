import type { Cleanup } from '../testbed/cleanup';
import type { Progress } from '../testbed/progress';
import type { Runtimes } from '../testbed/runtime';
import type { BenchResult } from './result';

/** What a benchmark gets to work with. */
export interface BenchContext {
	readonly progress: Progress;
	/** Undoes what was started, also when the run is interrupted. */
	readonly cleanup: Pick<Cleanup, 'defer'>;
	/** Installs n8n where it isn't, and packs our package: once for all benchmarks. */
	readonly prepareN8n: () => Promise<{
		readonly runtimes: Runtimes;
		readonly packageFile: string;
	}>;
}

/** Rows with more than one figure. */
export interface BenchTable {
	readonly title: string;
	readonly columns: readonly string[];
	readonly rows: ReadonlyArray<readonly string[]>;
}

/** A result with tables of its own beside the plain rows, and how it was measured. */
export interface DetailedResult extends BenchResult {
	readonly tables: readonly BenchTable[];
	readonly method: string;
}
