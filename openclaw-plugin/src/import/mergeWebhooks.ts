import { isObject } from './jsonObject';
import type { JsonObject } from './jsonObject';

/**
 * Joins webhooks with those there are: endpoints by their names, the rest by their keys. What the new
 * ones don't mention stays.
 *
 * @example
 * mergeWebhooks({ endpoints: [a, b] }, { endpoints: [newB, c] }); // { endpoints: [a, newB, c] }
 */
export function mergeWebhooks(present: JsonObject, added: JsonObject): JsonObject {
	const merged: JsonObject = { ...present, ...added };
	if (added.endpoints !== undefined) {
		merged.endpoints = mergeEndpoints(asList(present.endpoints), asList(added.endpoints));
	}
	if (isObject(present.inbound) && isObject(added.inbound)) {
		merged.inbound = mergeKeys(present.inbound, added.inbound, 'endpoints');
	}
	if (isObject(present.outbox) && isObject(added.outbox)) {
		merged.outbox = { ...present.outbox, ...added.outbox };
	}
	return merged;
}

function mergeEndpoints(
	present: readonly unknown[],
	added: readonly unknown[],
): readonly unknown[] {
	const byName = new Map(added.map((endpoint) => [nameOf(endpoint), endpoint] as const));
	const kept = present.map((endpoint) => byName.get(nameOf(endpoint)) ?? endpoint);
	const names = new Set(present.map(nameOf));
	return [...kept, ...added.filter((endpoint) => !names.has(nameOf(endpoint)))];
}

function mergeKeys(present: JsonObject, added: JsonObject, nested: string): JsonObject {
	const [before, after] = [present[nested], added[nested]];
	const joined = isObject(before) && isObject(after) ? { [nested]: { ...before, ...after } } : {};
	return { ...present, ...added, ...joined };
}

function nameOf(endpoint: unknown): unknown {
	return isObject(endpoint) ? endpoint.name : undefined;
}

function asList(value: unknown): readonly unknown[] {
	return Array.isArray(value) ? (value as readonly unknown[]) : [];
}
