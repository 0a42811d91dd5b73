import { isObject } from './configFields';
import type { KeyPath } from './configFields';
import { parseJson5 } from './json5';
import { locate } from './templateError';

/** Longer texts are not searched: each probe parses the text again. */
const MAX_TEXT_LENGTH = 262_144;
/** Characters parsed in search of the places of all issues of one text. */
const MAX_PARSED_LENGTH = 2_000_000;
const MARKER = '__probed_key__';
/** What may stand between a key and its value: the closing quote, white space, comments. */
const AFTER_KEY = /["']?\s*(?::|\/[/*])/y;
const WORD_CHARACTER = /[\p{L}\p{N}_$]/u;

/** Finds where the key of a path stands; undefined where it cannot be told. */
export type KeyLocator = (path: KeyPath) => { line: number; column: number } | undefined;

/**
 * Finds keys in a JSON5 text. The parser keeps no places, so a key is found by renaming one
 * occurrence of its text after the other, until the renamed key turns up at the path.
 *
 * @param text a text that parses
 * @param root what it parses to
 * @example
 * createKeyLocator(text, value)(['webhooks', 'endpoints', 0, 'url']); // { line: 4, column: 7 }
 */
export function createKeyLocator(text: string, root: unknown): KeyLocator {
	let budget = text.length > MAX_TEXT_LENGTH ? 0 : MAX_PARSED_LENGTH;

	function findKey(path: KeyPath): number | undefined {
		const key = String(path.at(-1));
		const marked = [...path.slice(0, -1), MARKER];
		// Of two equal keys the later one counts, so it is looked for from the end.
		let offset = text.lastIndexOf(key);
		while (offset >= 0 && budget > 0) {
			if (mayBeKey(text, offset, key.length)) {
				budget -= text.length;
				const probe = text.slice(0, offset) + MARKER + text.slice(offset + key.length);
				const parsed = parseJson5(probe);
				if (parsed.ok && follow(parsed.value, marked) !== undefined) return offset;
			}
			offset = offset === 0 ? -1 : text.lastIndexOf(key, offset - 1);
		}
		return undefined;
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

function mayBeKey(text: string, offset: number, length: number): boolean {
	AFTER_KEY.lastIndex = offset + length;
	return AFTER_KEY.test(text) && !WORD_CHARACTER.test(text.charAt(offset - 1));
}
