import type { IExecuteFunctions } from 'n8n-workflow';

import { hasExpression } from '../shared/parameterValues';
import { savedValue } from './savedValue';

/** Gives a parameter's value for one item. */
export type ItemReader<T> = (itemIndex: number) => T;

/**
 * Reads a parameter for many items. One without expressions is the same for all of them and is parsed
 * a single time; of the others only what needs n8n's expression engine goes through it. With a thousand
 * items the rest would be most of the work.
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
		const items = context.getInputData();
		const read = savedValue(raw, (expression, itemIndex) =>
			context.evaluateExpression(expression, itemIndex),
		);
		return (itemIndex) => parse(read(items[itemIndex]?.json, itemIndex), itemIndex);
	}
	let first: { readonly value: T } | undefined;
	return (itemIndex) => {
		first ??= { value: parse(raw, itemIndex) };
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
