import type { OpenClawEvent } from '../../protocol/event';
import { compare } from './comparison';
import type { Operator } from './comparison';
import { readFieldPath, valueAt } from './fieldPath';

export interface Condition {
	readonly field: string;
	readonly operator: Operator;
	readonly value: unknown;
}

/** Conditions on the fields of an event; none lets every event pass. */
export interface Conditions {
	readonly mustMatch: 'all' | 'any';
	readonly list: readonly Condition[];
}

/** A condition that can't be checked: the workflow's author has to correct it. */
export class ConditionError extends Error {
	constructor(
		readonly field: string,
		readonly hint: string,
	) {
		super(`The field '${field}' of a condition could not be read`);
	}
}

/** Reads the value of 'Conditions' and of 'Must Match'. */
export function readConditions(value: unknown, mustMatch: unknown): Conditions {
	const values = isRecord(value) && Array.isArray(value['values']) ? value['values'] : [];
	const list = values.filter(isRecord).map((entry) => ({
		field: typeof entry['field'] === 'string' ? entry['field'].trim() : '',
		operator: toOperator(entry['operator']),
		value: entry['value'],
	}));
	return { mustMatch: mustMatch === 'any' ? 'any' : 'all', list };
}

/**
 * Tells whether an event meets the conditions.
 *
 * @throws ConditionError when a field path can't be read
 */
export function meetsConditions(event: OpenClawEvent, conditions: Conditions): boolean {
	if (conditions.list.length === 0) return true;
	// Each one is read, so that a wrong path shows no matter what the others say.
	const results = conditions.list.map((condition) =>
		compare(fieldValue(event, condition.field), condition.operator, condition.value),
	);
	return conditions.mustMatch === 'any' ? results.includes(true) : !results.includes(false);
}

/**
 * Looks for a field path that can't be read, for when a workflow is published.
 *
 * @returns the first one, or undefined when all can be read
 */
export function findUnreadable(conditions: Conditions): ConditionError | undefined {
	for (const { field } of conditions.list) {
		const path = readFieldPath(field);
		if (!path.ok && !field.startsWith('=')) return new ConditionError(field, path.message);
	}
	return undefined;
}

function fieldValue(event: OpenClawEvent, field: string): unknown {
	return valueAt(event, toSegments(field));
}

function toSegments(field: string): readonly (string | number)[] {
	const path = readFieldPath(field);
	if (!path.ok) throw new ConditionError(field, path.message);
	return path.segments;
}

const OPERATORS: ReadonlySet<unknown> = new Set<Operator>([
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
]);

function toOperator(value: unknown): Operator {
	return OPERATORS.has(value) ? (value as Operator) : 'equals';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
