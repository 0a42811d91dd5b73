import { scalarText } from './scalarText';
import type { Format, Placeholder } from './templatePath';

/** `value` is undefined where there is none; not ok where it cannot be read. */
export type ReadValue = { ok: true; value: unknown } | { ok: false };

/** `text` is undefined where there is no value; not ok where a value cannot be written as text. */
export type ReadText = { ok: true; text: string | undefined } | { ok: false };

/** Around the place of a cut this much is looked at: no character is longer. */
const LONGEST_CHARACTER = 64;
const CUT_MARK = '…';
const CHARACTERS = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** The beginning of what {@link escapeForSlack} makes of one character. */
const PART_OF_ESCAPE = /&[a-z]{0,3}$/;

/** Follows a placeholder through own properties. */
export function readValue(
	values: Readonly<Record<string, unknown>>,
	placeholder: Placeholder,
): ReadValue {
	try {
		let value = readOwn(values, placeholder.root);
		for (const segment of placeholder.segments) value = readOwn(value, segment);
		return { ok: true, value };
	} catch {
		// Values from outside of JSON: accessors that throw.
		return { ok: false };
	}
}

/**
 * Follows a placeholder and writes what it finds as text.
 *
 * @param isForSlack writes for Slack what is not `raw`
 */
export function readText(
	values: Readonly<Record<string, unknown>>,
	placeholder: Placeholder,
	isForSlack = false,
): ReadText {
	const { formats = [] } = placeholder;
	const read = readValue(values, placeholder);
	if (!read.ok) return read;
	try {
		const isQuoted = formats[0]?.name === 'json';
		const text = isQuoted ? toJson(read.value) : toText(read.value);
		if (text === undefined) return { ok: true, text };
		const others = isQuoted ? formats.slice(1) : formats;
		const isSettled = others.some(({ name }) => name === 'slack' || name === 'raw');
		const added: readonly Format[] = isForSlack && !isSettled ? [{ name: 'slack' }] : [];
		return { ok: true, text: applyFormats(text, [...added, ...others]) };
	} catch {
		// Cycles, big integers in objects.
		return { ok: false };
	}
}

/**
 * Writes a text so that Slack shows it as it is: without mentions, links and what else `<…>` means there.
 *
 * @see https://docs.slack.dev/messaging/formatting-message-text#escaping
 * @example
 * escapeForSlack('<!channel> a & b'); // '&lt;!channel&gt; a &amp; b'
 */
export function escapeForSlack(text: string): string {
	return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function applyFormats(text: string, formats: readonly Format[]): string {
	let result = text;
	let isEscaped = false;
	for (const format of formats) {
		switch (format.name) {
			case 'slack':
				result = escapeForSlack(result);
				isEscaped = true;
				break;
			case 'json':
				result = JSON.stringify(result);
				break;
			case 'truncate':
				result = cutText(result, format.length, isEscaped);
				break;
			case 'raw':
		}
	}
	return result;
}

/** Cuts a text so that it has a length with the mark of the cut; characters of several code points stay whole. */
function cutText(text: string, length: number, isEscaped: boolean): string {
	if (text.length <= length) return text;
	const end = length - CUT_MARK.length;
	let cut = Math.max(0, end - LONGEST_CHARACTER);
	for (const { segment } of CHARACTERS.segment(text.slice(cut, end + LONGEST_CHARACTER))) {
		if (cut + segment.length > end) break;
		cut += segment.length;
	}
	const kept = text.slice(0, cut);
	return (isEscaped ? kept.replace(PART_OF_ESCAPE, '') : kept) + CUT_MARK;
}

function readOwn(value: unknown, key: string | number): unknown {
	if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
	return (value as Record<string | number, unknown>)[key];
}

function toText(value: unknown): string | undefined {
	if (typeof value === 'object' && value !== null) return JSON.stringify(value);
	return scalarText(value);
}

/** Nothing is written as `null`, so that the JSON around it stays JSON. */
function toJson(value: unknown): string {
	return typeof value === 'bigint' ? String(value) : JSON.stringify(value ?? null);
}
