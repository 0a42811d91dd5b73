import type { Condition, Scalar } from './configCondition';
import { numberOrder } from './numberOrder';
import { parseTemplate, renderTemplate } from './template';
import type { Template } from './template';

/** Finds the first condition that a call does not meet. @returns what it is, without any value of the call */
export type FindUnmet = (values: Readonly<Record<string, unknown>>) => string | undefined;

/**
 * Prepares the conditions of an inbound endpoint, or of a rule for approvals.
 *
 * @param unclear what holds where a value cannot be compared: there is no number to be over or under
 *   something, or the value is too long to be looked at. Whoever lets something through by conditions wants
 *   `unmet`, whoever stops something `met`
 * @example
 * const findUnmet = createConditions([{ path: 'body.action', in: ['opened'] }]);
 * findUnmet({ body: { action: 'closed' } }); // "'body.action' is not 'opened'"
 */
export function createConditions(
	conditions: readonly Condition[],
	unclear: 'met' | 'unmet' = 'unmet',
): FindUnmet {
	const prepared = conditions.map((condition) => {
		// The settings were checked, so it can be read; should it not be, nothing is there.
		const parsed = parseTemplate(`{{${condition.path}}}`);
		return { condition, template: parsed.ok ? parsed.template : undefined };
	});
	return (values) => {
		const unmet = prepared.find(
			({ condition, template }) =>
				!(isMet(condition, readScalar(template, values)) ?? unclear === 'met'),
		);
		return unmet === undefined ? undefined : describe(unmet.condition);
	};
}

/** A value as text; `null` where there is none, undefined where it cannot be looked at. */
function readScalar(
	template: Template | undefined,
	values: Readonly<Record<string, unknown>>,
): string | null | undefined {
	const rendered = template === undefined ? undefined : renderTemplate(template, values);
	if (rendered?.ok !== true) return undefined;
	return rendered.missingPaths.length === 0 ? rendered.text : null;
}

/** Undefined where that cannot be told. */
function isMet(condition: Condition, text: string | null | undefined): boolean | undefined {
	if (text === undefined) return undefined;
	if ('exists' in condition) return condition.exists === (text !== null);
	if ('in' in condition) {
		return text !== null && condition.in.some((expected) => isSame(text, expected));
	}
	const order = numberOrder(text, 'over' in condition ? condition.over : condition.under);
	if (order === undefined) return undefined;
	return 'over' in condition ? order > 0 : order < 0;
}

/** A number is the same with other digits, such as 1 and 1.0. */
function isSame(text: string, expected: Scalar): boolean {
	if (text === String(expected)) return true;
	return typeof expected === 'number' && text.trim() !== '' && Number(text) === expected;
}

function describe(condition: Condition): string {
	const { path } = condition;
	if ('exists' in condition) {
		return condition.exists ? `'${path}' is missing` : `'${path}' is there`;
	}
	if ('over' in condition) return `'${path}' is not over ${String(condition.over)}`;
	if ('under' in condition) return `'${path}' is not under ${String(condition.under)}`;
	const values = condition.in.map((value) => `'${String(value)}'`);
	return values.length === 1
		? `'${path}' is not ${String(values[0])}`
		: `'${path}' is none of ${values.slice(0, 5).join(', ')}${values.length > 5 ? ', …' : ''}`;
}
