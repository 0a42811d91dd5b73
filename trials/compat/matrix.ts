import { TITLES, VERSIONS, type ProgramVersion } from './versions';

/** What came of one version. */
export interface Outcome {
	readonly node: string;
	readonly result: string;
	readonly date: string;
}

/** Outcomes by program and version. */
export type Outcomes = ReadonlyMap<string, Outcome>;

/** Around the table, so that it can be found again. */
const BEGIN = '<!-- Written by `npm run compat`: begin -->';
const END = '<!-- Written by `npm run compat`: end -->';

const HEAD = ['| program | version | | Node | result | date |', '|---|---|---|---|---|---|'];

/** Under which an outcome is kept. */
export function keyOf({ program, version }: Pick<ProgramVersion, 'program' | 'version'>): string {
	return `${TITLES[program]} ${version}`;
}

function renderTable(outcomes: Outcomes): string {
	const rows = VERSIONS.flatMap((one) => {
		const outcome = outcomes.get(keyOf(one));
		if (outcome === undefined) return [];
		const { node, result, date } = outcome;
		// A bar would end the cell.
		const safe = result.replaceAll('|', '\\|').replace(/\s+/g, ' ');
		return [`| ${[TITLES[one.program], one.version, one.which, node, safe, date].join(' | ')} |`];
	});
	return [...HEAD, ...rows].join('\n');
}

function between(page: string): { before: string; table: string; after: string } {
	const begin = page.indexOf(BEGIN);
	const end = page.indexOf(END);
	if (begin < 0 || end < begin) throw new Error(`The page has no '${BEGIN}' … '${END}'`);
	const start = begin + BEGIN.length;
	return { before: page.slice(0, start), table: page.slice(start, end), after: page.slice(end) };
}

/** Reads the outcomes out of a page's table. @throws Error when the page has no place for one */
export function readOutcomes(page: string): Outcomes {
	const rows = between(page)
		.table.split('\n')
		.filter((line) => line.startsWith('|'))
		.slice(HEAD.length)
		.map((line) =>
			line
				.split(/(?<!\\)\|/)
				.slice(1, -1)
				.map((cell) => cell.trim().replaceAll('\\|', '|')),
		);
	return new Map(
		rows.map(([program = '', version = '', , node = '', result = '', date = '']) => [
			`${program} ${version}`,
			{ node, result, date },
		]),
	);
}

/** Puts the table of the outcomes into a page. @throws Error when the page has no place for one */
export function replaceTable(page: string, outcomes: Outcomes): string {
	const { before, after } = between(page);
	return `${before}\n\n${renderTable(outcomes)}\n\n${after}`;
}
