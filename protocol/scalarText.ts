/**
 * Writes a text, a number or a boolean as text.
 *
 * @returns undefined for anything else: objects, lists, null, nothing at all
 * @example
 * scalarText(450); // '450'
 */
export function scalarText(value: unknown): string | undefined {
	switch (typeof value) {
		case 'string':
			return value;
		case 'number':
		case 'boolean':
		case 'bigint':
			return String(value);
		default:
			return undefined;
	}
}
