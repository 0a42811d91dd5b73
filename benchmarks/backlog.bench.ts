import type { BacklogFigures } from './backlogFigures';
import type { BenchContext, DetailedResult } from './benchContext';
import { compileProgram, runProgram } from './outboxRunner';
import { median, percentile } from './statistics';

const WAITING = 300_000;
const IDLE_SECONDS = 60;

const METHOD = `${WAITING.toLocaleString('en-US')} deliveries to an endpoint wait for another try; what is due is asked for, of that endpoint and of another one, as the dispatcher does before each batch. Then the plugin's status file is kept for ${IDLE_SECONDS} seconds in which nothing happens, and what the process had written is told for an hour.`;

/** What a large backlog costs, and what is written when nothing happens. */
export async function run(context: BenchContext): Promise<DetailedResult> {
	const program = await compileProgram(context, 'backlogProgram.ts');
	const args = [String(WAITING), String(IDLE_SECONDS)];
	const figures = (await context.progress.step('Looking into a large backlog', async () =>
		runProgram(program, args),
	)) as BacklogFigures;
	const middle = median(figures.dueMilliseconds);
	const most = percentile(figures.dueMilliseconds, 0.99);
	const megabytes = figures.idleBytesPerHour / 2 ** 20;
	return {
		name: 'A large backlog, and an idle hour',
		method: METHOD,
		rows: [
			{ label: 'what is due, median', value: middle, unit: 'ms' },
			{ label: 'what is due, p99', value: most, unit: 'ms' },
			{ label: 'status file, written in an idle hour', value: megabytes, unit: 'MB' },
		],
		tables: [],
		targets: [
			{ label: 'ms to find what is due, p99', target: '< 1', actual: most, met: most < 1 },
			{
				label: 'MB that the status file writes in an idle hour',
				target: '< 1',
				actual: megabytes,
				met: megabytes < 1,
			},
		],
	};
}
