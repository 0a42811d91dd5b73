import type { IExecuteFunctions } from 'n8n-workflow';

import { plainValue } from './plainReference';

/** Gives a parameter's value for one item. */
export type ItemReader<T> = (itemIndex: number) => T;

/**
 * Reads a parameter for many items. One without expressions is the same for all of them and is read
 * and parsed a single time; one that only refers to fields of the item is read without n8n's expression
 * engine. With a thousand items the rest would be most of the work.
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
	const raw = rawParameter(context, name, fallback);
	if (hasExpression(raw)) {
		const plain = plainValue(raw);
		const items = context.getInputData();
		return plain === undefined
			? (itemIndex) => parse(context.getNodeParameter(name, itemIndex, fallback), itemIndex)
			: (itemIndex) => parse(plain(items[itemIndex]?.json), itemIndex);
	}
	let first: { readonly value: T } | undefined;
	return (itemIndex) => {
		first ??= { value: parse(context.getNodeParameter(name, itemIndex, fallback), itemIndex) };
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
	return Object.entries(value).some(([key, inner]) => key.startsWith('=') || hasExpression(inner));
}
