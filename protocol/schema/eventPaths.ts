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

type Schema = Readonly<Record<string, unknown>>;

/** A value that anything may be inside of: parameters and results of tools. */
const ANYTHING: Schema = {};

/**
 * Looks whether any event can have something at a path below `data`.
 *
 * @param segments as of a parsed path
 * @returns the first step that leads nowhere; undefined where there is none
 * @example
 * findUnknownStep(['mesage', 'content'])?.index; // 0
 */
export function findUnknownStep(segments: readonly (string | number)[]): UnknownStep | undefined {
	let places = KNOWN_EVENT_TYPES.flatMap((type) => stepInto(eventSchema(type), 'data'));
	for (const [index, key] of segments.entries()) {
		const next = places.flatMap((place) => stepInto(place, key));
		if (next.length === 0) return { index, known: [...new Set(places.flatMap(namesOf))] };
		places = next;
	}
	return undefined;
}

/** Where a schema says what an object has at the least, nothing else counts as known. */
function stepInto(schema: Schema, key: string | number): readonly Schema[] {
	const { properties, items } = schema;
	if (isObject(properties)) {
		if (key === ANY_KEY) return Object.values(properties).filter(isObject);
		return Object.hasOwn(properties, key) ? [properties[key]].filter(isObject) : [];
	}
	if (isObject(items)) return typeof key === 'number' || key === ANY_KEY ? [items] : [];
	return Object.keys(schema).length === 0 ? [ANYTHING] : [];
}

function namesOf({ properties }: Schema): readonly string[] {
	return [properties].filter(isObject).flatMap(Object.keys);
}
