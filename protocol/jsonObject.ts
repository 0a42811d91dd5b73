/** An object as JSON has them, its values not looked at yet. */
export type JsonObject = Record<string, unknown>;

/**
 * Tells objects from lists and null.
 *
 * @example
 * isObject(JSON.parse('{}')); // true
 */
export function isObject(value: unknown): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
