import { createPlaceholderReader, templateError } from './templatePath';
import type { Placeholder, TemplateError, TemplateErrorCode } from './templatePath';
import { readText, readValue } from './templateValue';
import type { ReadValue } from './templateValue';

/** What stands at the start of a path in the template of an inbound message. */
export const INBOUND_ROOTS = ['body', 'headers', 'query', 'now'] as const;

/** The same where each element of a list in the body becomes a message: `item` is the element. */
export const ITEM_ROOTS = [...INBOUND_ROOTS, 'item'] as const;

/** What stands at the start of a path in a template over an event. */
export const TRANSFORM_ROOTS = [
	'id',
	'type',
	'timestamp',
	'instanceId',
	'data',
	'event',
	'now',
] as const;

export interface TemplateLimits {
	/** UTF-8 bytes of the template. */
	readonly maxTemplateBytes: number;
	readonly maxPlaceholders: number;
	/** Names and indexes in one path, the root included. */
	readonly maxDepth: number;
	/** UTF-8 bytes of the rendered text. */
	readonly maxOutputBytes: number;
}

/** Limits that hold unless others are given. */
export const TEMPLATE_LIMITS: TemplateLimits = {
	maxTemplateBytes: 65_536,
	maxPlaceholders: 500,
	maxDepth: 32,
	maxOutputBytes: 262_144,
};

/** A template that was read; it can be rendered any number of times. */
export interface Template {
	readonly source: string;
	readonly placeholders: readonly Placeholder[];
	/** Texts and placeholders in order, as rendering joins them. */
	readonly parts: readonly (string | Placeholder)[];
}

export type ParsedTemplate = { ok: true; template: Template } | { ok: false; error: TemplateError };

/** `missingPaths`: the paths that had no value, or null, each once in order of appearance. */
export type Rendered =
	| { ok: true; text: string; missingPaths: string[] }
	| { ok: false; error: TemplateError };

export interface TemplateOptions {
	/** Names a path may start with, for example {@link INBOUND_ROOTS}; any name unless given. */
	readonly roots?: readonly string[];
	readonly limits?: Partial<TemplateLimits>;
	/** Whether a path may be followed by `| slack`, `| json`, `| raw` and `| truncate:3000`. */
	readonly hasFormats?: boolean;
	/** Whether values are written for Slack unless they are `raw`. */
	readonly isForSlack?: boolean;
}

const OPENING = '{{';
const BACKSLASH = '\\'.charCodeAt(0);

/**
 * Reads a template: text with placeholders `{{ root.key[0]["other key"] }}`. There is no logic and no
 * code in it. A backslash before the braces makes them text: `\{{` is `{{`; `\\{{` is a backslash and
 * a placeholder.
 *
 * The text is read once from left to right, so the time is proportional to its length.
 *
 * @param source the template
 * @param options allowed roots, and limits other than {@link TEMPLATE_LIMITS}
 * @returns the template, or what is wrong with it and where; never throws
 * @example
 * const parsed = parseTemplate('Alert: {{body.title}}', { roots: INBOUND_ROOTS });
 * if (!parsed.ok) showAt(parsed.error.line, parsed.error.message);
 */
export function parseTemplate(source: string, options: TemplateOptions = {}): ParsedTemplate {
	if (typeof source !== 'string') return failed('', 0, 'not-text', 'The template must be a text');
	const limits = { ...TEMPLATE_LIMITS, ...options.limits };
	if (Buffer.byteLength(source) > limits.maxTemplateBytes) {
		const limit = String(limits.maxTemplateBytes);
		return failed(source, 0, 'template-too-large', `The template has more than ${limit} bytes`);
	}
	const { roots, hasFormats = false } = options;
	const rules = { roots, maxDepth: limits.maxDepth, hasFormats };
	const read = createPlaceholderReader(source, rules);
	const placeholders: Placeholder[] = [];
	const parts: (string | Placeholder)[] = [];
	let textStart = 0;
	let opening = source.indexOf(OPENING);
	while (opening >= 0) {
		const backslashes = countBackslashes(source, opening, textStart);
		const textEnd = backslashes === 0 ? opening : opening - 1;
		if (textEnd > textStart) parts.push(source.slice(textStart, textEnd));
		if (backslashes === 1) {
			// The braces become the start of the next text.
			textStart = opening;
			opening = source.indexOf(OPENING, opening + OPENING.length);
			continue;
		}
		const found = read(opening);
		if (!found.ok) return failed(source, found.offset, found.code, found.message);
		if (placeholders.length >= limits.maxPlaceholders) {
			const limit = String(limits.maxPlaceholders);
			const message = `The template has more than ${limit} placeholders`;
			return failed(source, opening, 'too-many-placeholders', message);
		}
		placeholders.push(found.placeholder);
		parts.push(found.placeholder);
		textStart = found.end;
		opening = source.indexOf(OPENING, textStart);
	}
	parts.push(source.slice(textStart));
	return { ok: true, template: { source, placeholders, parts } };
}

/**
 * Fills a template in. Texts come out verbatim, numbers and booleans as text, objects and lists as
 * JSON, missing values and null as nothing. Values are never read for placeholders themselves, and
 * only own properties are seen.
 *
 * @param template a text, or what {@link parseTemplate} returned
 * @param values one value per root
 * @param options as for `parseTemplate`; its output limit counts here
 * @returns the text and the paths that had no value, or what is wrong and where; never throws
 * @example
 * renderTemplate('Disk {{body.disk}} full', { body: { disk: 'sda' } });
 * // { ok: true, text: 'Disk sda full', missingPaths: [] }
 */
export function renderTemplate(
	template: string | Template,
	values: Readonly<Record<string, unknown>>,
	options: TemplateOptions = {},
): Rendered {
	const parsed: ParsedTemplate = isTemplate(template)
		? { ok: true, template }
		: parseTemplate(template, options);
	if (!parsed.ok) return parsed;
	const { source, parts } = parsed.template;
	const maxBytes = options.limits?.maxOutputBytes ?? TEMPLATE_LIMITS.maxOutputBytes;
	const missingPaths = new Set<string>();
	let text = '';
	for (const part of parts) {
		if (typeof part === 'string') {
			text += part;
		} else {
			const value = readText(values, part, options.isForSlack);
			if (!value.ok) {
				const message = `The value of '${part.path}' cannot be written as JSON`;
				return failed(source, part.offset, 'unreadable-value', message);
			}
			if (value.text === undefined) missingPaths.add(part.path);
			else text += value.text;
		}
		// Stops a small template that repeats a large value before it has become a huge text.
		if (text.length > maxBytes) return tooLarge(source, part, maxBytes);
	}
	if (Buffer.byteLength(text) > maxBytes) return tooLarge(source, '', maxBytes);
	return { ok: true, text, missingPaths: [...missingPaths] };
}

/**
 * The value of a template that is one placeholder and nothing else: number, object and list stay what
 * they are.
 *
 * @returns undefined for any other template, and for a placeholder with a format, which makes it a text
 * @example
 * readWhole(template, { data: { usage: { inputTokens: 2 } } }); // { ok: true, value: { inputTokens: 2 } }
 */
export function readWhole(
	{ placeholders, parts }: Template,
	values: Readonly<Record<string, unknown>>,
): ReadValue | undefined {
	const [only] = placeholders;
	const isWhole = placeholders.length === 1 && parts.every((part) => part === '' || part === only);
	if (!isWhole || only === undefined || only.formats !== undefined) return undefined;
	return readValue(values, only);
}

function countBackslashes(source: string, opening: number, textStart: number): number {
	if (opening - 1 < textStart || source.charCodeAt(opening - 1) !== BACKSLASH) return 0;
	return opening - 2 < textStart || source.charCodeAt(opening - 2) !== BACKSLASH ? 1 : 2;
}

function isTemplate(template: unknown): template is Template {
	return (
		typeof template === 'object' &&
		template !== null &&
		'parts' in template &&
		Array.isArray(template.parts)
	);
}

function tooLarge(source: string, part: string | Placeholder, maxBytes: number): Rendered {
	const offset = typeof part === 'string' ? 0 : part.offset;
	const message = `The rendered text has more than ${String(maxBytes)} bytes`;
	return failed(source, offset, 'output-too-large', message);
}

function failed(
	source: string,
	offset: number,
	code: TemplateErrorCode,
	message: string,
): { ok: false; error: TemplateError } {
	return { ok: false, error: templateError(source, offset, code, message) };
}
