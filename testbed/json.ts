import { isObject } from '../protocol/jsonObject';
import type { JsonObject } from '../protocol/jsonObject';

export { isObject };
export type { JsonObject };

/**
 * Reads a nested value; `undefined` where the path leads nowhere.
 *
 * @example
 * at({ data: { items: [{ id: 7 }] } }, 'data', 'items', 0, 'id'); // 7
 */
export function at(value: unknown, ...path: ReadonlyArray<string | number>): unknown {
	let current = value;
	for (const key of path) {
		if (Array.isArray(current)) current = (current as unknown[])[Number(key)];
		else if (isObject(current)) current = current[String(key)];
		else return undefined;
	}
	return current;
}

/** Reads a nested text; `''` where there is none. */
export function textAt(value: unknown, ...path: ReadonlyArray<string | number>): string {
	const found = at(value, ...path);
	return typeof found === 'string' ? found : '';
}

/** Reads a nested list; empty where there is none. */
export function listAt(value: unknown, ...path: ReadonlyArray<string | number>): unknown[] {
	const found = at(value, ...path);
	return Array.isArray(found) ? (found as unknown[]) : [];
}

/** Reads a nested object; empty where there is none. */
export function objectAt(value: unknown, ...path: ReadonlyArray<string | number>): JsonObject {
	const found = at(value, ...path);
	return isObject(found) ? found : {};
}

/** Parses JSON from outside; `undefined` when it isn't any. */
export function tryParseJson(text: string): unknown {
	try {
		return JSON.parse(text) as unknown;
	} catch {
		return undefined;
	}
}
