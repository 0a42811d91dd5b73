import { addIssue, checkKeys, child, readBoolean, readList, readPath } from './configFields';
import type { Field } from './configFields';

/** What a value is compared with, as text: `5` and `'5'` are the same. */
export type Scalar = string | number | boolean;

/** What the value at a path must be. */
export type Condition =
	/** One of these. */
	| { readonly path: string; readonly in: readonly Scalar[] }
	/** Something other than null, or not. */
	| { readonly path: string; readonly exists: boolean };

export const CONDITION_KEYS = ['path', 'equals', 'in', 'exists'] as const;
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
	const tests = CONDITION_KEYS.slice(1)
		.map((key) => child(field, key))
		.filter(({ value }) => value !== undefined);
	const [test] = tests;
	if (test === undefined || tests.length > 1) {
		addIssue(field, "must have one of 'equals', 'in' and 'exists'");
		return undefined;
	}
	if (test.path.at(-1) === 'exists') {
		const exists = readBoolean(test);
		return path === undefined || exists === undefined ? undefined : { path, exists };
	}
	const values = test.path.at(-1) === 'in' ? readValues(test) : readEqual(test);
	return path === undefined || values === undefined ? undefined : { path, in: values };
}

function readEqual(field: Field): readonly Scalar[] | undefined {
	const value = readScalar(field);
	return value === undefined ? undefined : [value];
}

function readValues(field: Field): readonly Scalar[] | undefined {
	const values = readList(field, readScalar);
	if (values === undefined || (values.length > 0 && values.length <= MAX_VALUES)) return values;
	addIssue(field, `must have from 1 to ${String(MAX_VALUES)} values`);
	return undefined;
}

function readScalar(field: Field): Scalar | undefined {
	const { value } = field;
	if (typeof value === 'string' || typeof value === 'boolean') return value;
	if (typeof value === 'number' && Number.isFinite(value)) return value;
	addIssue(field, "must be a text, a number, true or false. For nothing: 'exists: false'");
	return undefined;
}
