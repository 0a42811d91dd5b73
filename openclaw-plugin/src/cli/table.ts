import { displayWidth, printable, truncate } from './displayWidth';
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
