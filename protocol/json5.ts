import { parse, stringify } from 'json5';
import type { KeyPath } from './configFields';
import { isObject } from './jsonObject';
import { locate } from './templatePath';

/** The place in the text is counted from 1, columns in UTF-16 code units. */
export type ParsedJson5 =
	| { ok: true; value: unknown }
	| { ok: false; message: string; line: number; column: number };

interface Json5SyntaxError extends SyntaxError {
	readonly lineNumber: number;
	readonly columnNumber: number;
}

/** Longer texts are not searched: each probe parses the text again. */
const MAX_TEXT_LENGTH = 262_144;
/** Characters parsed in search of the places of all issues of one text, which takes up to half a second. */
const MAX_PARSED_LENGTH = 500_000;
const MARKER = '__probed_key__';
/** What may stand between a key and its value: the closing quote, white space, comments. */
const AFTER_KEY = /(["']?)\s*(?::|\/[/*])/y;
const PART_OF_KEY = /[\p{L}\p{N}_$"']/u;

/**
 * Reads JSON5: JSON with comments, trailing commas, bare keys and single quotes. A key `__proto__`
 * becomes an ordinary own property; it never changes a prototype.
 *
 * @returns the value, or what is wrong and where; never throws
 * @see https://spec.json5.org
 * @example
 * parseJson5("{ name: 'ops', }"); // { ok: true, value: { name: 'ops' } }
 */
export function parseJson5(text: string): ParsedJson5 {
	try {
		return { ok: true, value: parse<unknown>(text) };
	} catch (error) {
		return { ok: false, ...readSyntaxError(error) };
	}
}

/**
 * Writes a value as JSON5 with double quotes, trailing commas and two blanks of indentation.
 *
 * @example
 * formatJson5({ name: 'ops' }); // '{\n  name: "ops",\n}'
 */
export function formatJson5(value: unknown): string {
	return stringify(value, { space: 2, quote: '"' });
}

/** The library puts the place into its message as well, which would name it twice. */
function readSyntaxError(error: unknown): { message: string; line: number; column: number } {
	const { message, lineNumber, columnNumber } = error as Json5SyntaxError;
	const sentence = message.replace(/^JSON5: /, '').replace(/ at \d+:\d+$/, '');
	return { message: sentence, line: lineNumber, column: columnNumber };
}

/** Finds where the key of a path stands; undefined where it cannot be told. */
export type KeyLocator = (path: KeyPath) => { line: number; column: number } | undefined;

/**
 * Finds keys in a JSON5 text. The parser keeps no places, so half of the occurrences of the key's
 * text are renamed; whether the renamed key turns up at the path tells in which half it is.
 *
 * @param text a text that parses
 * @param root what it parses to
 * @example
 * createKeyLocator(text, value)(['webhooks', 'endpoints', 0, 'url']); // { line: 4, column: 7 }
 */
export function createKeyLocator(text: string, root: unknown): KeyLocator {
	let budget = text.length > MAX_TEXT_LENGTH ? 0 : MAX_PARSED_LENGTH;

	function isAmong(offsets: readonly number[], path: KeyPath, key: string): boolean {
		budget -= text.length;
		const parsed = parseJson5(rename(text, key, offsets));
		return parsed.ok && hasRenamed(parsed.value, path, key);
	}

	function findKey(path: KeyPath): number | undefined {
		const key = String(path.at(-1));
		let offsets = budget > 0 ? listOccurrences(text, key) : [];
		if (offsets.length === 0 || !isAmong(offsets, path, key)) return undefined;
		while (offsets.length > 1 && budget > 0) {
			// Of two equal keys the later one counts, so the later half is asked first.
			const middle = offsets.length >> 1;
			const later = offsets.slice(middle);
			offsets = isAmong(later, path, key) ? later : offsets.slice(0, middle);
		}
		return offsets.length === 1 ? offsets[0] : undefined;
	}

	return (path) => {
		for (let length = path.length; length > 0; length -= 1) {
			const target = toKey(root, path.slice(0, length));
			const offset = target === undefined ? undefined : findKey(target);
			if (offset !== undefined) return locate(text, offset);
		}
		return undefined;
	};
}

/** The path itself where it ends in a name, the first name in a list's entry; if they are there. */
function toKey(root: unknown, path: KeyPath): KeyPath | undefined {
	const found = follow(root, path);
	if (found === undefined) return undefined;
	if (typeof path.at(-1) === 'string') return path;
	const firstName = isObject(found.value) ? Object.keys(found.value)[0] : undefined;
	return firstName === undefined ? undefined : [...path, firstName];
}

function follow(root: unknown, path: KeyPath): { value: unknown } | undefined {
	let value = root;
	for (const key of path) {
		if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
		value = (value as Record<string | number, unknown>)[key];
	}
	return { value };
}

/** Whether the path leads to a renamed key; names on the way may have been renamed with it. */
function hasRenamed(root: unknown, path: KeyPath, key: string): boolean {
	let value = root;
	for (const [index, step] of path.entries()) {
		const renamed = follow(value, [step === key ? MARKER : step]);
		const found = renamed ?? (index < path.length - 1 ? follow(value, [step]) : undefined);
		if (found === undefined) return false;
		value = found.value;
	}
	return true;
}

function rename(text: string, key: string, offsets: readonly number[]): string {
	let renamed = '';
	let end = 0;
	for (const offset of offsets) {
		renamed += text.slice(end, offset) + MARKER;
		end = offset + key.length;
	}
	return renamed + text.slice(end);
}

/** Where the text has the key in quotes or as a word, with a value after it. */
function listOccurrences(text: string, key: string): readonly number[] {
	const offsets: number[] = [];
	for (let offset = text.indexOf(key); offset >= 0; offset = text.indexOf(key, offset + 1)) {
		const before = text.charAt(offset - 1);
		AFTER_KEY.lastIndex = offset + key.length;
		const quote = AFTER_KEY.exec(text)?.[1];
		const isKey = quote === '' ? !PART_OF_KEY.test(before) : quote === before;
		if (isKey) offsets.push(offset);
		if (offset === text.length) break;
	}
	return offsets;
}
