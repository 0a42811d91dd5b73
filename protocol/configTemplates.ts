import { addIssue, child, isObject, readNames, readText } from './configFields';
import type { Field } from './configFields';
import { INBOUND_ROOTS, parseTemplate, TRANSFORM_ROOTS } from './template';

/** A transform nested deeper than this is refused: rendering it walks it recursively. */
const MAX_DEPTH = 32;

/** Reads the template of an inbound endpoint. */
export function readInboundTemplate(field: Field): string | undefined {
	const template = readText(field);
	if (template === undefined) return undefined;
	return checkTemplate(field, template, INBOUND_ROOTS) ? template : undefined;
}

/** Checks every text in a transform; other values are sent as they are. */
export function checkTemplates(field: Field, depth = 0): void {
	const { value } = field;
	if (depth >= MAX_DEPTH) {
		addIssue(field, `is nested deeper than ${String(MAX_DEPTH)} levels`);
	} else if (typeof value === 'string') {
		checkTemplate(field, value, TRANSFORM_ROOTS);
	} else if (Array.isArray(value)) {
		for (const index of value.keys()) checkTemplates(child(field, index), depth + 1);
	} else if (isObject(value)) {
		for (const name of readNames(field)) checkTemplates(child(field, name), depth + 1);
	}
}

function checkTemplate(field: Field, template: string, roots: readonly string[]): boolean {
	const parsed = parseTemplate(template, { roots });
	if (parsed.ok) return true;
	const { message, line, column } = parsed.error;
	addIssue(
		field,
		`has a template that cannot be read (line ${String(line)}, column ${String(column)}): ${message}`,
	);
	return false;
}
