import type { BenchTable, DetailedResult } from './benchContext';
import type { BenchResult, BenchRow, BenchTarget } from './result';

/** A finished benchmark: its name on the command line and what it found. */
export interface Finished {
	readonly name: string;
	readonly result: BenchResult | DetailedResult;
}

/** Three digits that count, without an exponent. */
function figure(value: number): string {
	if (!Number.isFinite(value)) return String(value);
	return value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3);
}

function rowsTable(rows: readonly BenchRow[]): BenchTable {
	const hasRatio = rows.some(({ ratio }) => ratio !== undefined);
	return {
		title: '',
		columns: ['', 'Result', ...(hasRatio ? ['Ratio'] : [])],
		rows: rows.map(({ label, value, unit, ratio }) => [
			label,
			`${figure(value)} ${unit}`,
			...(hasRatio ? [ratio === undefined ? '' : figure(ratio)] : []),
		]),
	};
}

function targetsTable(targets: readonly BenchTarget[]): BenchTable {
	return {
		title: 'Targets',
		columns: ['', 'Target', 'Reached', ''],
		rows: targets.map(({ label, target, actual, met }) => [
			label,
			target,
			figure(actual),
			met ? 'met' : '**missed**',
		]),
	};
}

function tablesOf(result: BenchResult | DetailedResult): BenchTable[] {
	return [
		...(result.rows.length === 0 ? [] : [rowsTable(result.rows)]),
		...('tables' in result ? result.tables : []),
		...(result.targets.length === 0 ? [] : [targetsTable(result.targets)]),
	];
}

/** A table in Markdown; all columns but the first are aligned to the right. */
export function markdownTable({ title, columns, rows }: BenchTable): string {
	const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
	const rule = columns.map((_, index) => (index === 0 ? '---' : '---:'));
	const table = [line(columns), line(rule), ...rows.map(line)].join('\n');
	return title === '' ? table : `**${title}**\n\n${table}`;
}

/** A benchmark's section in Markdown. */
export function formatSection({ result }: Finished): string {
	const method = 'method' in result ? [result.method] : [];
	return [`## ${result.name}`, ...method, ...tablesOf(result).map(markdownTable)].join('\n\n');
}

/** A table for a terminal. */
export function plainTable({ title, columns, rows }: BenchTable): string {
	const all = [columns, ...rows].map((cells) => cells.map((cell) => cell.replaceAll('**', '')));
	const widths = columns.map((_, column) =>
		Math.max(...all.map((row) => (row[column] ?? '').length)),
	);
	const lines = all.map((row) =>
		row
			.map((cell, column) =>
				column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
			)
			.join('  ')
			.trimEnd(),
	);
	return [...(title === '' ? [] : [title]), ...lines].join('\n');
}

/** A benchmark's section for a terminal. */
export function formatPlain({ result }: Finished): string {
	return [result.name, ...tablesOf(result).map(plainTable)].join('\n\n');
}

/**
 * The whole file of results.
 *
 * @param facts pairs of a label and a value about the run
 */
export function formatResults(
	finished: readonly Finished[],
	facts: ReadonlyArray<readonly [string, string]>,
): string {
	const intro =
		'Written by `npm run bench`. The figures of one run are comparable with each other; those of another machine are not. What counts are the ratios.';
	return [
		'# Benchmark results',
		intro,
		markdownTable({ title: '', columns: ['Run', ''], rows: facts.map((pair) => [...pair]) }),
		...finished.map(formatSection),
		'',
	]
		.join('\n\n')
		.trimEnd()
		.concat('\n');
}
