/**
 * The value below which a share of the values lies, by the nearest rank.
 *
 * @param share from 0 to 1
 * @throws RangeError without values
 * @example
 * percentile([3, 1, 2], 0.5); // 2
 */
export function percentile(values: readonly number[], share: number): number {
	const sorted = [...values].sort((one, other) => one - other);
	const rank = Math.max(1, Math.ceil(share * sorted.length));
	const value = sorted[rank - 1];
	if (value === undefined) throw new RangeError('There are no values');
	return value;
}

/**
 * The middle value; the mean of the two in the middle when their number is even.
 *
 * @throws RangeError without values
 * @example
 * median([1, 4, 2, 3]); // 2.5
 */
export function median(values: readonly number[]): number {
	const sorted = [...values].sort((one, other) => one - other);
	const middle = sorted.length / 2;
	const upper = sorted[Math.floor(middle)];
	const lower = sorted[Math.ceil(middle) - 1];
	if (upper === undefined || lower === undefined) throw new RangeError('There are no values');
	return (lower + upper) / 2;
}

/**
 * Puts a list in random order, so that no variant is always measured after the same other one.
 *
 * @param random gives numbers from 0 up to 1
 * @example
 * shuffled(['a', 'b', 'c']); // for example ['c', 'a', 'b']
 */
export function shuffled<Value>(values: readonly Value[], random = Math.random): Value[] {
	return values
		.map((value) => ({ value, order: random() }))
		.sort((one, other) => one.order - other.order)
		.map(({ value }) => value);
}
