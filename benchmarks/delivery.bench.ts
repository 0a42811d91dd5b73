import { fork } from 'node:child_process';
import type { BenchContext, DetailedResult } from './benchContext';
import type { DeliveryFigures, MemorySample } from './deliveryFigures';
import type { DeliveryRun } from './deliveryProgram';
import { compileProgram, runProgram } from './outboxRunner';
import type { BenchTarget } from './result';
import { median, shuffled } from './statistics';

const ROUNDS = 5;
const EVENTS = 10_000;
const BUSY_EVENTS = 100;
const MEMORY_EVENTS = 100_000;

const BASE = {
	events: EVENTS,
	concurrency: 1,
	endpoints: 1,
	withDead: false,
	memoryAt: [],
} as const;
const RUNS = {
	'fetch, 1 at a time': { ...BASE, sender: 'fetch' },
	'dispatcher, 1 at a time': { ...BASE, sender: 'dispatcher' },
	'fetch, 10 at a time': { ...BASE, sender: 'fetch', concurrency: 10 },
	'dispatcher, 10 at a time': { ...BASE, sender: 'dispatcher', concurrency: 10 },
	'nine endpoints': { ...BASE, sender: 'dispatcher', endpoints: 9 },
	'nine endpoints and a dead one': {
		...BASE,
		sender: 'dispatcher',
		endpoints: 9,
		withDead: true,
	},
} as const satisfies Record<string, Omit<DeliveryRun, 'port'>>;
type RunName = keyof typeof RUNS;

const METHOD = `Events of some 600 bytes that wait in the outbox, sent to a server in a process of its own that answers at once: read from the database, signed under both schemes, sent, and the attempt written. \`fetch\` is a loop over kept connections that does none of that. Each run is a process of its own; in each round every variant runs once, in random order. Figures are medians of ${ROUNDS} rounds, ratios medians of the ratios within a round. CPU is that of the sender. The dead endpoint refuses connections, and each event is for it too. The receiver that takes one request a second answers 429 with \`Retry-After: 1\` to the others, and gets 100 events at once.`;

/** How fast one variant was, compared with another in the same round. */
function ratio(
	samples: ReadonlyMap<RunName, readonly DeliveryFigures[]>,
	of: RunName,
	to: RunName,
) {
	const base = samples.get(to) ?? [];
	return median(
		(samples.get(of) ?? []).map(
			({ perSecond }, round) => perSecond / (base[round]?.perSecond ?? NaN),
		),
	);
}

function memoryTarget(label: string, key: keyof MemorySample, samples: readonly MemorySample[]) {
	const [early, late] = samples;
	const actual = (late?.[key] ?? NaN) / (early?.[key] ?? NaN);
	return { label, target: '≤ 1.10', actual, met: actual <= 1.1 };
}

async function startSink(context: BenchContext): Promise<number> {
	const { node, file } = await compileProgram(context, 'deliverySink.ts');
	const child = fork(file, { execPath: node, execArgv: [] });
	context.cleanup.defer(() => {
		child.kill();
		return Promise.resolve();
	});
	return await new Promise((resolve, reject) => {
		child.once('error', reject);
		child.once('message', (port) => {
			resolve(Number(port));
		});
	});
}

/** Delivering what waits in the outbox. */
export async function run(context: BenchContext): Promise<DetailedResult> {
	const program = await compileProgram(context, 'deliveryProgram.ts');
	const port = await startSink(context);
	const measure = async (options: Omit<DeliveryRun, 'port'>) =>
		(await runProgram(program, [JSON.stringify({ ...options, port })])) as DeliveryFigures;
	const names = Object.keys(RUNS) as RunName[];
	const samples = new Map(names.map((name) => [name, [] as DeliveryFigures[]]));
	await context.progress.step('Delivering events', async (note) => {
		for (let round = 1; round <= ROUNDS; round += 1) {
			note(`round ${round} of ${ROUNDS}`);
			for (const name of shuffled(names)) samples.get(name)?.push(await measure(RUNS[name]));
		}
	});
	const { memory = [] } = await context.progress.step('Delivering many events', async () =>
		measure({
			...RUNS['dispatcher, 10 at a time'],
			events: MEMORY_EVENTS,
			memoryAt: [MEMORY_EVENTS / 5],
		}),
	);
	const busy = await context.progress.step('Delivering to a busy receiver', async () =>
		measure({ ...BASE, sender: 'dispatcher', events: BUSY_EVENTS, takesPerSecond: 1 }),
	);
	const atLeast = (label: string, least: number, actual: number): BenchTarget => ({
		label,
		target: `≥ ${least.toFixed(2)}`,
		actual,
		met: actual >= least,
	});
	const of = (name: RunName, key: 'perSecond' | 'cpuMicroseconds') =>
		median((samples.get(name) ?? []).map((sample) => sample[key]));
	const megabytes = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
	return {
		name: 'Delivering events',
		method: METHOD,
		rows: [],
		tables: [
			{
				title: '',
				columns: ['', 'Events/s', 'CPU µs'],
				rows: names.map((name) => [
					name,
					Math.round(of(name, 'perSecond')).toLocaleString('en-US'),
					of(name, 'cpuMicroseconds').toFixed(0),
				]),
			},
			{
				title: 'Memory while one process delivers',
				columns: ['Events delivered', 'Heap MB', 'Resident MB'],
				rows: memory.map(({ delivered, heapBytes, residentBytes }) => [
					delivered.toLocaleString('en-US'),
					megabytes(heapBytes),
					megabytes(residentBytes),
				]),
			},
		],
		targets: [
			atLeast(
				'dispatcher to fetch, 1 at a time',
				0.8,
				ratio(samples, 'dispatcher, 1 at a time', 'fetch, 1 at a time'),
			),
			atLeast(
				'dispatcher to fetch, 10 at a time',
				0.8,
				ratio(samples, 'dispatcher, 10 at a time', 'fetch, 10 at a time'),
			),
			atLeast(
				'nine endpoints with a dead one to without',
				0.95,
				ratio(samples, 'nine endpoints and a dead one', 'nine endpoints'),
			),
			atLeast('events/s to a receiver that takes one a second', 0.9, busy.perSecond),
			{
				label: `of ${BUSY_EVENTS} events to it, given up`,
				target: '0',
				actual: busy.failed ?? NaN,
				met: busy.failed === 0,
			},
			memoryTarget('heap after 100,000 events to after 20,000', 'heapBytes', memory),
			memoryTarget('resident memory after 100,000 events to after 20,000', 'residentBytes', memory),
		],
	};
}
