import type { IExecuteFunctions } from 'n8n-workflow';

/** Gives a parameter's value for one item. */
export type ItemReader<T> = (itemIndex: number) => T;

/**
 * Reads a parameter for many items. One without expressions is the same for all of them and is read
 * and parsed a single time: with a thousand items that is most of the work.
 *
 * @param context the node's `this`
 * @param name the parameter
 * @param fallback its value where the workflow has none
 * @param parse makes something useful of it; may throw for an item
 */
export function itemReader<T>(
	context: IExecuteFunctions,
	name: string,
	fallback: string | object,
	parse: (value: unknown, itemIndex: number) => T,
): ItemReader<T> {
	const read = (itemIndex: number): T =>
		parse(context.getNodeParameter(name, itemIndex, fallback), itemIndex);
	if (hasExpression(rawParameter(context, name, fallback))) return read;
	let first: { readonly value: T } | undefined;
	return (itemIndex) => {
		first ??= { value: read(itemIndex) };
		return first.value;
	};
}

/** The parameter as it is saved: expressions are not evaluated. */
export function rawParameter(
	context: IExecuteFunctions,
	name: string,
	fallback: string | object,
): unknown {
	return context.getNodeParameter(name, 0, fallback, { rawExpressions: true });
}

function hasExpression(value: unknown): boolean {
	if (typeof value === 'string') return value.startsWith('=');
	if (typeof value !== 'object' || value === null) return false;
	return Object.values(value).some(hasExpression);
}
