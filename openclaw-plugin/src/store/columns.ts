import type { SQLOutputValue } from 'node:sqlite';

/** Undefined where the column is empty. */
export function asNumber(value: SQLOutputValue | undefined): number | undefined {
	return value === null || value === undefined ? undefined : Number(value);
}

/** Undefined where the column is empty, or holds an empty text. */
export function asText(value: SQLOutputValue | undefined): string | undefined {
	return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * An object with one field, or with none: what is not known is left out.
 *
 * @example
 * const delivery = { id, ...optional('reason', asText(row.last_error)) };
 */
export function optional<Name extends string, Value>(
	name: Name,
	value: Value | undefined,
): { readonly [Key in Name]?: Value } {
	if (value === undefined) return {};
	return { [name]: value } as { readonly [Key in Name]: Value };
}
