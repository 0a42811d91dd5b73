import type { BenchContext, DetailedResult } from './benchContext';
import type { OutboxFigures } from './outboxFigures';
import { compileProgram, runProgram } from './outboxRunner';
import { median, shuffled } from './statistics';

const ROUNDS = 5;
/** What is measured, and how many events each time. */
const VARIANTS = [
	{ name: 'none', title: 'no endpoint wants it', events: 50_000 },
	{ name: 'one', title: 'one endpoint', events: 30_000 },
	{ name: 'ten', title: 'ten endpoints', events: 10_000 },
	{ name: 'powerSafe', title: 'one endpoint, outbox.powerSafe', events: 2000 },
] as const;

const METHOD = `Events of some 700 bytes given to the function that hooks call, each written to the database before it returns, in bursts of 100 with a turn of the event loop between them, in which the dispatcher's checkpoints are made. Events/s are those of a second of CPU time, because other programs on the machine take the clock's time, and include the checkpoints; the times of a call are the clock's. Each variant runs ${ROUNDS} times in a process of its own, in random order. CPU is the median of the rounds, the times of a call are those of the least disturbed round.`;

const micro = (value: number) => value.toFixed(value < 10 ? 1 : 0);

/** Writing events, as hooks of the gateway wait for it. */
export async function run(context: BenchContext): Promise<DetailedResult> {
	const program = await compileProgram(context, 'outboxProgram.ts');
	const samples = new Map(VARIANTS.map(({ name }) => [name as string, [] as OutboxFigures[]]));
	await context.progress.step('Writing events', async (note) => {
		for (let round = 1; round <= ROUNDS; round += 1) {
			note(`round ${round} of ${ROUNDS}`);
			for (const { name, events } of shuffled(VARIANTS)) {
				const measured = await runProgram(program, [name, String(events)]);
				samples.get(name)?.push(measured as OutboxFigures);
			}
		}
	});
	const figures = (name: string): OutboxFigures => {
		const all = samples.get(name) ?? [];
		const cpuMicroseconds = median(all.map((sample) => sample.cpuMicroseconds));
		const least = (key: keyof OutboxFigures) => Math.min(...all.map((sample) => sample[key]));
		const times = { median: least('median'), p99: least('p99'), worst: least('worst') };
		return { cpuMicroseconds, ...times };
	};
	const perSecond = ({ cpuMicroseconds }: OutboxFigures) => 1e6 / cpuMicroseconds;
	const one = figures('one');
	return {
		name: 'Writing events to the outbox',
		method: METHOD,
		rows: [],
		tables: [
			{
				title: '',
				columns: ['', 'Events/s', 'CPU µs', 'p50 µs', 'p99 µs', 'Longest ms'],
				rows: VARIANTS.map(({ name, title }) => {
					const sample = figures(name);
					const { cpuMicroseconds, p99, worst } = sample;
					return [
						title,
						Math.round(perSecond(sample)).toLocaleString('en-US'),
						micro(cpuMicroseconds),
						micro(sample.median),
						micro(p99),
						(worst / 1000).toFixed(1),
					];
				}),
			},
		],
		targets: [
			{
				label: 'events/s with one endpoint',
				target: '≥ 10,000',
				actual: perSecond(one),
				met: perSecond(one) >= 10_000,
			},
			{
				label: 'µs of a call, median',
				target: '< 50',
				actual: one.median,
				met: one.median < 50,
			},
			{
				label: 'µs of a call, 99th percentile',
				target: '< 1,000',
				actual: one.p99,
				met: one.p99 < 1000,
			},
		],
	};
}
