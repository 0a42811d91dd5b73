import { KNOWN_EVENT_TYPES } from '../event';
import { isObject } from '../jsonObject';
import { ANY_KEY } from '../templatePath';
import { eventSchema } from './events';

/** Where a path leaves what events have. */
export interface UnknownStep {
	/** Index of the step. */
	readonly index: number;
	/** What there is instead; empty where there is nothing further down. */
	readonly known: readonly string[];
}

/** A value that anything may be inside of: parameters and results of tools. */
const ANYTHING = {};

/**
 * Looks whether any event can have something at a path below `data`.
 *
 * @param segments as of a parsed path
 * @returns the first step that leads nowhere; undefined where there is none
 * @example
 * findUnknownStep(['mesage', 'content'])?.index; // 0
 */
export function findUnknownStep(segments: readonly (string | number)[]): UnknownStep | undefined {
	let places = KNOWN_EVENT_TYPES.map(dataSchema);
	for (const [index, key] of segments.entries()) {
		const next = places.flatMap((place) => stepInto(place, key));
		if (next.length === 0) {
			return { index, known: [...new Set(places.flatMap((place) => namesOf(place)))] };
		}
		places = next;
	}
	return undefined;
}

/** Some types say only what they have at the least: the names of all together are the known ones. */
function dataSchema(type: (typeof KNOWN_EVENT_TYPES)[number]): unknown {
	const { properties } = eventSchema(type);
	const data = isObject(properties) ? properties.data : undefined;
	return isObject(data) ? { ...data, additionalProperties: false } : ANYTHING;
}

function stepInto(schema: unknown, key: string | number): readonly unknown[] {
	if (!isObject(schema)) return [];
	const { properties, items, additionalProperties } = schema;
	if (isObject(properties)) {
		if (key === ANY_KEY) return Object.values(properties);
		if (Object.hasOwn(properties, key)) return [properties[key]];
		return additionalProperties === false ? [] : [ANYTHING];
	}
	if (isObject(items)) return typeof key === 'number' || key === ANY_KEY ? [items] : [];
	return Object.keys(schema).length === 0 ? [ANYTHING] : [];
}

function namesOf(schema: unknown): readonly string[] {
	return isObject(schema) && isObject(schema.properties) ? Object.keys(schema.properties) : [];
}
