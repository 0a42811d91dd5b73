import type { CaseResult, Verdict } from './checkReceiver';

const MARKS: Readonly<Record<Verdict, string>> = {
	right: '✔',
	'accepted wrongly': '✖',
	'refused wrongly': '✖',
	told: '·',
	unknown: '?',
};
/** What stands behind the answers. */
const COMMENTS: Readonly<Record<Verdict, string>> = {
	right: '',
	'accepted wrongly': 'ACCEPTED WRONGLY',
	'refused wrongly': 'REFUSED WRONGLY',
	told: 'up to the receiver',
	unknown: 'NOT VERIFIED: no verdict',
};
const WIDTH = 66;

/** A line of the table, below the title of its group where it is the first one. */
export function resultLine(result: CaseResult, before: CaseResult | undefined): string {
	const { group, name, verdict } = result;
	const title = group === before?.group ? '' : `\n${group}\n`;
	const answers = answersOf(result);
	const comment = COMMENTS[verdict];
	const line = `${MARKS[verdict]} ${name}`.padEnd(WIDTH);
	return `${title}${line} ${answers}${comment === '' ? '' : `  ${comment}`}`;
}

/** The same answer several times is told once. */
function answersOf({ answers }: CaseResult): string {
	const counts = new Map<number | string, number>();
	for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
	return [...counts]
		.map(([answer, count]) => (count === 1 ? String(answer) : `${count} × ${answer}`))
		.join(', ');
}

/** Whether nothing is wrong or unknown, and the receiver was there. */
export function isConforming(results: readonly CaseResult[]): boolean {
	return (
		results.every(({ verdict }) => verdict === 'right' || verdict === 'told') &&
		results.some(({ answers }) => answers.some((answer) => typeof answer === 'number'))
	);
}

/** The sum of all. */
export function summaryLine(results: readonly CaseResult[]): string {
	const verdicts = Object.keys(MARKS) as readonly Verdict[];
	const counts = verdicts
		.map((verdict) => [verdict, results.filter((each) => each.verdict === verdict).length] as const)
		.filter(([, count]) => count > 0)
		.map(([verdict, count]) => `${count} ${verdict === 'told' ? 'up to the receiver' : verdict}`);
	return `\n${isConforming(results) ? 'Conforms' : 'Does not conform'}: ${counts.join(', ')}`;
}
