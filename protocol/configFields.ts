import { nearestWord } from './nearest';
import { parseTemplate } from './template';
import { isObject } from './jsonObject';

/** Names and indexes from the root of the file to a value. */
export type KeyPath = readonly (string | number)[];

/** Something wrong with a value. */
export interface FieldIssue {
	readonly path: KeyPath;
	readonly message: string;
}

/** A value of the file, where it stands, and where to tell what is wrong with it. */
export interface Field {
	readonly value: unknown;
	readonly path: KeyPath;
	readonly issues: FieldIssue[];
}

const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'prototype', 'constructor']);

export function addIssue(field: Field, message: string): void {
	field.issues.push({ path: field.path, message });
}

/** The value under a key, undefined where there is none. */
export function child(field: Field, key: string | number): Field {
	const { value, issues } = field;
	const known = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
	const inner = known ? (value as Record<string | number, unknown>)[key] : undefined;
	return { value: inner, path: [...field.path, key], issues };
}

/** The same value with a list of issues of its own, so that they concern this one part alone. */
export function apart(field: Field): Field {
	return { ...field, issues: [] };
}

/** The names in an object whose names the user chooses; names of the language itself are refused. */
export function readNames(field: Field): readonly string[] {
	if (!isObject(field.value)) {
		addIssue(field, 'must be an object');
		return [];
	}
	return Object.keys(field.value).filter((name) => {
		if (!FORBIDDEN_KEYS.has(name)) return true;
		addIssue(child(field, name), 'is not allowed as a name');
		return false;
	});
}

/** Checks that a value is an object of known keys; tells the nearest known one for the others. */
export function checkKeys(field: Field, knownKeys: readonly string[]): boolean {
	if (!isObject(field.value)) {
		addIssue(field, field.value === undefined ? 'is missing' : 'must be an object');
		return false;
	}
	for (const key of Object.keys(field.value)) {
		if (!knownKeys.includes(key)) {
			addIssue(child(field, key), `is not a known key. ${suggest(key, knownKeys)}`);
		}
	}
	return true;
}

/** The nearest right word as a question, or all of them. */
export function suggest(word: string, known: readonly string[]): string {
	const nearest = nearestWord(word, known);
	return nearest === undefined
		? `Possible here: ${known.join(', ')}`
		: `Did you mean '${nearest}'?`;
}

/** The value under an unknown key that is probably meant to be the given one. */
export function findNear(value: unknown, key: string, knownKeys: readonly string[]): unknown {
	if (!isObject(value)) return undefined;
	const found = Object.keys(value).find(
		(name) => !knownKeys.includes(name) && nearestWord(name, knownKeys) === key,
	);
	return found === undefined ? undefined : value[found];
}

/** A text with something in it; undefined and an issue otherwise. */
export function readText(field: Field): string | undefined {
	const { value } = field;
	if (typeof value === 'string' && value.trim() !== '') return value;
	if (value === undefined) addIssue(field, 'is missing');
	else addIssue(field, typeof value === 'string' ? 'must not be empty' : 'must be a text');
	return undefined;
}

/** The name that stands in an entry of a list, usable or not. */
export function nameIn(entry: unknown): string | undefined {
	const name = isObject(entry) ? entry.name : undefined;
	return typeof name === 'string' && name.trim() !== '' ? name : undefined;
}

/**
 * Makes the check that entries of a list have names of their own.
 *
 * @returns a reader of an entry's name: undefined where it has none, or an earlier entry has it, of which the issue is added
 */
export function ownNames(what: string): (entry: Field) => string | undefined {
	const taken = new Set<string>();
	return (entry) => {
		const name = nameIn(entry.value);
		if (name === undefined) return undefined;
		if (taken.has(name)) {
			addIssue(child(entry, 'name'), `is the name of another ${what} already`);
			return undefined;
		}
		taken.add(name);
		return name;
	};
}

/** A whole number within limits. */
export function readInteger(field: Field, min: number, max: number): number | undefined {
	const { value } = field;
	if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
		return value;
	}
	addIssue(field, `must be a whole number from ${String(min)} to ${String(max)}`);
	return undefined;
}

export function readBoolean(field: Field): boolean | undefined {
	if (typeof field.value === 'boolean') return field.value;
	addIssue(field, 'must be true or false');
	return undefined;
}

/** A list; each entry is read by the given function and left out where it is not usable. */
export function readList<Entry>(
	field: Field,
	readEntry: (entry: Field) => Entry | undefined,
): readonly Entry[] | undefined {
	if (!Array.isArray(field.value)) {
		addIssue(field, field.value === undefined ? 'is missing' : 'must be a list');
		return undefined;
	}
	return field.value.flatMap((_, index) => {
		const entry = readEntry(child(field, index));
		return entry === undefined ? [] : [entry];
	});
}

/** Reads what may be absent, so that an absent key stays absent in the result. */
export function optional<Key extends string, Value>(
	field: Field,
	key: Key,
	read: (inner: Field) => Value | undefined,
): { readonly [Name in Key]?: Value } {
	const inner = child(field, key);
	const value = inner.value === undefined ? undefined : read(inner);
	return (value === undefined ? {} : { [key]: value }) as { readonly [Name in Key]?: Value };
}

/** Whether a text is a template with placeholders that start with one of the roots. */
export function checkTemplate(
	field: Field,
	template: string,
	options: { readonly roots: readonly string[]; readonly hasFormats: boolean },
): boolean {
	const parsed = parseTemplate(template, options);
	if (parsed.ok) return true;
	const { message, line, column } = parsed.error;
	addIssue(
		field,
		`has a template that cannot be read (line ${String(line)}, column ${String(column)}): ${message}`,
	);
	return false;
}

/** A path as it stands in the braces of a template, such as `body.title`, that starts with one of the roots. */
export function readPath(field: Field, roots: readonly string[]): string | undefined {
	const path = readText(field);
	if (path === undefined) return undefined;
	const parsed = parseTemplate(`{{${path}}}`, { roots });
	const placeholder = parsed.ok ? parsed.template.placeholders[0] : undefined;
	if (placeholder?.path !== path) {
		addIssue(field, "must be a path such as 'body.title'");
		return undefined;
	}
	// Node.js has them like this: any other spelling would never be found.
	const found = placeholder.root === 'headers' ? path.toLowerCase() : path;
	if (found === path) return path;
	addIssue(field, `must have the header's name in small letters: '${found}'`);
	return undefined;
}

/** Writes a path as in JavaScript: names that are no identifiers in brackets. */
export function formatPath(path: KeyPath): string {
	let text = '';
	for (const key of path) {
		if (typeof key === 'number') text += `[${String(key)}]`;
		else if (/^[A-Za-z_$][\w$]*$/.test(key)) text += text === '' ? key : `.${key}`;
		else text += `[${JSON.stringify(key)}]`;
	}
	return text;
}
