import { parseTemplate } from '../../protocol/template';

export type FieldPath =
	| { ok: true; segments: readonly (string | number)[] }
	| { ok: false; message: string };

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

/**
 * Follows a path through own properties.
 *
 * @returns undefined where the path leads nowhere
 */
export function valueAt(value: unknown, segments: readonly (string | number)[]): unknown {
	let current = value;
	for (const key of segments) {
		if (typeof current !== 'object' || current === null || !Object.hasOwn(current, key)) {
			return undefined;
		}
		current = (current as Record<string | number, unknown>)[key];
	}
	return current;
}
