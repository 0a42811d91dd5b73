/** What became of one item. */
export type ItemResult<T> =
	| { readonly ok: true; readonly value: T }
	| { readonly ok: false; readonly error: Error };

/**
 * Works on items at the same time, but on no more than `limit`, and starts them in order.
 *
 * @param count how many items there are
 * @param limit how many may be under way, at least 1
 * @param work does one item; it must not throw
 * @param goesOn asked after each item; once it says no, no further item is started, and those under way
 *   are waited for
 * @returns the results in order; where none was started there is a hole at the end
 * @example
 * await runItems(3, 2, async (index) => ({ ok: true, value: index }), () => true);
 */
export async function runItems<T>(
	count: number,
	limit: number,
	work: (itemIndex: number) => Promise<ItemResult<T>>,
	goesOn: (result: ItemResult<T>) => boolean,
): Promise<ItemResult<T>[]> {
	const results: ItemResult<T>[] = [];
	let next = 0;
	let stopped = false;
	const worker = async (): Promise<void> => {
		while (!stopped && next < count) {
			const itemIndex = next++;
			const result = await work(itemIndex);
			results[itemIndex] = result;
			if (!goesOn(result)) stopped = true;
		}
	};
	await Promise.all(Array.from({ length: Math.min(limit, count) }, worker));
	return results;
}
