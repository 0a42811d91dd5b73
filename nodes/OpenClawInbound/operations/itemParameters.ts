import type { IExecuteFunctions } from 'n8n-workflow';

import { isLuxonDate, readsOwnItems } from '../../shared/n8nInternals';
import { hasExpression } from '../../shared/parameterValues';

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
		const items = readsOwnItems(context) ? context.getInputData() : undefined;
		const read = savedValue(
			raw,
			(expression, itemIndex) => context.evaluateExpression(expression, itemIndex),
			items === undefined,
		);
		return (itemIndex) => parse(read(items?.[itemIndex]?.json, itemIndex), itemIndex);
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

type Step = string | number;

/** Gives a saved parameter's value for one item. */
export type SavedValue = (json: unknown, itemIndex: number) => unknown;

/** Has n8n evaluate an expression, given without its leading equals sign. */
export type Evaluate = (expression: string, itemIndex: number) => unknown;

// `={{ $json.title }}`, as the editor writes it when a field is dragged in; nothing around the braces.
const REFERENCE =
	/^=\{\{\s*\$json((?:\.[A-Za-z_$][\w$]*|\[\d{1,9}\]|\["[^"\\]*"\]|\['[^'\\]*'\])*)\s*\}\}$/;
const STEP = /\.([\w$]+)|\[(\d+)\]|\[["']([^"']*)["']\]/g;

/**
 * Prepares a parameter, as it is saved in the workflow, to be read for many items. Fixed values stay,
 * and plain references to the item, such as `={{ $json.title }}`, are looked up here: they are by far
 * the most frequent expressions, and n8n's default engine takes about a millisecond for each. All other
 * expressions are left to n8n.
 *
 * @param raw the parameter with expressions not evaluated
 * @param evaluate for those that are left to n8n
 * @param leavesReferences leaves plain references to n8n, too: where `$json` is another item
 * @example
 * const read = savedValue({ title: '={{ $json.title }}' }, evaluate);
 * read({ title: 'Disk full' }, 0); // { title: 'Disk full' }
 */
export function savedValue(raw: unknown, evaluate: Evaluate, leavesReferences = false): SavedValue {
	if (typeof raw === 'string') {
		if (!raw.startsWith('=')) return () => raw;
		const expression = raw.slice(1);
		const looked = leavesReferences ? undefined : reference(raw);
		return looked ?? ((_, itemIndex) => withTextDates(evaluate(expression, itemIndex)));
	}
	if (typeof raw !== 'object' || raw === null) return () => raw;
	const entries = Object.entries(raw).map(
		([key, value]) => [key, savedValue(value, evaluate, leavesReferences)] as const,
	);
	const isList = Array.isArray(raw);
	return (json, itemIndex) => {
		const values = entries.map(([key, read]) => [key, read(json, itemIndex)] as const);
		return isList ? values.map(([, value]) => value) : Object.fromEntries(values);
	};
}

function reference(expression: string): SavedValue | undefined {
	const path = REFERENCE.exec(expression)?.[1];
	if (path === undefined) return undefined;
	const steps: Step[] = [];
	for (const [, name, index, quoted] of path.matchAll(STEP)) {
		steps.push(index === undefined ? (name ?? quoted ?? '') : Number(index));
	}
	return (json) => {
		let value = json;
		for (const step of steps) {
			if (value === undefined || value === null || !Object.hasOwn(value, step)) return undefined;
			value = (value as Record<Step, unknown>)[step];
		}
		return value;
	};
}

/** n8n's dates (`$now`) become texts, as in any parameter. */
function withTextDates(value: unknown): unknown {
	return isLuxonDate(value) ? value.toString() : value;
}
