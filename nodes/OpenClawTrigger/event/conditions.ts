import type { OpenClawEvent } from '../../../protocol/event';
import { isObject } from '../../../protocol/jsonObject';
import { parseTemplate } from '../../../protocol/template';
import { compare, isOperator } from './comparison';
import type { Operator } from './comparison';

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

export type FieldPath =
	| { ok: true; segments: readonly (string | number)[] }
	| { ok: false; message: string };

/** Reads the value of 'Conditions' and of 'Must Match'. */
export function readConditions(value: unknown, mustMatch: unknown): Conditions {
	const values = isObject(value) && Array.isArray(value['values']) ? value['values'] : [];
	const list = values.filter(isObject).map((entry) => ({
		field: typeof entry['field'] === 'string' ? entry['field'].trim() : '',
		operator: isOperator(entry['operator']) ? entry['operator'] : 'equals',
		value: entry['value'],
	}));
	return { mustMatch: mustMatch === 'any' ? 'any' : 'all', list };
}

/**
 * Tells whether an event meets the conditions. Nothing meets one whose field can't be read: an expression
 * has made another text of it than when the workflow was published.
 *
 * @param onUnreadable told of such a condition
 */
export function meetsConditions(
	event: OpenClawEvent,
	conditions: Conditions,
	onUnreadable: (message: string) => void,
): boolean {
	if (conditions.list.length === 0) return true;
	// Each one is read, so that a wrong path shows no matter what the others say.
	const results = conditions.list.map(({ field, operator, value }) => {
		const path = readFieldPath(field);
		if (path.ok) return compare(valueAt(event, path.segments), operator, value);
		onUnreadable(unreadableField(field, path.message));
		return false;
	});
	return conditions.mustMatch === 'any' ? results.includes(true) : !results.includes(false);
}

/**
 * Looks for a field path that can't be read, for when a workflow is published.
 *
 * @returns what to say of the first one, or undefined when all can be read
 */
export function findUnreadable(conditions: Conditions): string | undefined {
	for (const { field } of conditions.list) {
		const path = readFieldPath(field);
		if (!path.ok) return unreadableField(field, path.message);
	}
	return undefined;
}

function unreadableField(field: string, reason: string): string {
	return field === ''
		? "The 'Field' of a condition is empty"
		: `The field '${field}' of a condition could not be read: ${reason}`;
}

/**
 * Reads the path of a field in the grammar of the templates, without the braces.
 *
 * @example
 * readFieldPath('data.items[0]["full name"]'); // { ok: true, segments: ['data', 'items', 0, 'full name'] }
 */
export function readFieldPath(field: string): FieldPath {
	const parsed = parseTemplate(`{{${field}}}`);
	if (!parsed.ok) return { ok: false, message: parsed.error.message };
	const [placeholder] = parsed.template.placeholders;
	const isWhole = parsed.template.parts.every((part) => part === '' || part === placeholder);
	if (placeholder === undefined || !isWhole) {
		return { ok: false, message: 'Only one path is allowed, such as data.message.content' };
	}
	return { ok: true, segments: [placeholder.root, ...placeholder.segments] };
}

/** Follows a path through own properties; undefined where it leads nowhere. */
function valueAt(value: unknown, segments: readonly (string | number)[]): unknown {
	let current = value;
	for (const key of segments) {
		if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) {
			return undefined;
		}
		current = (current as Record<string | number, unknown>)[key];
	}
	return current;
}
