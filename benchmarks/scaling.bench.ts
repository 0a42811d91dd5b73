import { startQueueN8n, type QueueN8n, type QueueSize } from '../testbed/queue/instance';
import type { BenchContext, DetailedResult } from './benchContext';
import { cpuTimeMs, settledCpuTimeMs } from './cpuTime';
import { startLoadGenerator, type LoadGenerator } from './load/loadGenerator';
import { GAPS_MS, measureCopies, PAIRS, type Copies } from './scaling/copies';
import { publishFlow, SECRET, type MeasuredFlow } from './scaling/flow';
import { SIZES } from './scaling/sizes';
import { median, percentile } from './statistics';

const ROUNDS = 3;
const EVENTS = 200;
const CONCURRENCY = 20;
const BODY_BYTES = 700;
const WARM_UP = 100;
const ENV = { N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE: 'true' };

const METHOD = `n8n in queue mode with PostgreSQL and Redis, one main process, webhook processors by turns behind one address, and workers with 10 executions at once, all on the one machine together with the databases and the load generator: with more processes than cores they share the cores, so the CPU time of each is what tells how many machines carry which load. \`N8N_EXPRESSION_ENGINE_LAZY_ACQUIRE=true\`. The workflow hands each event on by an HTTP Request to a server that counts. ${ROUNDS} rounds of ${EVENTS} signed events, ${CONCURRENCY} at a time. *Answered* ends with the last answer to the sender, *run* with the last event handed on. CPU does not contain PostgreSQL and Redis.`;

type Role = 'main' | 'processor' | 'worker';
const ROLES: readonly Role[] = ['main', 'processor', 'worker'];

interface Round {
	readonly answeredPerSecond: number;
	readonly runPerSecond: number;
	readonly latenciesMs: readonly number[];
	readonly cpuMs: Readonly<Record<Role, number>>;
}

interface Measured {
	readonly size: QueueSize;
	readonly rounds: readonly Round[];
	readonly copies: readonly Copies[];
}

const cpuOf = (n8n: QueueN8n, role: Role) =>
	n8n.pidsOf(role).reduce((sum, pid) => sum + cpuTimeMs(pid), 0);

async function settled(n8n: QueueN8n): Promise<Readonly<Record<Role, number>>> {
	for (const pid of ROLES.flatMap((role) => n8n.pidsOf(role))) await settledCpuTimeMs(pid);
	return {
		main: cpuOf(n8n, 'main'),
		processor: cpuOf(n8n, 'processor'),
		worker: cpuOf(n8n, 'worker'),
	};
}

async function measureRound(
	n8n: QueueN8n,
	flow: MeasuredFlow,
	load: LoadGenerator,
	count: number,
): Promise<Round> {
	flow.clear();
	const before = await settled(n8n);
	const started = performance.now();
	const { wallMs, latenciesMs } = await load.run({
		url: n8n.url + flow.path,
		count,
		concurrency: CONCURRENCY,
		secret: SECRET,
		bodyBytes: BODY_BYTES,
		expectedStatus: 200,
	});
	await flow.waitForArrivals(count);
	const runMs = performance.now() - started;
	const after = await settled(n8n);
	const per = (role: Role) => (after[role] - before[role]) / count;
	return {
		answeredPerSecond: (count * 1000) / wallMs,
		runPerSecond: (count * 1000) / runMs,
		latenciesMs,
		cpuMs: { main: per('main'), processor: per('processor'), worker: per('worker') },
	};
}

async function measureCopiesOf(n8n: QueueN8n, flow: MeasuredFlow): Promise<Copies[]> {
	const [first, second] = n8n.processorUrls;
	if (first === undefined || second === undefined) return [];
	const copies: Copies[] = [];
	for (const gapMs of GAPS_MS) {
		copies.push(await measureCopies(flow, [first, second], gapMs, async () => settled(n8n)));
	}
	return copies;
}

async function measure(
	n8n: QueueN8n,
	size: QueueSize,
	note: (text: string) => void,
): Promise<Measured> {
	const flow = await publishFlow(n8n);
	const load = startLoadGenerator();
	try {
		await measureRound(n8n, flow, load, WARM_UP);
		const rounds: Round[] = [];
		for (let round = 1; round <= ROUNDS; round += 1) {
			note(`round ${String(round)} of ${String(ROUNDS)}`);
			rounds.push(await measureRound(n8n, flow, load, EVENTS));
		}
		if (size.processors !== 2 || size.workers !== 2) return { size, rounds, copies: [] };
		note('copies of events at two processors');
		return { size, rounds, copies: await measureCopiesOf(n8n, flow) };
	} finally {
		load.stop();
		await flow.stop();
	}
}

function toRow({ size, rounds }: Measured): readonly string[] {
	const middle = (pick: (round: Round) => number) => median(rounds.map(pick)).toFixed(1);
	const latencies = rounds.flatMap(({ latenciesMs }) => latenciesMs);
	return [
		`${String(size.processors)} + ${String(size.workers)}`,
		middle(({ answeredPerSecond }) => answeredPerSecond),
		middle(({ runPerSecond }) => runPerSecond),
		`${median(latencies).toFixed(0)} / ${percentile(latencies, 0.99).toFixed(0)}`,
		...ROLES.map((role) => middle(({ cpuMs }) => cpuMs[role])),
	];
}

/** Events through n8n's queue mode by its number of processes, and copies that reach two of them. */
export async function run(context: BenchContext): Promise<DetailedResult> {
	const { progress, cleanup } = context;
	const { runtimes, packageFile } = await context.prepareN8n();
	const measured: Measured[] = [];
	for (const size of SIZES) {
		const title = `${String(size.processors)} webhook processors, ${String(size.workers)} workers`;
		await progress.step(title, async (note) => {
			note('starting n8n');
			const n8n = await startQueueN8n({ runtimes, packageFile, env: ENV, size });
			cleanup.defer(async () => n8n.remove());
			try {
				measured.push(await measure(n8n, size, note));
			} finally {
				await n8n.remove();
			}
		});
	}
	const copies = measured.flatMap((one) => one.copies);
	return {
		name: "n8n's queue mode by its size",
		method: METHOD,
		rows: [],
		tables: [
			{
				title: 'Events by webhook processors + workers',
				columns: [
					'',
					'answered/s',
					'run/s',
					'answer p50 / p99 ms',
					'main CPU ms/event',
					'processors',
					'workers',
				],
				rows: measured.map(toRow),
			},
			{
				title: `The same ${String(PAIRS)} events at two processors, the second copy so much later`,
				columns: ['', 'ran once', 'ran twice'],
				rows: copies.map(({ gapMs, ranOnce, ranTwice }) => [
					gapMs === 0 ? 'at the same moment' : `${String(gapMs)} ms`,
					String(ranOnce),
					String(ranTwice),
				]),
			},
		],
		targets: [],
	};
}
