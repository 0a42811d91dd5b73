import { fork } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { listRefusals } from '../openclaw-plugin/src/inbound/inboundCalls';
import { dataFolder, openDatabase } from '../openclaw-plugin/src/store/database';
import { askAgent } from '../testbed/askAgent';
import { startGateway, type Gateway } from '../testbed/gateway';
import { obtainPlugin } from '../testbed/plugin';
import { ensureRuntimes } from '../testbed/runtime';
import { startScriptedModel } from '../testbed/scriptedModel';
import type { BenchContext, DetailedResult } from './benchContext';
import type { Flood, FloodOrder } from './refusals/flood';
import { residentMebibytes } from './residentMemory';
import { median } from './statistics';

const PER_SECOND = 500;
/** A minute; another length to try the program out. */
const SECONDS = Number(process.env.OPENCLAW_WEBHOOKS_FLOOD_SECONDS ?? 60);
/** Turns that are not measured: the first ones have code to load and to compile. */
const WARM_UP = 30;
/** Between two turns: the gateway is a single process, and one turn after the other takes all of it. */
const REST_MS = 500;
const EVERY_MS = 500;
/** The gateway's memory settles within the first calls; from then on it is compared. */
const SETTLED = 0.25;

const METHOD = `An agent of a real gateway takes a turn, rests for ${REST_MS} ms, takes the next, for ${SECONDS} s without calls and then for ${SECONDS} s with ${PER_SECOND} calls a second to inbound endpoints: by turns with a forged signature, without one, with something else in its place, and with a wrong token, one in ten to an endpoint that does not exist. Memory is the gateway's resident memory, least of the second and of the last quarter of the time: turns alone make it grow, and the log. What the calls add to the log is what it grew by beyond what it grows by for each turn without them.`;

/** What an agent does for some time, and what becomes of its gateway meanwhile. */
interface Watched {
	/** Milliseconds of each. */
	readonly turns: readonly number[];
	/** Of the gateway, end to beginning. */
	readonly memoryGrowth: number;
	readonly memoryAtEnd: number;
	readonly logKibibytes: number;
}

/** One turn of the agent, with a tool call; milliseconds. */
async function takeTurn({ url }: Gateway, turn: number): Promise<number> {
	const started = performance.now();
	const user = `user-${String(Math.floor(turn / 10))}`;
	const { status } = await askAgent(url, { text: 'Look into the workspace [[tool]]', user });
	if (status !== 200) throw new Error(`The agent's turn failed: ${status}`);
	return performance.now() - started;
}

async function call(order: FloodOrder): Promise<Flood> {
	const child = fork(join(__dirname, 'refusals', 'flood.ts'));
	try {
		return await new Promise((resolve, reject) => {
			child.once('message', (came) => {
				resolve(came as Flood);
			});
			child.once('exit', () => {
				reject(new Error('Who calls has ended'));
			});
			child.send(order);
		});
	} finally {
		child.disconnect();
	}
}

function refusalRows({ folder }: Gateway): readonly number[] {
	const database = openDatabase(dataFolder(join(folder, 'state')));
	try {
		return listRefusals(database, { limit: 100_000 }).map(({ count }) => count);
	} finally {
		database.close();
	}
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** Somebody calls and calls, and is refused. */
export async function run({ progress, cleanup }: BenchContext): Promise<DetailedResult> {
	const runtimes = await ensureRuntimes(progress, { n8n: false });
	const packageFile = await obtainPlugin(progress, cleanup);
	const model = await startScriptedModel();
	cleanup.defer(async () => model.stop());
	const issues = {
		agentId: 'main',
		template: '{{body.text}}',
		auth: { type: 'github', secret: 's' },
	};
	const config = { inbound: { endpoints: { issues } } };
	const gateway = await progress.step('Starting a gateway', async () =>
		startGateway({ runtimes, modelUrl: model.url, plugin: { packageFile, config } }),
	);
	cleanup.defer(async () => gateway.remove());

	let turn = 0;
	await progress.step(`${WARM_UP} turns to warm up`, async () => {
		for (; turn < WARM_UP; turn += 1) await takeTurn(gateway, turn);
	});
	const watch = async (work: () => Promise<void>): Promise<Watched> => {
		const logFile = join(gateway.folder, 'gateway.log');
		const logBytes = statSync(logFile).size;
		const times: number[] = [];
		const memory: number[] = [];
		let isOver = false;
		const looks = setInterval(() => memory.push(residentMebibytes(gateway.pid) ?? NaN), EVERY_MS);
		const takeTurns = async () => {
			for (; !isOver; turn += 1) {
				times.push(await takeTurn(gateway, turn));
				await delay(REST_MS);
			}
		};
		const agent = takeTurns();
		try {
			await work();
		} finally {
			isOver = true;
			clearInterval(looks);
			await agent;
		}
		const least = (from: number, to: number) =>
			Math.min(...memory.slice(Math.floor(memory.length * from), Math.ceil(memory.length * to)));
		return {
			turns: times,
			memoryGrowth: least(1 - SETTLED, 1) / least(SETTLED, 2 * SETTLED),
			memoryAtEnd: least(1 - SETTLED, 1),
			logKibibytes: (statSync(logFile).size - logBytes) / 1024,
		};
	};
	const before = await progress.step(`${SECONDS} s without calls`, async () =>
		watch(async () => delay(SECONDS * 1000)),
	);
	let came: Flood = { sent: 0, answers: {}, seconds: 1 };
	const during = await progress.step(`${SECONDS} s of calls that are refused`, async () =>
		watch(async () => {
			const url = `${gateway.url}/webhooks/inbound/issues`;
			came = await call({ url, perSecond: PER_SECOND, seconds: SECONDS });
		}),
	);
	const rows = refusalRows(gateway);

	const perSecond = came.sent / came.seconds;
	const refused = (came.answers[401] ?? 0) + (came.answers[429] ?? 0);
	const growth = during.memoryGrowth / before.memoryGrowth;
	const added =
		during.logKibibytes - (before.logKibibytes / before.turns.length) * during.turns.length;
	const slowdown = median(during.turns) / median(before.turns);
	return {
		name: 'Refused calls, and agents beside them',
		method: METHOD,
		tables: [],
		rows: [
			{ label: 'calls', value: came.sent, unit: '' },
			{ label: 'calls answered with 401 or 429', value: (refused / came.sent) * 100, unit: '%' },
			{ label: 'turn of an agent before', value: median(before.turns), unit: 'ms' },
			{ label: 'turn of an agent meanwhile', value: median(during.turns), unit: 'ms' },
			{ label: 'turns before', value: before.turns.length, unit: '' },
			{ label: 'turns meanwhile', value: during.turns.length, unit: '' },
			{ label: 'memory, end to beginning, before', value: before.memoryGrowth, unit: '' },
			{ label: 'memory, end to beginning, meanwhile', value: during.memoryGrowth, unit: '' },
			{ label: 'memory at the end', value: during.memoryAtEnd, unit: 'MiB' },
			{ label: 'what the calls added to the log', value: added, unit: 'KiB' },
			{ label: 'rows about refused calls', value: rows.length, unit: '' },
			{ label: 'calls that they count', value: sum(rows), unit: '' },
		],
		targets: [
			{
				label: 'calls a second',
				target: `≥ ${String(PER_SECOND * 0.98)}`,
				actual: perSecond,
				met: perSecond >= PER_SECOND * 0.98,
			},
			{
				label: 'calls refused, of those sent',
				target: '= 1',
				actual: refused / came.sent,
				met: refused === came.sent,
			},
			{
				label: 'growth of the memory, to that without calls',
				target: '≤ 1.05',
				actual: growth,
				met: growth <= 1.05,
			},
			{ label: 'KiB that calls added to the log', target: '< 64', actual: added, met: added < 64 },
			{
				label: 'rows about refused calls, a minute',
				target: '≤ 140',
				actual: rows.length,
				met: rows.length <= 140,
			},
			{
				label: 'time of a turn, to before',
				target: '≤ 1.25',
				actual: slowdown,
				met: slowdown <= 1.25,
			},
		],
	};
}
