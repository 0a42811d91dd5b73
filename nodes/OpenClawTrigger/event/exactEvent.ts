/** Integers with fewer digits are held by JavaScript's numbers as they are. */
const MANY_DIGITS = /\d{16}/;
const INTEGER = /^-?\d+$/;

/**
 * Reads the JSON of an event once more, to compare by it: integers that JavaScript's numbers do not hold, as
 * ids of 64 bits, are bigints in it.
 *
 * @returns undefined when there are none, or when it cannot be read: what was read before is as good
 * @see https://github.com/tc39/proposal-json-parse-with-source
 * @example
 * readExactly('{"id":8202522731445525542}'); // { id: 8202522731445525542n }
 */
export function readExactly(text: string): unknown {
	if (!MANY_DIGITS.test(text)) return undefined;
	try {
		return JSON.parse(text.replace(/^\uFEFF/, ''), keepInteger);
	} catch {
		return undefined;
	}
}

/** Where the engine does not tell the source, the value stays as it is. */
function keepInteger(_key: string, value: unknown, context?: { readonly source?: string }) {
	const source = context?.source ?? '';
	const isLost = typeof value === 'number' && !Number.isSafeInteger(value) && INTEGER.test(source);
	return isLost ? BigInt(source) : value;
}
