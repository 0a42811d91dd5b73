import { median, shuffled } from './statistics';

/** What is measured: a synchronous call, or one whose promise is awaited. */
export type Operation = () => unknown;

/** Results of one variant over all rounds. */
export interface Measured {
	/** Median operations per second of CPU time. */
	readonly perSecond: number;
	/** Median of the ratios to the baseline in the same round. */
	readonly ratio: number;
}

const BATCH_SECONDS = 0.02;

/**
 * Measures variants side by side: in each round every one of them once, in random order, for about 20
 * ms of CPU time. CPU time, because other programs on the machine take the clock's time.
 *
 * @param variants by label; the first one is the baseline
 * @example
 * await measureRounds(new Map([['raw', raw], ['verifyEvent', verify]]), 31);
 */
export async function measureRounds(
	variants: ReadonlyMap<string, Operation>,
	rounds: number,
): Promise<ReadonlyMap<string, Measured>> {
	const [baseline] = variants.keys();
	if (baseline === undefined) throw new RangeError('There is nothing to measure');
	const sizes = new Map<string, number>();
	for (const [label, operation] of variants) sizes.set(label, await calibrate(operation));

	const speeds = new Map<string, number[]>([...variants.keys()].map((label) => [label, []]));
	for (let round = 0; round < rounds; round += 1) {
		for (const [label, operation] of shuffled([...variants])) {
			const size = sizes.get(label) ?? 1;
			speeds.get(label)?.push(size / (await timeBatch(operation, size)));
		}
	}
	const base = speeds.get(baseline) ?? [];
	return new Map(
		[...speeds].map(([label, values]) => {
			const ratios = values.map((value, round) => value / (base[round] ?? NaN));
			return [label, { perSecond: median(values), ratio: median(ratios) }];
		}),
	);
}

/** Warms an operation up and finds how many of it fill a batch. */
async function calibrate(operation: Operation): Promise<number> {
	let size = 1;
	for (;;) {
		const seconds = await timeBatch(operation, size);
		if (seconds >= BATCH_SECONDS) return Math.max(1, Math.round((size * BATCH_SECONDS) / seconds));
		size *= 2;
	}
}

/** CPU seconds of so many operations. */
async function timeBatch(operation: Operation, size: number): Promise<number> {
	const start = process.cpuUsage();
	for (let index = 0; index < size; index += 1) {
		const result = operation();
		if (result instanceof Promise) await result;
	}
	const { user, system } = process.cpuUsage(start);
	return (user + system) / 1e6;
}
