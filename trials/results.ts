import { formatDuration } from '../testbed/progress';

/** A label and its value. */
export type ResultRow = readonly [label: string, value: string];

/** What a trial has to show. */
export interface Results {
	readonly title: string;
	/** What was done, by which command. */
	readonly story: string;
	/** Tables, and sentences between them. */
	readonly parts: ReadonlyArray<readonly ResultRow[] | string>;
	/** Milliseconds. */
	readonly took: number;
	/** Machine, versions. */
	readonly facts: readonly ResultRow[];
}

/** The page that is checked in. */
export function formatResults({ title, story, parts, took, facts }: Results): string {
	const date = new Date().toISOString().slice(0, 10);
	const last: readonly ResultRow[] = [['Date', date], ['Took', formatDuration(took)], ...facts];
	const texts = [...parts, last].map((part) => (typeof part === 'string' ? part : table(part)));
	return `${[`# ${title}`, story, ...texts].join('\n\n')}\n`;
}

function table(rows: readonly ResultRow[]): string {
	return ['| | |', '| --- | ---: |', ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n');
}
