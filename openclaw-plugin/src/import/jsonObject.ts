/** An object as JSON has them. */
export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object under a key, put there where there is none. */
export function ensureObject(parent: JsonObject, key: string): JsonObject {
	const known = parent[key];
	if (isObject(known)) return known;
	const created: JsonObject = {};
	parent[key] = created;
	return created;
}
