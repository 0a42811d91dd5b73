import { fork } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
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
const TURNS = 60;
const EVERY_MS = 500;
/** The gateway's memory settles within the first calls; from then on it is compared. */
const SETTLED = 0.25;

const METHOD = `${PER_SECOND} calls a second for ${SECONDS} s to inbound endpoints of a real gateway, by turns with a forged signature, without one, with something else in its place, and with a wrong token, one in ten to an endpoint that does not exist, while an agent takes one turn after the other; ${TURNS} turns before it, after ${WARM_UP} that warm up, are what these are compared with. Memory is the gateway's resident memory, least of the second and of the last quarter of the time; on disk is what the log file and the plugin's rows grew by.`;

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

	const before: number[] = [];
	await progress.step(`${TURNS} turns without calls`, async () => {
		for (let turn = -WARM_UP; turn < TURNS; turn += 1) {
			const time = await takeTurn(gateway, turn);
			if (turn >= 0) before.push(time);
		}
	});
	const logFile = join(gateway.folder, 'gateway.log');
	const logBytes = statSync(logFile).size;
	const during: number[] = [];
	const memory: number[] = [];
	const came = await progress.step(`${SECONDS} s of calls that are refused`, async () => {
		let isOver = false;
		const looks = setInterval(() => memory.push(residentMebibytes(gateway.pid) ?? NaN), EVERY_MS);
		const turns = async () => {
			for (let turn = TURNS; !isOver; turn += 1) during.push(await takeTurn(gateway, turn));
		};
		const agent = turns();
		try {
			const url = `${gateway.url}/webhooks/inbound/issues`;
			return await call({ url, perSecond: PER_SECOND, seconds: SECONDS });
		} finally {
			isOver = true;
			clearInterval(looks);
			await agent;
		}
	});
	const logGrowth = (statSync(logFile).size - logBytes) / 1024;
	const rows = refusalRows(gateway);

	const perSecond = came.sent / came.seconds;
	const refused = (came.answers[401] ?? 0) + (came.answers[429] ?? 0);
	const least = (from: number, to: number) =>
		Math.min(...memory.slice(Math.floor(memory.length * from), Math.ceil(memory.length * to)));
	const growth = least(1 - SETTLED, 1) / least(SETTLED, 2 * SETTLED);
	const slowdown = median(during) / median(before);
	return {
		name: 'Refused calls, and agents beside them',
		method: METHOD,
		tables: [],
		rows: [
			{ label: 'calls', value: came.sent, unit: '' },
			{ label: 'calls answered with 401 or 429', value: (refused / came.sent) * 100, unit: '%' },
			{ label: 'turn of an agent before', value: median(before), unit: 'ms' },
			{ label: 'turn of an agent meanwhile', value: median(during), unit: 'ms' },
			{ label: 'turns meanwhile', value: during.length, unit: '' },
			{
				label: 'memory after a quarter of the time',
				value: least(SETTLED, 2 * SETTLED),
				unit: 'MiB',
			},
			{ label: 'memory at the end', value: least(1 - SETTLED, 1), unit: 'MiB' },
			{ label: "growth of the gateway's log", value: logGrowth, unit: 'KiB' },
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
			{ label: 'memory, end to beginning', target: '≤ 1.1', actual: growth, met: growth <= 1.1 },
			{ label: 'KiB that the log grew by', target: '< 64', actual: logGrowth, met: logGrowth < 64 },
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
