import { dereference, format, validate } from '@cfworker/json-schema';
import type { OutputUnit, Schema, SchemaDraft } from '@cfworker/json-schema';
import { isObject } from '../../protocol/jsonObject';

/** A JSON Schema that values can be checked by. */
export interface JsonSchema {
	/** As JSON without blanks. */
	readonly text: string;
	/** Says what of a value does not fit, in a line; undefined when all does. Never throws. */
	readonly check: (value: unknown) => string | undefined;
}

export type ReadSchema =
	| { readonly ok: true; readonly schema: JsonSchema }
	| { readonly ok: false; readonly message: string };

/** The longest schema, in bytes of its JSON. */
export const MAX_SCHEMA_BYTES = 16_384;

/** More are not told at once. */
const MAX_FAULTS = 3;
/** The library compares all pairs of such a list. */
const MAX_UNIQUE_ITEMS = 1_000;

const TYPES = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'];

// No format of any draft, and its expression takes exponential time.
delete format.url;

/**
 * Reads a JSON Schema, of draft 2020-12 unless `$schema` names another. What would only come to light with
 * the first value is looked for here: types that there are not, references that lead nowhere, expressions
 * that cannot be read.
 *
 * @param given a JSON text, or the object itself
 * @returns the schema, or a sentence about what is wrong with it; never throws
 * @see https://json-schema.org/specification
 * @example
 * const read = readJsonSchema('{"type":"integer"}');
 * if (read.ok) read.schema.check('7'); // 'the value: Instance type "string" is invalid. …'
 */
export function readJsonSchema(given: unknown): ReadSchema {
	const parsed = typeof given === 'string' ? parse(given) : given;
	if (parsed === undefined) return { ok: false, message: 'It is not valid JSON' };
	if (!isObject(parsed)) return { ok: false, message: 'It is JSON, but not an object' };
	const text = JSON.stringify(parsed);
	const bytes = Buffer.byteLength(text);
	if (bytes > MAX_SCHEMA_BYTES) {
		return { ok: false, message: `It has ${String(bytes)} bytes, and 16 KiB are the most` };
	}
	// A copy: the library writes into it, and the value may be the workflow's own.
	const schema = JSON.parse(text) as Schema;
	try {
		const lookup = dereference(schema);
		const draft = draftOf(schema.$schema);
		const parts = Object.values(lookup).filter((part) => typeof part === 'object');
		for (const part of parts) {
			const fault = faultOf(part, lookup);
			if (fault !== undefined) return { ok: false, message: fault };
		}
		const isUnique = parts.some(({ uniqueItems }) => uniqueItems === true);
		const checkAll = (value: unknown) => validate(value, schema, draft, lookup, false).errors;
		// A reference to itself never ends.
		checkAll(null);
		return { ok: true, schema: { text, check: createCheck(checkAll, isUnique) } };
	} catch (error) {
		return { ok: false, message: `It cannot be used: ${firstLine(error)}` };
	}
}

function parse(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

function draftOf(named: unknown): SchemaDraft {
	const name = typeof named === 'string' ? named : '';
	if (name.includes('draft-04')) return '4';
	if (/draft-0[67]/.test(name)) return '7';
	return name.includes('2019-09') ? '2019-09' : '2020-12';
}

/** What the library would take for a rule that nothing meets, or stumble over. */
function faultOf(part: Schema, lookup: Readonly<Record<string, unknown>>): string | undefined {
	const rules: Readonly<Record<string, unknown>> = part;
	const { type, required, properties, pattern, patternProperties } = rules;
	const types = Array.isArray(type) ? (type as unknown[]) : [type ?? 'null'];
	const unknown = types.find((name) => typeof name !== 'string' || !TYPES.includes(name));
	if (unknown !== undefined) {
		return `It has the type ${JSON.stringify(unknown)}, which JSON Schema does not know`;
	}
	if (required !== undefined && typeof required !== 'boolean' && !Array.isArray(required)) {
		return "Its 'required' is not a list of names";
	}
	if (properties !== undefined && !isObject(properties)) return "Its 'properties' is not an object";
	const expressions = isObject(patternProperties) ? Object.keys(patternProperties) : [];
	if (typeof pattern === 'string') expressions.push(pattern);
	const unreadable = expressions.find((expression) => !isExpression(expression));
	if (unreadable !== undefined) return `Its pattern '${unreadable}' is not a regular expression`;
	const { $ref, __absolute_ref__: reference } = part;
	if ($ref !== undefined && (reference === undefined || lookup[reference] === undefined)) {
		return `Its $ref '${$ref}' leads nowhere. Put what it refers to into '$defs'`;
	}
	return undefined;
}

function isExpression(text: string): boolean {
	try {
		return new RegExp(text, 'u') instanceof RegExp;
	} catch {
		return false;
	}
}

function createCheck(
	checkAll: (value: unknown) => readonly OutputUnit[],
	isUnique: boolean,
): JsonSchema['check'] {
	return (value) => {
		if (isUnique && longestList(value) > MAX_UNIQUE_ITEMS) {
			return `a list has more than ${String(MAX_UNIQUE_ITEMS)} entries, too many for 'uniqueItems'`;
		}
		try {
			return describe(checkAll(value));
		} catch (error) {
			return `it could not be checked: ${firstLine(error)}`;
		}
	};
}

function longestList(value: unknown): number {
	let longest = 0;
	const open = [value];
	for (let next = open.pop(); next !== undefined; next = open.pop()) {
		if (typeof next !== 'object' || next === null) continue;
		if (Array.isArray(next)) longest = Math.max(longest, next.length);
		for (const inner of Object.values(next)) if (inner !== undefined) open.push(inner);
	}
	return longest;
}

/** Faults that only say that there is another one further in. */
const AROUND = ['properties', 'patternProperties', 'items', 'prefixItems', 'allOf', '$ref', 'if'];

function describe(errors: readonly OutputUnit[]): string | undefined {
	if (errors.length === 0) return undefined;
	const inner = errors.filter(({ keyword }) => keyword !== 'false' && !AROUND.includes(keyword));
	const faults = inner.length === 0 ? errors : inner;
	const lines = faults.slice(0, MAX_FAULTS).map(({ instanceLocation, error }) => {
		const place = instanceLocation === '#' ? 'the value' : instanceLocation.slice(1);
		return `${place}: ${error.replace(/\.$/, '')}`;
	});
	const rest = faults.length - lines.length;
	return lines.join('; ') + (rest > 0 ? `; and ${String(rest)} more` : '');
}

function firstLine(error: unknown): string {
	const message = error instanceof Error ? error.message : String(error);
	return message.split('\n', 1)[0] ?? '';
}
