/** The fields of something that came from the gateway; nothing about them is known yet. */
export type Fields = Readonly<Record<string, unknown>>;

const NO_FIELDS: Fields = {};

/** The fields of an object; none of anything else. */
export function fieldsOf(value: unknown): Fields {
	return typeof value === 'object' && value !== null ? (value as Fields) : NO_FIELDS;
}

/** What is in a field; undefined as well where reading it fails. */
export function valueOf(fields: Fields, name: string): unknown {
	try {
		return fields[name];
	} catch {
		return undefined;
	}
}

/** The fields of an object in a field. */
export function inner(fields: Fields, name: string): Fields {
	return fieldsOf(valueOf(fields, name));
}

/** The first of several fields that holds a text with something in it. */
export function textOf(fields: Fields, ...names: readonly string[]): string | undefined {
	for (const name of names) {
		const value = valueOf(fields, name);
		if (typeof value === 'string' && value !== '') return value;
	}
	return undefined;
}

/** The first of several fields that holds an id: a text, or a number as some channels have them. */
export function idOf(fields: Fields, ...names: readonly string[]): string | undefined {
	for (const name of names) {
		const value = valueOf(fields, name);
		if (typeof value === 'string' && value !== '') return value;
		if (typeof value === 'number' && Number.isFinite(value)) return String(value);
	}
	return undefined;
}

/** An amount: a number that is not negative. */
export function amountOf(fields: Fields, name: string): number | undefined {
	const value = valueOf(fields, name);
	return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** Whether a field says yes. */
export function isSet(fields: Fields, name: string): boolean {
	return valueOf(fields, name) === true;
}

/** The texts of a list of texts; others in it are left out. */
export function textsOf(fields: Fields, name: string): readonly string[] {
	return listOf(fields, name).filter((entry): entry is string => typeof entry === 'string');
}

/** A list in a field; empty where there is none. */
export function listOf(fields: Fields, name: string): readonly unknown[] {
	const value = valueOf(fields, name);
	return Array.isArray(value) ? (value as unknown[]) : [];
}

/** The same fields without those that are undefined. */
export function withoutUnknown<Value>(
	fields: Readonly<Record<string, Value>>,
): Readonly<Record<string, Exclude<Value, undefined>>> {
	const known: Record<string, Exclude<Value, undefined>> = {};
	for (const [name, value] of Object.entries(fields)) {
		if (value !== undefined) known[name] = value as Exclude<Value, undefined>;
	}
	return known;
}
