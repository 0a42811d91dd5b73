import type { BenchTable } from '../../benchmarks/benchContext';
import { median } from '../../benchmarks/statistics';
import type { Comparison } from './comparison';
import { countSetUp } from './setUp';
import { countVerdicts, describeAttempt, judge, type Attempt } from './verdict';

const letters = ({ candidates }: Comparison) => candidates.map(({ letter }) => letter);
/** Those that a request can reach. */
const reachable = ({ candidates }: Comparison) => candidates.filter(({ way }) => way === 'sent');

function table(columns: readonly string[], rows: BenchTable['rows'], title = ''): BenchTable {
	return { title, columns: ['', ...columns], rows };
}

/** What is compared. */
export function candidatesTable({ candidates }: Comparison): BenchTable {
	const proofOf = (candidate: (typeof candidates)[number]) =>
		candidate.way === 'sent' && candidate.endpoint.secret === undefined
			? 'static token in a header'
			: 'HMAC signature';
	const rows = candidates.map((candidate) => [
		candidate.letter,
		candidate.title,
		proofOf(candidate),
	]);
	return table(['workflow, in front of the same HTTP Request node', 'proof of the sender'], rows);
}

/** One table for each group of attacks. */
export function attackTables({ verification: { attackers, groups } }: Comparison): BenchTable[] {
	const columns = attackers.map(({ title }) => title);
	return groups.map(({ title, rows }) =>
		table(
			columns,
			rows.map(({ name, attempts }) => [
				`… ${name}`,
				...attempts.map((attempt) => (attempt === undefined ? '–' : describeAttempt(attempt))),
			]),
			title,
		),
	);
}

const isRun = (attempt: Attempt | undefined) => attempt !== undefined && judge(attempt) === 'ran';

/** What became of all attacks on each target. */
export function verdictTable({ verification }: Comparison): BenchTable {
	const { attackers, groups } = verification;
	const attempts = attackers.map((_, column) =>
		groups
			.flatMap(({ rows }) => rows.map((row) => row.attempts[column]))
			.filter((attempt): attempt is Attempt => attempt !== undefined),
	);
	const counts = attempts.map(countVerdicts);
	const row = (label: string, values: readonly number[]) => [label, ...values.map(String)];
	const ranOf = ({ name, rows }: (typeof groups)[number]) =>
		row(
			`… ${name} (${String(rows.length)})`,
			attackers.map((_, column) => rows.filter(({ attempts: all }) => isRun(all[column])).length),
		);
	return table(
		attackers.map(({ title }) => title),
		[
			row(
				'attacks sent',
				attempts.map((all) => all.length),
			),
			row(
				'refused with 4xx',
				counts.map(({ refused }) => refused),
			),
			row(
				'answered 2xx, did not run',
				counts.map(({ ignored }) => ignored),
			),
			row(
				'answered 5xx or not at all, did not run',
				counts.map(({ failed }) => failed),
			),
			row(
				'**ran the workflow**',
				counts.map(({ ran }) => ran),
			),
			...groups.map(ranOf),
			row(
				'did not run, but left an execution',
				counts.map(({ rows }) => rows),
			),
		],
	);
}

export function genuineTable(comparison: Comparison): BenchTable {
	const rows = comparison.genuine.map(({ name, sent, unchanged }) => [
		`an event ${name}`,
		...unchanged.map((count) => `${String(count)} of ${String(sent)}`),
	]);
	const all = comparison.genuine.reduce((sum, { sent }) => sum + sent, 0);
	const total = reachable(comparison).map((_, column) =>
		comparison.genuine.reduce((sum, { unchanged }) => sum + (unchanged[column] ?? 0), 0),
	);
	const last = ['**all**', ...total.map((count) => `${String(count)} of ${String(all)}`)];
	return table(
		reachable(comparison).map(({ letter }) => letter),
		[...rows, last],
	);
}

/** Ratios are medians of those within a round, to the first candidate. */
export function throughputTable(comparison: Comparison): BenchTable {
	const { throughput } = comparison;
	const [base = []] = throughput;
	const figures = (
		value: (round: { perSecond: number; cpuMs: number }) => number,
		digits: number,
	): string[][] => [
		throughput.map((rounds) => median(rounds.map(value)).toFixed(digits)),
		throughput.map((rounds) => {
			const ratios = rounds.map((round, index) => {
				const other = base[index];
				return other === undefined ? NaN : value(round) / value(other);
			});
			return median(ratios).toFixed(2);
		}),
	];
	const [speed = [], speedRatio = []] = figures(({ perSecond }) => perSecond, 1);
	const [cpu = [], cpuRatio = []] = figures(({ cpuMs }) => cpuMs, 1);
	return table(letters(comparison), [
		['events/s', ...speed],
		['ratio to A (above 1 is faster)', ...speedRatio],
		['CPU ms of n8n per event', ...cpu],
		['ratio to A (above 1 is dearer)', ...cpuRatio],
	]);
}

export function crashTable(comparison: Comparison): BenchTable {
	const { books } = comparison.crashes;
	const row = (label: string, value: (book: (typeof books)[number]) => number) => [
		label,
		...books.map((book) => String(value(book))),
	];
	return table(letters(comparison), [
		row('events emitted', ({ afterKills }) => afterKills.emitted),
		row('lost: never ran, although everything was delivered', ({ afterKills }) => afterKills.lost),
		row('ran more than once', ({ afterKills }) => afterKills.repeated),
		row('… each time to the end of the execution', ({ endedTwice }) => endedTwice),
		row(
			'ran more than once, after each delivery was made again',
			(book) => book.afterReplay.repeated,
		),
		row('still not run after that', ({ afterReplay }) => afterReplay.lost),
		row('executions that a kill cut off', ({ cutOff }) => cutOff),
	]);
}

export function setUpTable(comparison: Comparison): BenchTable {
	const counts = comparison.candidates.map(countSetUp);
	return table(letters(comparison), [
		['steps', ...counts.map(({ steps }) => String(steps))],
		[
			'… of them at the gateway',
			...comparison.candidates.map(({ way }) =>
				way === 'fetched' ? '1 (a token)' : '1 (an endpoint)',
			),
		],
		[
			'address of n8n that the gateway must reach',
			...comparison.candidates.map(({ way }) => (way === 'fetched' ? 'none' : 'the webhook')),
		],
		['nodes before your own first one', ...counts.map(({ nodes }) => String(nodes))],
		['parameters set', ...counts.map(({ parameters }) => String(parameters))],
		['… of them expressions', ...counts.map(({ expressions }) => String(expressions))],
		['values copied between the two programs', ...counts.map(({ copied }) => String(copied))],
	]);
}
