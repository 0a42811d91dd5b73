import { Validator } from '@cfworker/json-schema';
import { isKnownEventType, parseEvent, type OpenClawEvent } from '../../protocol/event';
import { isObject } from '../../protocol/jsonObject';
import { eventSchema } from '../../protocol/schema/events';

/** What a body holds, and what is wrong with it. */
export interface ReadBody {
	readonly event: OpenClawEvent | undefined;
	readonly faults: readonly string[];
	/** What the protocol allows and is worth knowing. */
	readonly notes: readonly string[];
}

const checks = new Map<string, Validator>();

/** By whole characters, `u` leaves these over. */
const HALF = /\p{Surrogate}/u;

/** A key or a text with a half of a surrogate pair in it, which JSON can only write as an escape. */
function hasHalfCharacter(value: unknown): boolean {
	if (typeof value === 'string') return HALF.test(value);
	if (typeof value !== 'object' || value === null) return false;
	return Object.entries(value).some(([key, inner]) => HALF.test(key) || hasHalfCharacter(inner));
}

/** Fields that this version does not know are allowed. */
function withFurtherFields(schema: unknown): unknown {
	if (Array.isArray(schema)) return schema.map(withFurtherFields);
	if (!isObject(schema)) return schema;
	return Object.fromEntries(
		Object.entries(schema)
			.filter(([key]) => key !== 'additionalProperties')
			.map(([key, value]) => [key, withFurtherFields(value)]),
	);
}

function schemaFaults(event: OpenClawEvent): readonly string[] {
	const { type } = event;
	if (!isKnownEventType(type)) return [];
	const check =
		checks.get(type) ??
		new Validator(withFurtherFields(eventSchema(type)) as Record<string, unknown>, '7', false);
	checks.set(type, check);
	return check
		.validate(event)
		.errors.filter(({ keyword }) => keyword !== 'properties' && keyword !== 'items')
		.map(({ instanceLocation, error }) => {
			return `the schema of ${type}, at '${instanceLocation.slice(2)}': ${error.replace(/\.$/, '')}`;
		});
}

/**
 * Reads a body as strictly as a careful receiver: UTF-8, JSON of whole characters, an event, fitting the schema of its
 * type.
 *
 * @param bytes uncompressed
 */
export function readEventBody(bytes: Uint8Array): ReadBody {
	const wrong = (fault: string): ReadBody => ({ event: undefined, faults: [fault], notes: [] });
	let value: unknown;
	try {
		value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
	} catch (error) {
		return wrong(`the body is no ${error instanceof SyntaxError ? 'JSON' : 'UTF-8'}`);
	}
	const parsed = parseEvent(value);
	if (!parsed.ok) return wrong(`the body is no event: ${parsed.message}`);
	const { event } = parsed;
	const halves = hasHalfCharacter(event)
		? [
				'a text in the body has a half of a character (a lone surrogate), which strict parsers refuse',
			]
		: [];
	const notes = isKnownEventType(event.type)
		? []
		: [`the type ${JSON.stringify(event.type)} is not known: only the envelope was checked`];
	return { event, faults: [...halves, ...schemaFaults(event)], notes };
}
