import { addIssue, checkKeys, child, readBoolean, readList, readPath } from './configFields';
import type { Field } from './configFields';
import { numberOrder } from './numberOrder';

/** What a value is compared with, as text: `5` and `'5'` are the same. */
export type Scalar = string | number | boolean;

/** What the value at a path must be. */
export type Condition =
	/** One of these. */
	| { readonly path: string; readonly in: readonly Scalar[] }
	/** Something other than null, or not. */
	| { readonly path: string; readonly exists: boolean }
	/** A number that is greater than this. */
	| { readonly path: string; readonly over: Bound }
	/** A number that is less than this. */
	| { readonly path: string; readonly under: Bound };

/** A number; as a text where it has more digits than a number of JSON can carry. */
export type Bound = number | string;

export const TEST_KEYS = ['equals', 'in', 'exists', 'over', 'under'] as const;
export const CONDITION_KEYS = ['path', ...TEST_KEYS] as const;
const MAX_CONDITIONS = 20;
const MAX_VALUES = 500;

/**
 * Reads `when` of an inbound endpoint: a condition, or a list of which all must hold.
 *
 * @param roots what a path may start with
 * @returns undefined, with the issues added, when it cannot be used
 */
export function readConditions(
	field: Field,
	roots: readonly string[],
): readonly Condition[] | undefined {
	if (!Array.isArray(field.value)) {
		const only = readCondition(field, roots);
		return only === undefined ? undefined : [only];
	}
	if (field.value.length === 0 || field.value.length > MAX_CONDITIONS) {
		addIssue(field, `must have from 1 to ${String(MAX_CONDITIONS)} conditions`);
		return undefined;
	}
	return readList(field, (entry) => readCondition(entry, roots));
}

function readCondition(field: Field, roots: readonly string[]): Condition | undefined {
	if (!checkKeys(field, CONDITION_KEYS)) return undefined;
	const path = readPath(child(field, 'path'), roots);
	const tests = TEST_KEYS.filter((key) => child(field, key).value !== undefined);
	const [key] = tests;
	if (key === undefined || tests.length > 1) {
		addIssue(field, `must have one of ${TEST_KEYS.map((name) => `'${name}'`).join(', ')}`);
		return undefined;
	}
	return readTest(child(field, key), key, path ?? '');
}

/**
 * Reads one test of the value at a path.
 *
 * @param field what stands under the key
 * @returns undefined, with the issues added, when it cannot be used
 */
export function readTest(
	field: Field,
	key: (typeof TEST_KEYS)[number],
	path: string,
): Condition | undefined {
	const known = <Value>(value: Value | undefined, use: (value: Value) => Condition) =>
		value === undefined ? undefined : use(value);
	switch (key) {
		case 'equals':
			return known(readScalar(field), (value) => ({ path, in: [value] }));
		case 'in':
			return known(readValues(field), (values) => ({ path, in: values }));
		case 'exists':
			return known(readBoolean(field), (exists) => ({ path, exists }));
		case 'over':
			return known(readBound(field), (over) => ({ path, over }));
		case 'under':
			return known(readBound(field), (under) => ({ path, under }));
	}
}

function readValues(field: Field): readonly Scalar[] | undefined {
	const values = readList(field, readScalar);
	if (values === undefined || (values.length > 0 && values.length <= MAX_VALUES)) return values;
	addIssue(field, `must have from 1 to ${String(MAX_VALUES)} values`);
	return undefined;
}

function readBound(field: Field): Bound | undefined {
	const { value } = field;
	if (typeof value === 'number' && Number.isFinite(value)) return value;
	if (typeof value === 'string' && numberOrder(value, 0) !== undefined) return value;
	addIssue(
		field,
		"must be a number, as a text such as '9007199254740993' where it has many digits",
	);
	return undefined;
}

export function readScalar(field: Field): Scalar | undefined {
	const { value } = field;
	if (typeof value === 'string' || typeof value === 'boolean') return value;
	if (typeof value === 'number' && Number.isFinite(value)) return value;
	addIssue(field, "must be a text, a number, true or false. For nothing: 'exists: false'");
	return undefined;
}
