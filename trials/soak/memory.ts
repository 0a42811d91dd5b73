import { residentMebibytes } from '../../benchmarks/residentMemory';
import { median } from '../../benchmarks/statistics';
import type { ProgramName } from './chaos';

/** A look at a program's memory. */
export interface MemorySample {
	readonly program: ProgramName;
	/** Process id. */
	readonly pid: number;
	/** Milliseconds since the test began. */
	readonly at: number;
	/** Milliseconds since the program was ready. */
	readonly age: number;
	/** Resident, in MiB. */
	readonly mebibytes: number;
}

/**
 * How much memory a program needed at the begin and at the end: medians of what its lives had left after
 * a clean-up, at equal ages.
 */
export interface MemoryTrend {
	readonly program: ProgramName;
	/** In MiB; undefined when no life was long enough. */
	readonly firstThird: number | undefined;
	readonly lastThird: number | undefined;
	/** The most at any time. */
	readonly most: number;
}

const EVERY_MS = 2000;
/**
 * Ages in which the least counts: before, a program has not cleaned up after its start; few live longer.
 * Lives that end before `reached` may not have cleaned up at all.
 */
const COMPARED_AGE_MS = { least: 15_000, reached: 30_000, most: 45_000 } as const;
/** At most so much more counts as flat. */
export const FLAT_RATIO = 1.1;

/** For each life that lasted, the look at which it needed least. */
function leastOfLives(samples: readonly MemorySample[]): readonly MemorySample[] {
	return [...Map.groupBy(samples, ({ pid }) => pid).values()].flatMap((life) => {
		const compared = life.filter(
			({ age }) => age >= COMPARED_AGE_MS.least && age <= COMPARED_AGE_MS.most,
		);
		if (!compared.some(({ age }) => age >= COMPARED_AGE_MS.reached)) return [];
		return compared.sort((one, other) => one.mebibytes - other.mebibytes).slice(0, 1);
	});
}

/**
 * Compares the first third of a test with the last one.
 *
 * @param length of the test, in milliseconds
 */
export function memoryTrend(
	program: ProgramName,
	samples: readonly MemorySample[],
	length: number,
): MemoryTrend {
	const own = samples.filter((sample) => sample.program === program);
	const lives = leastOfLives(own);
	const medianOf = (fits: (sample: MemorySample) => boolean) => {
		const values = lives.filter(fits).map(({ mebibytes }) => mebibytes);
		return values.length === 0 ? undefined : median(values);
	};
	return {
		program,
		firstThird: medianOf(({ at }) => at < length / 3),
		lastThird: medianOf(({ at }) => at >= (length * 2) / 3),
		most: Math.max(0, ...own.map(({ mebibytes }) => mebibytes)),
	};
}

/** Whether the memory at the end was about what it was at the begin; not without samples of both. */
export function isFlat({ firstThird, lastThird }: MemoryTrend): boolean {
	if (firstThird === undefined || lastThird === undefined) return false;
	return lastThird <= firstThird * FLAT_RATIO;
}

/** Looks at the memory of programs while they are up. */
export class MemoryWatch {
	readonly samples: MemorySample[] = [];
	private readonly began = performance.now();
	private readonly lives = new Map<ProgramName, { pid: number; readyAt: number }>();
	private readonly timer = setInterval(() => {
		this.look();
	}, EVERY_MS);

	begin(program: ProgramName, pid: number): void {
		this.lives.set(program, { pid, readyAt: performance.now() });
	}

	end(program: ProgramName): void {
		this.lives.delete(program);
	}

	stop(): void {
		clearInterval(this.timer);
	}

	private look(): void {
		const now = performance.now();
		for (const [program, { pid, readyAt }] of this.lives) {
			const mebibytes = residentMebibytes(pid);
			if (mebibytes === undefined) continue;
			this.samples.push({ program, pid, at: now - this.began, age: now - readyAt, mebibytes });
		}
	}
}
