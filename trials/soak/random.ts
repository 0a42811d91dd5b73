import { createHash } from 'node:crypto';
import { shuffled } from '../../benchmarks/statistics';

/** Chance that a seed decides. */
export interface Chance {
	/** From 0 up to 1. */
	next(): number;
	/** From `least` up to `most`. */
	between(least: number, most: number): number;
	/** One of a list. @throws Error when it is empty */
	pick<Value>(list: readonly Value[]): Value;
	/** The list in another order. */
	shuffle<Value>(list: readonly Value[]): Value[];
}

/**
 * Chance for one purpose, so that what happens for another purpose does not change it.
 *
 * @param seed the same one gives the same chance again
 */
export function createChance(seed: string, purpose: string): Chance {
	let state = createHash('sha256').update(`${seed} ${purpose}`).digest().readUInt32LE();
	// Mulberry32.
	const next = () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
	return {
		next,
		between: (least, most) => least + next() * (most - least),
		pick: (list) => {
			const [found] = list.slice(Math.floor(next() * list.length));
			if (found === undefined) throw new Error('There is nothing to pick from');
			return found;
		},
		shuffle: (list) => shuffled(list, next),
	};
}
