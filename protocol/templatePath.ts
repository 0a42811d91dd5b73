import { nearestWord } from './nearest';

export type TemplateErrorCode =
	| 'not-text'
	| 'template-too-large'
	| 'too-many-placeholders'
	| 'too-deep'
	| 'empty-placeholder'
	| 'unclosed-placeholder'
	| 'invalid-path'
	| 'unknown-root'
	| 'forbidden-key'
	| 'unknown-format'
	| 'unreadable-value'
	| 'output-too-large';

/** Why a template cannot be used, and where. */
export interface TemplateError {
	readonly code: TemplateErrorCode;
	/** A sentence without a period that names the place in the template's own words. */
	readonly message: string;
	/** From 1; lines end with a line feed. */
	readonly line: number;
	/** From 1, in UTF-16 code units as editors count. */
	readonly column: number;
}

/** One `{{path}}` of a template. */
export interface Placeholder {
	/** The path as written, without white space around it. */
	readonly path: string;
	/** The first name. */
	readonly root: string;
	/** The steps after the root: names, and numbers for `[0]`. */
	readonly segments: readonly (string | number)[];
	/** How its value is written, in this order; absent for verbatim. */
	readonly formats?: readonly Format[];
	/** Where the template has it first. */
	readonly offset: number;
}

/**
 * How a value is written. `slack`: as text that Slack does not read as its own markup. `json`: as JSON, a
 * text in quotes. `truncate`: up to so many characters (UTF-16 code units). `raw`: verbatim, where a
 * receiver's kind would say otherwise.
 */
export type Format =
	| { readonly name: 'slack' | 'json' | 'raw' }
	| { readonly name: 'truncate'; readonly length: number };

export type ReadPlaceholder =
	| { ok: true; placeholder: Placeholder; end: number }
	| { ok: false; offset: number; code: TemplateErrorCode; message: string };

export interface PathRules {
	/** Allowed roots; any name when absent. */
	readonly roots?: readonly string[] | undefined;
	/** Most names and indexes in one path, the root included. */
	readonly maxDepth: number;
	/** Whether `| format` may follow a path. */
	readonly hasFormats: boolean;
	/** Whether `.*` and `[*]` may stand for any key and each entry of a list. */
	readonly hasWildcards?: boolean;
}

/** A path without braces around it. */
export interface Path {
	/** The first name. */
	readonly root: string;
	/** The steps after the root; {@link ANY_KEY} where the path has `*`. */
	readonly segments: readonly (string | number)[];
}

export type ReadPath =
	| { readonly ok: true; readonly path: Path }
	| { readonly ok: false; readonly message: string };

/** The step that stands for any key and each entry of a list. */
export const ANY_KEY = '*';

// Sticky: they look at one place and never search. Marks belong to words in Thai, Hindi and others.
const BLANKS = /[ \t\r\n]+/y;
const ROOT = /[\p{L}_$][\p{L}\p{M}\p{N}_$-]*/uy;
const KEY = /[\p{L}\p{M}\p{N}_$-]+/uy;
const INDEX = /\d{1,9}/y;
const FORMAT = /[A-Za-z]*(?::\d{0,9})?/y;
const PLAIN_FORMATS = ['slack', 'json', 'raw'] as const;
const MAX_FORMATS = 5;
const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'prototype', 'constructor']);
const ESCAPE = /\\(?:["'\\nrt]|u[0-9a-fA-F]{4})/y;
const CONTROL_ESCAPES = new Map([
	['n', '\n'],
	['r', '\r'],
	['t', '\t'],
]);
const LOGIC_MARKS: ReadonlySet<string> = new Set('#/^>!&{|=(~');
const WILDCARDS = ['.*', '[*]'] as const;
const OPENING_LENGTH = 2;
const CLOSING = '}}';
const MAX_KNOWN = 500;
const SHOWN_LENGTH = 40;

type Failure = Extract<ReadPlaceholder, { ok: false }>;
type Step = { ok: true; key: string | number; end: number } | Failure;

/**
 * Makes a reader for the placeholders of one template. A placeholder that occurs again is the same
 * object as before, so that long lists of the same few cost little.
 */
export function createPlaceholderReader(
	source: string,
	rules: PathRules,
): (offset: number) => ReadPlaceholder {
	const known = new Map<string, Placeholder>();
	return (offset) => {
		const end = source.indexOf(CLOSING, offset) + CLOSING.length;
		const text = source.slice(offset, end);
		const placeholder = known.get(text);
		if (placeholder !== undefined) return { ok: true, placeholder, end };
		const read = readPlaceholder(source, offset, rules);
		if (!read.ok) {
			return read.code === 'unclosed-placeholder' ? { ...read, offset } : read;
		}
		// Braces in a quoted name are not where the placeholder ends.
		if (read.end === end && known.size < MAX_KNOWN) known.set(text, read.placeholder);
		return read;
	};
}

/** Reads one placeholder from its opening braces to its closing ones. */
function readPlaceholder(source: string, offset: number, rules: PathRules): ReadPlaceholder {
	const start = matchEnd(BLANKS, source, offset + OPENING_LENGTH);
	if (source.startsWith(CLOSING, start)) {
		return fail(offset, 'empty-placeholder', "The placeholder '{{}}' names no value");
	}
	const read = readPathAt(source, start, rules);
	if (!read.ok) return read;
	const { root, segments } = read.path;
	const at = read.end;
	const path = source.slice(start, at);
	const formats: Format[] = [];
	let closing = matchEnd(BLANKS, source, at);
	while (rules.hasFormats && source.charAt(closing) === '|' && formats.length < MAX_FORMATS) {
		const next = readFormat(source, matchEnd(BLANKS, source, closing + 1));
		if (!next.ok) return next;
		formats.push(next.format);
		closing = matchEnd(BLANKS, source, next.end);
	}
	if (!source.startsWith(CLOSING, closing)) {
		return unexpected(
			source,
			closing,
			`'}}' after '${shorten(source.slice(start, closing).trimEnd())}'`,
		);
	}
	const placeholder = {
		path,
		root,
		segments,
		...(formats.length === 0 ? {} : { formats }),
		offset,
	};
	return { ok: true, placeholder, end: closing + CLOSING.length };
}

/** Reads from the first name on, as far as it is a path. */
function readPathAt(
	source: string,
	start: number,
	rules: PathRules,
): { ok: true; path: Path; end: number } | Failure {
	const root = source.slice(start, matchEnd(ROOT, source, start));
	if (root === '')
		return unexpected(source, start, `a name such as '${rules.roots?.[0] ?? 'body'}'`);
	const rootFailure = checkRoot(root, start, rules);
	if (rootFailure !== undefined) return rootFailure;

	const segments: (string | number)[] = [];
	let at = start + root.length;
	for (;;) {
		const step = readStep(source, at, rules);
		if (step === undefined) return { ok: true, path: { root, segments }, end: at };
		if (!step.ok) return step;
		segments.push(step.key);
		if (segments.length >= rules.maxDepth) {
			const limit = String(rules.maxDepth);
			return fail(at, 'too-deep', `The path has more than ${limit} names and indexes`);
		}
		at = step.end;
	}
}

/**
 * Reads a path that stands alone, by the grammar of a placeholder's.
 *
 * @returns the path, or what is wrong with it, without a period; never throws
 * @example
 * parsePath('data.tool.params["card number"]', { maxDepth: 32, hasFormats: false });
 */
export function parsePath(text: string, rules: PathRules): ReadPath {
	const read = readPathAt(text, 0, rules);
	if (read.ok && read.end === text.length) return { ok: true, path: read.path };
	const failure = read.ok ? unexpected(text, read.end, "'.' or '['") : read;
	const isCutOff = failure.code === 'unclosed-placeholder';
	return { ok: false, message: isCutOff ? 'The path ends too early' : failure.message };
}

/** `slack`, `json`, `raw` or `truncate:3000`. */
function readFormat(
	source: string,
	offset: number,
): { ok: true; format: Format; end: number } | Failure {
	const end = matchEnd(FORMAT, source, offset);
	const text = source.slice(offset, end);
	const name = text.replace(/:.*/, '');
	const argument = text === name ? undefined : text.slice(name.length + 1);
	if (name === 'truncate' && argument !== undefined && Number(argument) > 0) {
		return { ok: true, format: { name, length: Number(argument) }, end };
	}
	const plain = PLAIN_FORMATS.find((known) => known === name);
	if (plain !== undefined && argument === undefined) {
		return { ok: true, format: { name: plain }, end };
	}
	if (name === '') return unexpected(source, offset, "a format such as 'slack' after '|'");
	const nearest = nearestWord(name, [...PLAIN_FORMATS, 'truncate']);
	const hint =
		nearest === undefined
			? ''
			: `. Did you mean '${nearest === 'truncate' ? 'truncate:3000' : nearest}'?`;
	const known = "'slack', 'json', 'raw' and 'truncate:3000'";
	return fail(
		offset,
		'unknown-format',
		`'${shorten(source.slice(offset, end))}' is not one of ${known}${hint}`,
	);
}

function checkRoot(root: string, offset: number, rules: PathRules): Failure | undefined {
	if (FORBIDDEN_KEYS.has(root)) return forbidden(root, offset);
	if (rules.roots === undefined || rules.roots.includes(root)) return undefined;
	const known = rules.roots.map((name) => `'${name}'`).join(', ');
	return fail(offset, 'unknown-root', `'${shorten(root)}' is not one of ${known}`);
}

/** `.key`, `[0]` or `["key"]`; undefined where the path ends. */
function readStep(source: string, offset: number, rules: PathRules): Step | undefined {
	const opening = source.charAt(offset);
	if (rules.hasWildcards === true) {
		const wildcard = WILDCARDS.find((one) => source.startsWith(one, offset));
		if (wildcard !== undefined) return { ok: true, key: ANY_KEY, end: offset + wildcard.length };
	}
	if (opening === '.') {
		const end = matchEnd(KEY, source, offset + 1);
		if (end === offset + 1) return unexpected(source, end, "a name after '.'");
		return toStep(source.slice(offset + 1, end), offset + 1, end);
	}
	if (opening !== '[') return undefined;
	const quote = source.charAt(offset + 1);
	const step =
		quote === '"' || quote === "'"
			? readQuotedKey(source, offset + 1, quote)
			: readIndex(source, offset + 1);
	if (!step.ok) return step;
	if (source.charAt(step.end) !== ']') return unexpected(source, step.end, "']'");
	return { ...step, end: step.end + 1 };
}

function readIndex(source: string, offset: number): Step {
	const end = matchEnd(INDEX, source, offset);
	if (end === offset) return unexpected(source, end, "an index or a quoted name after '['");
	return { ok: true, key: Number(source.slice(offset, end)), end };
}

function readQuotedKey(source: string, offset: number, quote: string): Step {
	let key = '';
	let at = offset + 1;
	while (at < source.length) {
		const character = source.charAt(at);
		if (character === quote) return toStep(key, offset, at + 1);
		if (character === '\\') {
			const end = matchEnd(ESCAPE, source, at);
			if (end === at) return unexpected(source, at + 1, "one of \" ' \\ n r t u after '\\'");
			key += unescape(source.slice(at, end));
			at = end;
		} else {
			key += character;
			at += 1;
		}
	}
	return unexpected(source, at, quote);
}

function unescape(escaped: string): string {
	const kind = escaped.charAt(1);
	if (kind === 'u') return String.fromCharCode(parseInt(escaped.slice(2), 16));
	return CONTROL_ESCAPES.get(kind) ?? kind;
}

function toStep(key: string, offset: number, end: number): Step {
	return FORBIDDEN_KEYS.has(key) ? forbidden(key, offset) : { ok: true, key, end };
}

/** Where a match that starts at the offset ends; the offset itself without one. */
function matchEnd(pattern: RegExp, source: string, offset: number): number {
	pattern.lastIndex = offset;
	return pattern.test(source) ? pattern.lastIndex : offset;
}

function forbidden(key: string, offset: number): Failure {
	return fail(offset, 'forbidden-key', `'${key}' cannot be read by a template`);
}

function unexpected(source: string, offset: number, expected: string): Failure {
	const codePoint = source.codePointAt(offset);
	if (codePoint === undefined) {
		return fail(offset, 'unclosed-placeholder', `The placeholder ends without ${expected}`);
	}
	const found = String.fromCodePoint(codePoint);
	const hint = LOGIC_MARKS.has(found) ? '. Conditions, loops and helpers are not supported' : '';
	return fail(offset, 'invalid-path', `Expected ${expected} but found '${found}'${hint}`);
}

function shorten(text: string): string {
	return text.length <= SHOWN_LENGTH ? text : `${text.slice(0, SHOWN_LENGTH)}…`;
}

function fail(offset: number, code: TemplateErrorCode, message: string): Failure {
	return { ok: false, offset, code, message };
}

/** Locates an error; only done for templates that cannot be used, since it reads the text again. */
export function templateError(
	source: string,
	offset: number,
	code: TemplateErrorCode,
	message: string,
): TemplateError {
	const { line, column } = locate(source, offset);
	return { code, message, line, column };
}

/**
 * Line and column of an offset, both from 1.
 *
 * @example
 * locate('a\nbc', 3); // { line: 2, column: 2 }
 */
export function locate(source: string, offset: number): { line: number; column: number } {
	let line = 1;
	let start = 0;
	for (
		let end = source.indexOf('\n');
		end >= 0 && end < offset;
		end = source.indexOf('\n', start)
	) {
		line += 1;
		start = end + 1;
	}
	return { line, column: offset - start + 1 };
}
