import type { Terminal, Tone } from './terminal';

/** A column of a table. */
export interface Column {
	readonly title: string;
	readonly align?: 'right';
	/** Gives way down to this width where the table is too wide; others keep what they need. */
	readonly minWidth?: number;
}

/** What a table shows in one place. */
export type Cell = string | { readonly text: string; readonly tone: Tone };

const GAP = '  ';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

const EMOJI = new RegExp('^\\p{RGI_Emoji}$', 'v');
/** What terminals show two columns wide: East Asian Wide and Fullwidth of Unicode's annex 11. */
const WIDE =
	/^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;
const INVISIBLE = /^[\p{Mark}\p{Default_Ignorable_Code_Point}]+$/u;
/** Anything but a line's end that could move the cursor, change colours or turn the writing around. */
const CONTROL = /(?!\n)[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Writes a table with a title line that fits the terminal.
 *
 * @param rows as many cells as there are columns each; control characters in them are made visible
 */
export function formatTable(
	terminal: Pick<Terminal, 'columns' | 'paint'>,
	columns: readonly Column[],
	rows: readonly (readonly Cell[])[],
): string {
	const texts = rows.map((row) => row.map((cell) => printable(textOf(cell))));
	const wanted = columns.map(({ title }, index) =>
		Math.max(displayWidth(title), ...texts.map((row) => displayWidth(row[index] ?? ''))),
	);
	const widths = fit(columns, wanted, terminal.columns);
	const line = (cells: readonly string[], tones: readonly (Tone | undefined)[]) =>
		columns
			.map(({ align }, index) => {
				const isLast = index === columns.length - 1;
				const text = pad(cells[index] ?? '', widths[index] ?? 0, isLast ? 'none' : align);
				const tone = tones[index];
				return tone === undefined ? text : terminal.paint(tone, text);
			})
			.join(GAP)
			.trimEnd();
	return [
		line(
			columns.map(({ title }) => title),
			columns.map(() => 'quiet'),
		),
		...texts.map((row, index) => line(row, (rows[index] ?? []).map(toneOf))),
	].join('\n');
}

/** Takes from the widest column that can give, until everything fits or nothing can. */
function fit(
	columns: readonly Column[],
	wanted: readonly number[],
	available: number,
): readonly number[] {
	const widths = [...wanted];
	const total = () => widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length);
	for (let excess = total() - available; excess > 0; excess = total() - available) {
		let widest: number | undefined;
		columns.forEach(({ minWidth }, index) => {
			const width = widths[index] ?? 0;
			const canGive = minWidth !== undefined && width > minWidth;
			if (canGive && width > (widest === undefined ? 0 : (widths[widest] ?? 0))) widest = index;
		});
		if (widest === undefined) return widths;
		widths[widest] = (widths[widest] ?? 0) - 1;
	}
	return widths;
}

function pad(text: string, width: number, align: Column['align'] | 'none'): string {
	const fitting = truncate(text, width);
	if (align === 'none') return fitting;
	const blanks = ' '.repeat(Math.max(0, width - displayWidth(fitting)));
	return align === 'right' ? blanks + fitting : fitting + blanks;
}

function textOf(cell: Cell): string {
	return typeof cell === 'string' ? cell : cell.text;
}

function toneOf(cell: Cell): Tone | undefined {
	return typeof cell === 'string' ? undefined : cell.tone;
}

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
