const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

const EMOJI = new RegExp('^\\p{RGI_Emoji}$', 'v');
/** What terminals show two columns wide: East Asian Wide and Fullwidth of Unicode's annex 11. */
const WIDE =
	/^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
const INVISIBLE = /^[\p{Mark}\p{Default_Ignorable_Code_Point}]+$/u;
/** Anything but a line's end that could move the cursor, change colours or turn the writing around. */
const CONTROL = /(?!\n)[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Columns that a text takes in a terminal.
 *
 * @example
 * displayWidth('告警 🚨'); // 7
 */
export function displayWidth(text: string): number {
	let width = 0;
	for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment);
	return width;
}

/**
 * Cuts a text so that it takes no more than so many columns, ending in `…` where something is missing.
 *
 * @example
 * truncate('告警处理', 5); // '告警…'
 */
export function truncate(text: string, width: number): string {
	if (displayWidth(text) <= width) return text;
	let kept = '';
	let used = 0;
	for (const { segment } of graphemes.segment(text)) {
		const next = graphemeWidth(segment);
		if (used + next > width - 1) break;
		kept += segment;
		used += next;
	}
	return `${kept}…`;
}

/**
 * Makes a text from outside harmless to a terminal: no escape sequences. JSON means the same after it.
 *
 * @example
 * printableLines('red \u001b[31m'); // 'red \\u001b[31m'
 */
export function printableLines(text: string): string {
	return text.replace(CONTROL, (character) => {
		const code = character.codePointAt(0) ?? 0;
		return `\\u${code.toString(16).padStart(4, '0')}`;
	});
}

/** As {@link printableLines}, and all in one line. */
export function printable(text: string): string {
	return printableLines(text.replace(/\s+/gu, ' '));
}

function graphemeWidth(grapheme: string): number {
	if (EMOJI.test(grapheme) || WIDE.test(grapheme)) return 2;
	return INVISIBLE.test(grapheme) || grapheme === '' ? 0 : 1;
}
