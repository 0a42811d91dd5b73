import { numberOrder } from '../../../protocol/numberOrder';
import { scalarText } from '../../../protocol/scalarText';

const OPERATORS = [
	'contains',
	'endsWith',
	'equals',
	'exists',
	'gt',
	'gte',
	'lt',
	'lte',
	'notContains',
	'notEquals',
	'notExists',
	'startsWith',
] as const;

export type Operator = (typeof OPERATORS)[number];

/** Tells the operators from other values, which a workflow made without the editor may hold. */
export function isOperator(value: unknown): value is Operator {
	return (OPERATORS as readonly unknown[]).includes(value);
}

const ISO_DATE = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:?\d{2})?)?$/;

/**
 * Compares a field of an event with a value of the node. Texts and booleans are compared by their text,
 * numbers by what they are, however it is written; greater and less compare numbers digit by digit, and
 * dates in ISO 8601. A field that is absent or null meets only 'does not exist' and the negations.
 *
 * @param actual the field's value
 * @param expected the node's value: a text, or anything from an expression
 * @example
 * compare(450, 'gt', '400'); // true
 */
export function compare(actual: unknown, operator: Operator, expected: unknown): boolean {
	switch (operator) {
		case 'exists':
			return isPresent(actual);
		case 'notExists':
			return !isPresent(actual);
		case 'equals':
			return isEqual(actual, expected);
		case 'notEquals':
			return !isEqual(actual, expected);
		case 'contains':
			return contains(actual, expected);
		case 'notContains':
			return !contains(actual, expected);
		case 'startsWith':
			return scalarText(actual)?.startsWith(scalarText(expected) ?? '') ?? false;
		case 'endsWith':
			return scalarText(actual)?.endsWith(scalarText(expected) ?? '') ?? false;
		case 'gt':
			return isOrdered(actual, expected, (difference) => difference > 0);
		case 'gte':
			return isOrdered(actual, expected, (difference) => difference >= 0);
		case 'lt':
			return isOrdered(actual, expected, (difference) => difference < 0);
		case 'lte':
			return isOrdered(actual, expected, (difference) => difference <= 0);
	}
}

function isPresent(value: unknown): boolean {
	return value !== undefined && value !== null;
}

function isEqual(actual: unknown, expected: unknown): boolean {
	const text = scalarText(actual);
	if (text === undefined) return false;
	const isNumber = typeof actual === 'number' || typeof actual === 'bigint';
	return text === (scalarText(expected) ?? '') || (isNumber && numberOrder(actual, expected) === 0);
}

/** A list contains a value as a whole, a text as a part. */
function contains(actual: unknown, expected: unknown): boolean {
	if (Array.isArray(actual)) return actual.some((element) => isEqual(element, expected));
	return scalarText(actual)?.includes(scalarText(expected) ?? '') ?? false;
}

function isOrdered(
	actual: unknown,
	expected: unknown,
	test: (difference: number) => boolean,
): boolean {
	const byNumber = numberOrder(actual, expected);
	if (byNumber !== undefined) return test(byNumber);
	const [left, right] = [toTime(actual), toTime(expected)];
	return left !== undefined && right !== undefined && test(left - right);
}

function toTime(value: unknown): number | undefined {
	if (value instanceof Date) return value.getTime();
	const time = typeof value === 'string' && ISO_DATE.test(value) ? Date.parse(value) : NaN;
	return Number.isNaN(time) ? undefined : time;
}
